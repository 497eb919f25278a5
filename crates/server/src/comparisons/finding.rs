//! A finding as it is kept, as far as people are told of it.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) code: String,
    /// `error`, `warning` or `info`.
    pub(crate) severity: String,
    pub(crate) message: String,
    /// `None` where it is about no interaction, as of what can't be read.
    #[serde(default)]
    pub(crate) interaction: Option<String>,
    /// The provider states of the interaction.
    #[serde(default)]
    pub(crate) states: Vec<String>,
    #[serde(default)]
    pub(crate) contract: Option<Spot>,
    #[serde(default)]
    pub(crate) document: Option<Spot>,
    /// `consumer`, `provider` or `either`.
    pub(crate) fix_by: String,
    pub(crate) edit: String,
}

impl Finding {
    /// Of the text that is kept; none where there is no text.
    pub(crate) fn list(text: Option<&str>) -> serde_json::Result<Vec<Self>> {
        text.map_or_else(|| Ok(Vec::new()), serde_json::from_str)
    }
}

/// Where in a text.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Spot {
    pub(crate) pointer: String,
    /// From 1, as the column.
    pub(crate) line: usize,
    pub(crate) column: usize,
}
