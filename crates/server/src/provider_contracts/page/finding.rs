//! A finding of a comparison, as it is kept.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::excerpt::cut;

/// What does not fit, and where in both texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    pub(super) code: String,
    /// `error`, `warning` or `info`.
    pub(super) severity: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) interaction: String,
    /// `None` where it is about no place, as with a text that cannot be read.
    pub(super) contract: Option<Spot>,
    pub(super) document: Option<Spot>,
    #[serde(default)]
    pub(super) fix_by: String,
    #[serde(default)]
    pub(super) edit: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Spot {
    pub(super) pointer: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Finding {
    /// A list in JSON; what is no finding is left out.
    pub(super) fn list(text: &str) -> Vec<Self> {
        let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        list.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Errors come first.
    pub(super) fn rank(&self) -> u8 {
        match self.severity.as_str() {
            "error" => 0,
            "warning" => 1,
            _ => 2,
        }
    }

    /// The number of the interaction in its contract, from 1; messages follow requests.
    pub(super) fn place(&self) -> Option<usize> {
        let mut tokens = self.contract.as_ref()?.pointer.split('/').skip(1);
        (tokens.next()? == "interactions").then_some(())?;
        Some(tokens.next()?.parse::<usize>().ok()? + 1)
    }

    /// Method and path of the operation, if the place in the document says it.
    pub(super) fn operation(&self) -> Option<(String, String)> {
        let pointer = &self.document.as_ref()?.pointer;
        let tokens: Vec<String> =
            pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        match tokens.as_slice() {
            [paths, path, method, ..] if paths == "paths" => Some((method.to_ascii_uppercase(), path.clone())),
            _ => None,
        }
    }
}

/// As a sentence begins, with what stands in backticks as code.
pub(super) fn said(text: &str) -> Markup {
    let text = cut(text);
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let text = format!("{first}{}", letters.as_str());
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
