//! A finding of a comparison, as it is kept.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::excerpt::cut;
use crate::ui::parts::Verdict;

/// What does not fit, and where in both texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) code: String,
    /// `error`, `warning` or `info`.
    pub(crate) severity: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) interaction: String,
    /// `None` where it is about no place, as with a text that cannot be read.
    pub(crate) contract: Option<Spot>,
    pub(crate) document: Option<Spot>,
    #[serde(default)]
    pub(crate) fix_by: String,
    #[serde(default)]
    pub(crate) edit: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Spot {
    pub(crate) pointer: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Finding {
    /// A list in JSON; what is no finding is left out.
    pub(crate) fn list(text: &str) -> Vec<Self> {
        let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        list.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Errors come first.
    pub(crate) fn rank(&self) -> u8 {
        match self.severity.as_str() {
            "error" => 0,
            "warning" => 1,
            _ => 2,
        }
    }

    /// The shape that goes with it.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.rank() {
            0 => Verdict::Failed,
            1 => Verdict::Warning,
            _ => Verdict::NotApplicable,
        }
    }

    /// The number of the interaction in its contract, from 1; messages follow requests.
    pub(crate) fn place(&self) -> Option<usize> {
        let mut tokens = self.contract.as_ref()?.pointer.split('/').skip(1);
        (tokens.next()? == "interactions").then_some(())?;
        Some(tokens.next()?.parse::<usize>().ok()? + 1)
    }

    /// Method and path of the operation, if the place in the document says it.
    pub(crate) fn operation(&self) -> Option<(String, String)> {
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
pub(crate) fn said(text: &str) -> Markup {
    let text = begun(&cut(text));
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The same where only text can stand.
pub(crate) fn plainly(text: &str) -> String {
    begun(&cut(text)).replace('`', "")
}

fn begun(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}
