//! The lines as they are sent. They are kept and shown in the same form, bodies apart.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub(super) struct FirstLine {
    pub(super) run: Run,
}

/// Which run it is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) id: Uuid,
    pub(crate) provider: String,
    pub(crate) provider_version: String,
    pub(crate) branch: Option<String>,
    pub(crate) build_url: Option<String>,
    /// Who replayed the contracts.
    pub(crate) tool: String,
    /// Who judged the answers.
    pub(crate) engine: String,
    pub(crate) started_at: DateTime<Utc>,
    /// What the client was told to leave out.
    #[serde(default)]
    pub(crate) redaction: Vec<String>,
}

/// In order, names as often as they came.
pub(super) type Headers = Vec<(String, String)>;

/// What was asked and answered.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    pub(crate) sequence: i32,
    pub(crate) fingerprint: String,
    pub(crate) kind: Kind,
    pub(crate) started_at: DateTime<Utc>,
    /// Exchanges that may have changed something and had ended before this one began.
    #[serde(default)]
    pub(crate) after: Vec<i32>,
    pub(crate) request: Option<Request>,
    #[serde(default)]
    pub(crate) states: Vec<State>,
    pub(crate) outcome: Outcome,
    pub(crate) response: Option<Response>,
    #[serde(default)]
    pub(crate) duration_ms: u64,
    #[serde(default)]
    pub(crate) state_duration_ms: u64,
    #[serde(default = "once")]
    pub(crate) attempts: u32,
    /// What was left out: `header:set-cookie`, `$.token`.
    #[serde(default)]
    pub(crate) redacted: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) interactions: Vec<Interaction>,
}

fn once() -> u32 {
    1
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
        pub(crate) enum $name {
            $(#[serde(rename = $word)] $variant),*
        }

        impl $name {
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }
    };
}

words! {
    /// What is exchanged.
    Kind { Http = "http", Message = "message", SyncMessage = "sync-message" }
}
words! {
    /// What came of asking.
    Outcome { Answered = "answered", Unreachable = "unreachable", Timeout = "timeout", State = "state" }
}
words! {
    /// What the client's judge says.
    Verdict { Passed = "passed", Failed = "failed", NotJudged = "not-judged", NotAsked = "not-asked" }
}

/// The request as it was sent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    #[serde(default)]
    pub(crate) headers: Headers,
    /// Names of those that the contract does not have.
    #[serde(default)]
    pub(crate) added_headers: Vec<String>,
    pub(crate) body: Option<Body>,
}

/// The answer as it came.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    /// Messages have none.
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) headers: Headers,
    pub(crate) body: Option<Body>,
}

/// A body, and what the client says of it: of the whole one, however much of it is here.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    pub(crate) sha256: String,
    pub(crate) size_bytes: u64,
    #[serde(default)]
    pub(crate) truncated: bool,
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base64: Option<String>,
}

/// A state that the provider was in. As it was written: to judge by it, numbers must not change.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) params: Option<Box<RawValue>>,
    /// What setting it up gave back.
    pub(crate) values: Option<Box<RawValue>>,
}

/// An interaction of a contract that this exchange is about.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Interaction {
    pub(crate) consumer: String,
    /// The sha of the contract's content.
    pub(crate) contract: Option<String>,
    #[serde(rename = "interactionId")]
    pub(crate) id: Option<String>,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) pending: bool,
    pub(crate) result: Verdict,
    #[serde(default)]
    pub(crate) mismatches: Vec<Mismatch>,
}

/// Something that is not as the contract expects it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Mismatch {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) path: Option<String>,
    pub(crate) expected: Option<Box<RawValue>>,
    pub(crate) actual: Option<Box<RawValue>>,
    pub(crate) sentence: String,
}
