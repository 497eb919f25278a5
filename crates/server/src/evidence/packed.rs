//! Compression of what is kept: zlib, since evidence repeats itself a lot and is seldom read.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// Packs one thing after the other. Made once for many: to begin anew costs more than to pack what is small.
pub(super) struct Packer(ZlibEncoder<Vec<u8>>);

impl Packer {
    pub(super) fn new() -> Self {
        Self(ZlibEncoder::new(Vec::new(), Compression::default()))
    }

    pub(super) fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        let packed = self.0.write_all(bytes).and_then(|()| self.0.reset(Vec::new()));
        packed.expect("writing to memory does not fail")
    }
}

/// # Errors
/// When these are not bytes that were packed here.
pub(super) fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_whatever_was_packed_before() {
        let mut packer = Packer::new();
        for bytes in [b"".as_slice(), b"{}", &[0; 10_000], "ünï".as_bytes(), b""] {
            let kept = packer.pack(bytes);
            assert_eq!(unpack(&kept).unwrap(), bytes);
            assert!(kept.len() < 100, "{}", kept.len());
        }
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        assert!(unpack(b"no").is_err());
    }
}
