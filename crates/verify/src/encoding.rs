//! Bodies that come encoded (RFC 9110, 8.4): what a contract expects is what they hold.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::exchange::Received;

/// With a body that is decoded, up to the limit: a few bytes can stand for very many.
pub(crate) fn decoded(received: Received, limit: usize) -> Received {
    let encodings = received.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    let encodings: Vec<String> = encodings
        .flat_map(|(_, value)| value.split(','))
        .map(|encoding| encoding.trim().to_ascii_lowercase())
        .filter(|encoding| !matches!(encoding.as_str(), "" | "identity"))
        .collect();
    // The last one was put on last. Half of something encoded is nothing, and nothing is not encoded.
    let mut received = received;
    for encoding in encodings.into_iter().rev() {
        if received.body.is_empty() || received.is_truncated {
            break;
        }
        let Some((body, is_truncated)) = decode(&encoding, &received.body, limit) else {
            return Received { encoding: Some(encoding), ..received };
        };
        received = Received { body, is_truncated, ..received };
    }
    received
}

/// And whether there was more. `None` for what is not known here, or is not what it says.
fn decode(encoding: &str, body: &[u8], limit: usize) -> Option<(Bytes, bool)> {
    let mut decoded = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    match encoding {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body).take(most).read_to_end(&mut decoded),
        "deflate" => ZlibDecoder::new(body).take(most).read_to_end(&mut decoded),
        _ => return None,
    }
    .ok()?;
    let is_truncated = decoded.len() > limit;
    decoded.truncate(limit);
    Some((decoded.into(), is_truncated))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn received(encoding: &str, body: &[u8]) -> Received {
        let headers = vec![("content-encoding".to_owned(), encoding.to_owned())];
        Received { status: 200, headers, body: body.to_vec().into(), is_truncated: false, encoding: None }
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let once = decoded(received("gzip", &gzip(b"body")), 100);
        let twice = decoded(received("gzip, GZIP", &gzip(&gzip(b"body"))), 100);
        let not_at_all = decoded(received("identity", b"body"), 100);

        for one in [once, twice, not_at_all] {
            assert_eq!((one.body.as_ref(), one.is_truncated, one.encoding), (b"body".as_ref(), false, None));
        }
    }

    #[test]
    fn a_body_that_swells_is_cut() {
        let one = decoded(received("gzip", &gzip(&vec![0; 1 << 20])), 1000);

        assert_eq!((one.body.len(), one.is_truncated), (1000, true));
    }

    #[test]
    fn what_cannot_be_decoded_is_said_to_be_so() {
        assert_eq!(decoded(received("br", b"body"), 100).encoding.unwrap(), "br");
        assert_eq!(decoded(received("gzip", b"body"), 100).encoding.unwrap(), "gzip");
        assert_eq!(decoded(received("gzip", b""), 100).encoding, None);
    }
}
