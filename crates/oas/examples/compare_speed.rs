//! Compares a contract with a document, says how long it took and what was found:
//! `cargo run --release --example compare_speed -- api.json pact.json [sound|compatible] [warm rounds]`. The first comparison
//! is cold, the best of the others warm. With `FINDINGS` set it prints each finding.

#![expect(clippy::print_stdout, reason = "a program for people to read")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use pactolus_oas::comparison::{Comparator, Profile};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;

const WARM_ROUNDS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (document, contract) = arguments.next().zip(arguments.next()).ok_or("name a document and a contract")?;
    let profile = match arguments.next().as_deref() {
        Some("compatible") => Profile::Compatible,
        _ => Profile::Sound,
    };
    let warm_rounds = arguments.next().map_or(Ok(WARM_ROUNDS), |rounds| rounds.parse())?;
    let begun = Instant::now();
    let document = Document::load(&fs::read_to_string(document)?, &Budget::default())?;
    let loaded = begun.elapsed();
    let contract = Contract::load(&fs::read_to_string(contract)?, &Budget::default())?;
    let read = begun.elapsed();
    let comparator = Comparator::new(&document, profile);
    let report = comparator.compare(&contract);
    let cold = begun.elapsed();
    let warm = (0..warm_rounds).map(|_| timed(&comparator, &contract)).min().unwrap_or_default();
    println!(
        "{profile:?}: document {loaded:.1?}, contract {:.1?}, cold in all {cold:.1?}, warm {warm:.1?}",
        read.saturating_sub(loaded)
    );
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
    Ok(())
}

fn timed(comparator: &Comparator<'_>, contract: &Contract) -> Duration {
    let begun = Instant::now();
    std::hint::black_box(comparator.compare(contract));
    begun.elapsed()
}
