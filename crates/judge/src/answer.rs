//! What goes to a provider and what comes back, in the terms of HTTP.

use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A request to send, or one that was received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// As the contract spells it.
    pub method: String,
    /// Begins with a slash, is not decoded.
    pub path: String,
    /// Names and values, not encoded; parameters of the same name keep their order. `None` for a name without `=`.
    pub query: Vec<(String, Option<String>)>,
    /// Names and values; a name may come again.
    pub headers: Vec<(String, String)>,
    /// `None` when there is none; that is something else than an empty one.
    #[serde(with = "body")]
    pub body: Option<Bytes>,
}

/// What a provider answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Of HTTP.
    pub status: u16,
    /// As they came: in order, with repeats.
    pub headers: Vec<(String, String)>,
    /// `None` when there is none; that is something else than an empty one.
    #[serde(with = "body")]
    pub body: Option<Bytes>,
}

/// What is judged: a response, or the message that a response of the message convention carries (its body, and its
/// metadata in base64 in the header `Pact-Message-Metadata`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// To a request.
    Response(Response),
    /// A message, or the answer to one.
    Message(Response),
}

impl Response {
    /// The first value of the header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Bodies are bytes, and what carries them between processes is JSON.
mod body {
    use base64::Engine as _;

    use super::{Bytes, Deserialize, Deserializer, STANDARD, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(body: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
        body.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let bytes = text.map(|text| STANDARD.decode(text)).transpose().map_err(serde::de::Error::custom)?;
        Ok(bytes.map(Bytes::from))
    }
}
