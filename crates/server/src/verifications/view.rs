//! How results are shown: HAL.

use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::VersionNumber;
use serde_json::{Map, Value, json};

use super::store::Shown;
use crate::edge::{BaseUrl, Link, named, timestamp, urls, without_nulls};

pub(super) fn result(base: &BaseUrl, shown: &Shown) -> Value {
    let Shown { number, consumer, provider, sha, consumer_version, .. } = shown;
    let own = urls::verification(base, provider, consumer, sha, *number);
    let triggered = format!("{own}/triggered-webhooks");
    let pact_name = format!("Pact between {consumer} ({consumer_version}) and {provider}");
    let metadata = VersionNumber::parse(consumer_version).ok().map(|version| Metadata::for_version(version).encode());
    let content = urls::content(base, provider, consumer, sha, metadata.as_deref());
    let evidence = shown.has_evidence.then(|| {
        let runs = urls::evidence(base, provider, &shown.provider_version);
        Link::to(urls::about(&runs, consumer, sha)).title("What the provider answered")
    });
    let test_results: Option<Value> = shown.test_results.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let mut view = without_nulls(json!({
        "providerName": provider,
        "providerApplicationVersion": shown.provider_version,
        "success": shown.success,
        "verificationDate": timestamp(shown.created_at),
        "buildUrl": shown.build_url,
        "testResults": test_results,
        "verifiedBy": verified_by(shown.verified_by.as_ref()),
        "_links": {
            "self": Link::to(own)
                .title("Verification result")
                .name(format!("Verification result {number} for {pact_name}")),
            "pb:pact-version": Link::to(content).title("Pact").name(pact_name),
            "pb:triggered-webhooks":
                Link::to(triggered).title("Webhooks triggered by the publication of this verification result"),
        },
    }));
    if let Some(evidence) = evidence {
        view["_links"]["pb:evidence"] = evidence.into();
    }
    view
}

/// The tags of the provider's version, embedded.
pub(super) fn tags<'a>(base: &BaseUrl, shown: &Shown, tags: impl Iterator<Item = &'a str>) -> Value {
    let tags = tags.map(|tag| {
        let own = urls::tag(base, &shown.provider, &shown.provider_version, tag);
        named("name", tag, Link::to(own).title("Tag").name(tag))
    });
    json!({"tags": tags.collect::<Vec<_>>()})
}

/// Flat, with the keys that the Pact Broker uses.
fn verified_by(sent: Option<&Value>) -> Value {
    let text = |path: &[&str]| {
        let value = path.iter().try_fold(sent?, |value, key| value.get(key))?;
        value.as_str().map(|text| Value::from(text.to_string()))
    };
    let members = [
        ("implementation", text(&["implementation"])),
        ("version", text(&["version"])),
        ("client_implementation", text(&["clientLanguage", "name"])),
        ("client_test_framework", text(&["clientLanguage", "testFramework"])),
        ("client_version", text(&["clientLanguage", "version"])),
    ];
    let shown = members.into_iter().filter_map(|(key, value)| Some((key.to_string(), value?)));
    Value::Object(shown.collect::<Map<_, _>>())
}
