//! Answers that stay the same until the next release. Clients keep them, and are told when what they have is still right.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// How long a client need not ask at all: a new release is seen soon after.
const CACHED: HeaderValue = HeaderValue::from_static("max-age=300");
/// What is never anything else at its address.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) struct Fixed {
    content_type: &'static str,
    body: Bytes,
    cached: HeaderValue,
    /// Weak, since the same may go out compressed.
    tag: HeaderValue,
}

impl Fixed {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = STANDARD.encode(&Sha256::digest(&body)[..12]);
        let tag = HeaderValue::try_from(format!("W/\"{digest}\"")).expect("base64 is ASCII");
        Self { content_type, body, cached: CACHED, tag }
    }

    /// The same at an address that says what is in it: `digest` belongs in its name.
    pub(super) fn kept(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { cached: KEPT, ..Self::new(content_type, body) }
    }

    /// Ten letters that tell this content from any other.
    pub(super) fn digest(&self) -> String {
        Sha256::digest(&self.body)[..5].iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}"))
    }

    #[cfg(test)]
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The whole, or that the client has it.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let about: [(HeaderName, HeaderValue); 2] =
            [(header::ETAG, self.tag.clone()), (header::CACHE_CONTROL, self.cached.clone())];
        if self.is_known(headers) {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        (about, [(header::CONTENT_TYPE, self.content_type)], self.body.clone()).into_response()
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.tag.as_bytes().trim_ascii_start();
        let own = own.strip_prefix(b"W/").unwrap_or(own);
        let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).map(str::trim).any(|tag| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || tag.as_bytes() == own
        })
    }
}
