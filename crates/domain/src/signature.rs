//! Signatures of what webhooks send, as Standard Webhooks has them: a receiver that knows the secret knows who sent it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;

/// Bytes that sender and receiver share; nothing prints them.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

/// Why a text is no secret. The message reads well after the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {PREFIX} and the base64 of {MIN_BYTES} to {MAX_BYTES} random bytes; without one, a good one is made")]
pub struct BadSigningSecret;

impl SigningSecret {
    /// From bytes that nobody can guess.
    ///
    /// # Errors
    /// When they are too few or too many.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, BadSigningSecret> {
        if (MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSigningSecret) }
    }

    /// From the form that receivers are given.
    ///
    /// # Errors
    /// When it is another one.
    pub fn parse(text: &str) -> Result<Self, BadSigningSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSigningSecret)?;
        Self::from_bytes(STANDARD.decode(encoded).map_err(|_| BadSigningSecret)?)
    }

    /// For whoever seals it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form that receivers are given.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message: its id, when it is sent in seconds since 1970, and its body.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it never does")]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of the specification's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let secret = SigningSecret::parse(SECRET).unwrap();

        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);

        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_survives_its_text_and_is_not_printed() {
        let secret = SigningSecret::parse(SECRET).unwrap();

        assert_eq!(secret.reveal(), SECRET);
        assert_eq!(format!("{secret:?}"), "SigningSecret");
    }

    #[test]
    fn what_is_too_short_too_long_or_no_base64_is_refused() {
        let of_length = |length: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; length]));

        for text in [of_length(24), of_length(64)] {
            assert!(SigningSecret::parse(&text).is_ok(), "{text}");
        }
        for text in [of_length(23), of_length(65), "whsec_%".into(), "x".into(), String::new()] {
            assert_eq!(SigningSecret::parse(&text), Err(BadSigningSecret), "{text}");
        }
    }
}
