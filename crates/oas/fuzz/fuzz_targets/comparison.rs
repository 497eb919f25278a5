//! Any contract can be held against any document, in both profiles: the text before the first line `---8<---` is the
//! document, what follows the contract. Comparing again, with what is known by then, finds the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pactolus_oas::comparison::{Comparator, Profile};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;

fuzz_target!(|text: &str| {
    let Some((document, contract)) = text.split_once("\n---8<---\n") else { return };
    let budget = Budget { size_bytes: 1 << 20, nodes: 20_000, copied_nodes: 20_000, depth: 200 };
    let Ok(document) = Document::load(document, &budget) else { return };
    let Ok(contract) = Contract::load(contract, &budget) else { return };
    for profile in [Profile::Compatible, Profile::Sound] {
        let comparator = Comparator::new(&document, profile);
        let report = comparator.compare(&contract);
        assert_eq!(comparator.compare(&contract), report);
        for finding in &report.findings {
            assert!(finding.place.interaction < contract.interactions().len());
        }
    }
});
