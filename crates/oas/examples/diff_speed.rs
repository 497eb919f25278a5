//! Compares two documents, says how long it took and what changed:
//! `cargo run --release --example diff_speed -- old.json new.json`. With `CHANGES` set it prints the JSON.

#![expect(clippy::print_stdout, reason = "a program for people to read")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use pactolus_oas::diff::{Changes, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (old, new) = arguments.next().zip(arguments.next()).ok_or("name two documents")?;
    let begun = Instant::now();
    let old = Document::load(&fs::read_to_string(old)?, &Budget::default())?;
    let new = Document::load(&fs::read_to_string(new)?, &Budget::default())?;
    println!("documents loaded in {:?}", begun.elapsed());
    let begun = Instant::now();
    let changes = diff(&old, &new, Day::new(2026, 1, 1).ok_or("no such day")?);
    println!("compared in {:?}", begun.elapsed());
    let mut counts = BTreeMap::new();
    for change in &changes {
        *counts.entry((change.severity, change.harmless, change.id.clone())).or_insert(0) += 1;
    }
    for ((severity, harmless, id), count) in counts {
        println!("{count:5} {severity:?} {id}{}", if harmless { " (harmless)" } else { "" });
    }
    if std::env::var_os("CHANGES").is_some() {
        println!("{}", serde_json::to_string_pretty(&Changes::from(changes))?);
    }
    Ok(())
}
