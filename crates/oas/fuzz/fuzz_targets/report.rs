//! Any bytes are a report of a provider's own tests: understood, or noted.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pactolus_oas::document::Document;
use pactolus_oas::exercise::exercised;
use pactolus_oas::source::Budget;

const DOCUMENT: &str = r#"{"openapi": "3.0.3", "paths": {"/items/{id}": {"get": {"responses": {"200": {}}}},
    "/items": {"post": {"responses": {"201": {}}}}}}"#;

fuzz_target!(|report: &[u8]| {
    let document = Document::load(DOCUMENT, &Budget::default()).expect("the document is sound");
    let told = exercised(report, &document);
    assert_eq!(told.operations.len(), 2);
    assert!(told.format.is_some() || !told.notes.is_empty());
});
