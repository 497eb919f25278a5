//! Answers that stay the same until the next release. Clients keep them, and are told when what they have is still right.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// How long a client need not ask at all: a new release is seen soon after.
const CACHED: HeaderValue = HeaderValue::from_static("max-age=300");

pub(super) struct Fixed {
    content_type: &'static str,
    body: Bytes,
    /// Weak, since the same may go out compressed.
    tag: HeaderValue,
}

impl Fixed {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = STANDARD.encode(&Sha256::digest(&body)[..12]);
        let tag = HeaderValue::try_from(format!("W/\"{digest}\"")).expect("base64 is ASCII");
        Self { content_type, body, tag }
    }

    /// The whole, or that the client has it.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let about: [(HeaderName, HeaderValue); 2] = [(header::ETAG, self.tag.clone()), (header::CACHE_CONTROL, CACHED)];
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
