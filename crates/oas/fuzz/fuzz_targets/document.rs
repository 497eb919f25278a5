//! Any text is a document or an error, within a budget; what was read can be looked through.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pactolus_oas::diff::{Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::model::Api;
use pactolus_oas::source::Budget;

fuzz_target!(|text: &str| {
    let budget = Budget { size_bytes: 1 << 20, nodes: 20_000, copied_nodes: 20_000, depth: 200 };
    let Ok(document) = Document::load(text, &budget) else { return };
    let api = Api::of(&document);
    for operation in &api.operations {
        assert!(document.node(&operation.pointer).is_some());
    }
    document.broken_references();
    let changes = diff(&document, &document, Day::new(2026, 1, 1).expect("the day exists"));
    assert!(changes.iter().all(|change| change.harmless || !change.is_known() || change.id.contains("sunset")), "{changes:?}");
});
