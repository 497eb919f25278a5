//! The addresses of resources. Each segment is percent-encoded as the Pact Broker does: all but `A-Za-z0-9-_.~`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::BaseUrl;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment, encoded.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn join(base: &BaseUrl, segments: &[&str]) -> String {
    let length = segments.iter().fold(base.0.len(), |length, text| length + 1 + text.len());
    let mut url = String::with_capacity(length + SPARE);
    url.push_str(&base.0);
    for text in segments {
        url.push('/');
        url.extend(utf8_percent_encode(text, SEGMENT));
    }
    url
}

/// For what is encoded or added to an address.
const SPARE: usize = 16;

pub(crate) fn pacticipant(base: &BaseUrl, name: &str) -> String {
    join(base, &["pacticipants", name])
}

pub(crate) fn version(base: &BaseUrl, pacticipant: &str, number: &str) -> String {
    join(base, &["pacticipants", pacticipant, "versions", number])
}

pub(crate) fn versions(base: &BaseUrl, pacticipant: &str) -> String {
    join(base, &["pacticipants", pacticipant, "versions"])
}

/// What the version really answered.
pub(crate) fn evidence(base: &BaseUrl, provider: &str, number: &str) -> String {
    join(base, &["pacticipants", provider, "versions", number, "evidence"])
}

/// The part of evidence that is about a contract of the consumer.
pub(crate) fn about(evidence: &str, consumer: &str, sha: &str) -> String {
    format!("{evidence}?consumer={}&contract={}", segment(consumer), segment(sha))
}

pub(crate) fn tag(base: &BaseUrl, pacticipant: &str, number: &str, tag: &str) -> String {
    join(base, &["pacticipants", pacticipant, "versions", number, "tags", tag])
}

pub(crate) fn label(base: &BaseUrl, pacticipant: &str, label: &str) -> String {
    join(base, &["pacticipants", pacticipant, "labels", label])
}

pub(crate) fn branches(base: &BaseUrl, pacticipant: &str) -> String {
    join(base, &["pacticipants", pacticipant, "branches"])
}

pub(crate) fn branch(base: &BaseUrl, pacticipant: &str, branch: &str) -> String {
    join(base, &["pacticipants", pacticipant, "branches", branch])
}

pub(crate) fn branch_version(base: &BaseUrl, pacticipant: &str, branch: &str, number: &str) -> String {
    join(base, &["pacticipants", pacticipant, "branches", branch, "versions", number])
}

/// The contract of a consumer version.
pub(crate) fn contract(base: &BaseUrl, provider: &str, consumer: &str, version: &str) -> String {
    join(base, &["pacts", "provider", provider, "consumer", consumer, "version", version])
}

/// What `kind` shows of the two pacticipants: `/matrix/provider/stock/consumer/shop`.
pub(crate) fn of_pair(base: &BaseUrl, kind: &str, provider: &str, consumer: &str) -> String {
    join(base, &[kind, "provider", provider, "consumer", consumer])
}

/// Everything between the two pacticipants.
pub(crate) fn pair(base: &BaseUrl, provider: &str, consumer: &str) -> String {
    join(base, &["pacts", "provider", provider, "consumer", consumer])
}

/// The content of a contract, with the token that tells what it was fetched for.
pub(crate) fn content(base: &BaseUrl, provider: &str, consumer: &str, sha: &str, metadata: Option<&str>) -> String {
    let url = join(base, &["pacts", "provider", provider, "consumer", consumer, "pact-version", sha]);
    match metadata {
        Some(metadata) => format!("{url}/metadata/{metadata}"),
        None => url,
    }
}

pub(crate) fn verification(base: &BaseUrl, provider: &str, consumer: &str, sha: &str, number: i64) -> String {
    format!("{}/verification-results/{number}", content(base, provider, consumer, sha, None))
}

/// The list of environments that has only the one with this name.
pub(crate) fn environments_named(base: &BaseUrl, name: &str) -> String {
    format!("{}/environments?name={}", base.as_str(), segment(name))
}

pub(crate) fn environment(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/environments/{id}", base.as_str())
}

pub(crate) fn deployed_version(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/deployed-versions/{id}", base.as_str())
}

pub(crate) fn released_version(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/released-versions/{id}", base.as_str())
}

pub(crate) fn webhook(base: &BaseUrl, id: &str) -> String {
    join(base, &["webhooks", id])
}

pub(crate) fn secrets(base: &BaseUrl) -> String {
    format!("{}/secrets", base.as_str())
}

pub(crate) fn secret(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/secrets/{id}", base.as_str())
}

/// What a provider version offers.
pub(crate) fn provider_contract(base: &BaseUrl, provider: &str, version: &str) -> String {
    join(base, &["contracts", "provider", provider, "version", version])
}

/// What came of holding a contract's content against what a provider version offers.
pub(crate) fn comparison(base: &BaseUrl, (provider, version): (&str, &str), consumer: &str, sha: &str) -> String {
    let of_version = provider_contract(base, provider, version);
    format!("{of_version}/consumer/{}/pact-version/{}/verification-results", segment(consumer), segment(sha))
}

/// `id` is the text of a UUID.
pub(crate) fn verification_request(base: &BaseUrl, id: &str) -> String {
    format!("{}/verification-requests/{id}", base.as_str())
}

pub(crate) fn delivery_logs(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/triggered-webhooks/{id}/logs", base.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_encoded_as_one_segment() {
        let base = BaseUrl("http://b".into());

        assert_eq!(
            version(&base, "Zoë/ß +", "1.0~a_b-c"),
            "http://b/pacticipants/Zo%C3%AB%2F%C3%9F%20%2B/versions/1.0~a_b-c"
        );
    }
}
