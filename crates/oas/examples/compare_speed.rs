//! Compares a contract with a document, says how long it took and what was found:
//! `cargo run --release --example compare_speed -- api.json pact.json`.

#![expect(clippy::print_stdout, reason = "a program for people to read")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use pactolus_oas::comparison::{Profile, compare};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (document, contract) = arguments.next().zip(arguments.next()).ok_or("name a document and a contract")?;
    let begun = Instant::now();
    let document = Document::load(&fs::read_to_string(document)?, &Budget::default())?;
    println!("document loaded in {:?}", begun.elapsed());
    let contract = Contract::load(&fs::read_to_string(contract)?, &Budget::default())?;
    for profile in [Profile::Compatible, Profile::Sound] {
        let begun = Instant::now();
        let report = compare(&document, &contract, profile);
        println!("{profile:?} in {:?}", begun.elapsed());
        let mut counts = BTreeMap::new();
        for finding in &report.findings {
            *counts.entry(finding.code.as_str()).or_insert(0) += 1;
        }
        for (code, count) in counts {
            println!("  {count:5} {code}");
        }
        for finding in report.findings.iter().filter(|_| std::env::var_os("FINDINGS").is_some()) {
            println!("{}", serde_json::to_string(finding)?);
        }
    }
    Ok(())
}
