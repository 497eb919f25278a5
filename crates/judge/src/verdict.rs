//! What the judge says.

use serde::{Deserialize, Serialize};

/// Whether an answer is what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is.
    Matched,
    /// It is not: sorted by kind and path, each once, never empty.
    Mismatched(Vec<Mismatch>),
    /// Nobody can tell: neither a pass nor a failure of the provider. Says why.
    NotJudged(String),
}

/// One way in which an answer is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mismatch {
    /// Which part of the answer.
    pub kind: MismatchKind,
    /// Where in it: `$.items[0].id` in a body, the name of a header or of a key of the metadata; empty where there is
    /// only one such thing.
    pub path: String,
    /// What the contract says, as text.
    pub expected: String,
    /// What was answered, as text.
    pub actual: String,
    /// For people.
    pub sentence: String,
}

/// The part of an answer that is not as expected, in the order in which a reader wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MismatchKind {
    /// The method of a request.
    #[serde(rename = "MethodMismatch")]
    Method,
    /// The path of a request.
    #[serde(rename = "PathMismatch")]
    Path,
    /// A parameter of a request's query.
    #[serde(rename = "QueryMismatch")]
    Query,
    /// The status of a response.
    #[serde(rename = "StatusMismatch")]
    Status,
    /// A header.
    #[serde(rename = "HeaderMismatch")]
    Header,
    /// The content type of a body.
    #[serde(rename = "BodyTypeMismatch")]
    BodyType,
    /// A place in a body.
    #[serde(rename = "BodyMismatch")]
    Body,
    /// A key of a message's metadata.
    #[serde(rename = "MetadataMismatch")]
    Metadata,
}

impl MismatchKind {
    /// The word that Pact's verifiers use in their reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "MethodMismatch",
            Self::Path => "PathMismatch",
            Self::Query => "QueryMismatch",
            Self::Status => "StatusMismatch",
            Self::Header => "HeaderMismatch",
            Self::BodyType => "BodyTypeMismatch",
            Self::Body => "BodyMismatch",
            Self::Metadata => "MetadataMismatch",
        }
    }
}
