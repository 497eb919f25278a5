//! The API document as programs get it and as the pages show it.

use std::sync::LazyLock;

use serde_json::Value;

use super::fixed::Fixed;

const TEXT: &str = include_str!("../../../../openapi/pactolus.yaml");

/// Converted once, when it is first asked for.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_yaml_ng::from_str(TEXT).expect("every test reads the same text"));

/// The whole, as JSON.
pub(super) fn served() -> &'static Fixed {
    static JSON: LazyLock<Fixed> = LazyLock::new(|| Fixed::new("application/json", DOCUMENT.to_string()));
    &JSON
}
