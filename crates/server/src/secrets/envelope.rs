//! Secrets at rest. The master key, from configuration, seals a data key per tenant; the data key seals the secrets.
//! So changing the master key rewrites one row a tenant. (Envelope encryption with XChaCha20-Poly1305.)

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::app::random_bytes;
use crate::ids::TenantId;

const NONCE_BYTES: usize = 24;

/// The key of the installation, and those that may stand in its place while it is changed. Never printed.
#[derive(Clone)]
pub struct MasterKey {
    key: [u8; 32],
    previous: Vec<[u8; 32]>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not base64, or not 32 bytes.
    #[error("the encryption key must be 32 random bytes in base64 (make one with: openssl rand -base64 32)")]
    Malformed,
    /// The text was not sealed with this key, or was changed since.
    #[error("the secret was sealed with another key")]
    OtherKey,
}

impl MasterKey {
    /// Reads a key from its base64 form: 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| KeyError::Malformed)?;
        Ok(Self::of(bytes.try_into().map_err(|_| KeyError::Malformed)?))
    }

    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        Self::of(random_bytes())
    }

    fn of(key: [u8; 32]) -> Self {
        Self { key, previous: Vec::new() }
    }

    /// The same key, which also opens what these, and those that they accept, have sealed.
    #[must_use]
    pub fn accepting(mut self, previous: impl IntoIterator<Item = Self>) -> Self {
        self.previous.extend(previous.into_iter().flat_map(|key| std::iter::once(key.key).chain(key.previous)));
        self
    }

    /// The form that [`Self::from_base64`] reads.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.key)
    }

    /// A short text that tells keys apart and tells nothing of them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha_of(&self.key)
    }

    pub(crate) fn seal_data_key(&self, tenant: TenantId, data_key: &DataKey) -> Vec<u8> {
        seal(&self.key, tenant, &data_key.0)
    }

    pub(crate) fn open_data_key(&self, tenant: TenantId, sealed: &[u8]) -> Result<DataKey, KeyError> {
        let mut keys = std::iter::once(&self.key).chain(&self.previous);
        let bytes = keys.find_map(|key| open(key, tenant, sealed).ok()).ok_or(KeyError::OtherKey)?;
        Ok(DataKey(bytes.try_into().map_err(|_| KeyError::OtherKey)?))
    }

    /// Whether it was this key that sealed it, and not a previous one.
    pub(crate) fn has_sealed(&self, tenant: TenantId, sealed: &[u8]) -> bool {
        open(&self.key, tenant, sealed).is_ok()
    }
}

/// The key that a tenant's secrets are sealed with.
pub(crate) struct DataKey([u8; 32]);

impl DataKey {
    pub(crate) fn generate() -> Self {
        Self(random_bytes())
    }

    pub(crate) fn seal(&self, tenant: TenantId, secret: &[u8]) -> Vec<u8> {
        seal(&self.0, tenant, secret)
    }

    pub(crate) fn open(&self, tenant: TenantId, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        open(&self.0, tenant, sealed)
    }
}

fn sha_of(key: &[u8; 32]) -> String {
    use std::fmt::Write;

    let mut text = String::new();
    for byte in &Sha256::digest([b"pactolus".as_slice(), key].concat())[..8] {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

/// The tenant is authenticated with the text: a sealed value copied to another tenant does not open.
fn seal(key: &[u8; 32], tenant: TenantId, secret: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = random_bytes();
    let payload = Payload { msg: secret, aad: &tenant.0.to_be_bytes() };
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), payload)
        .expect("only messages of many gigabytes are refused");
    [nonce.as_slice(), &sealed].concat()
}

fn open(key: &[u8; 32], tenant: TenantId, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(KeyError::OtherKey)?;
    let payload = Payload { msg: sealed, aad: &tenant.0.to_be_bytes() };
    XChaCha20Poly1305::new(&Key::from(*key)).decrypt(&XNonce::from(*nonce), payload).map_err(|_| KeyError::OtherKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_with_the_same_key_for_the_same_tenant() {
        let key = DataKey::generate();

        let sealed = key.seal(TenantId(1), b"secret");

        assert_eq!(key.open(TenantId(1), &sealed).unwrap(), b"secret");
        assert!(key.open(TenantId(2), &sealed).is_err());
        assert!(DataKey::generate().open(TenantId(1), &sealed).is_err());
    }

    #[test]
    fn a_secret_sealed_twice_looks_different() {
        let key = DataKey::generate();

        assert_ne!(key.seal(TenantId(1), b"secret"), key.seal(TenantId(1), b"secret"));
    }

    #[test]
    fn what_a_previous_key_sealed_opens_and_is_told_apart() {
        let (old, data_key) = (MasterKey::generate(), DataKey::generate());
        let sealed = old.seal_data_key(TenantId(1), &data_key);

        let between = MasterKey::generate().accepting([old.clone()]);
        let new = MasterKey::generate().accepting([MasterKey::generate(), between]);

        assert_eq!(new.open_data_key(TenantId(1), &sealed).unwrap().0, data_key.0);
        assert!(old.has_sealed(TenantId(1), &sealed) && !new.has_sealed(TenantId(1), &sealed));
        let resealed = new.seal_data_key(TenantId(1), &data_key);
        assert!(new.has_sealed(TenantId(1), &resealed));
        assert!(old.open_data_key(TenantId(1), &resealed).is_err());
    }

    #[test]
    fn a_master_key_survives_its_text_form() {
        let key = MasterKey::generate();
        let data_key = DataKey::generate();

        let sealed = key.seal_data_key(TenantId(1), &data_key);

        let reread = MasterKey::from_base64(&key.to_base64()).unwrap();
        assert_eq!(reread.open_data_key(TenantId(1), &sealed).unwrap().0, data_key.0);
        assert!(MasterKey::from_base64("c2hvcnQ=").is_err());
    }
}
