//! How provider contracts are shown: HAL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_domain::notice::Notice;
use serde_json::{Value, json};

use super::publish::Publication;
use super::store::shown::Shown;
use crate::edge::{BaseUrl, Link, named, timestamp, urls, without_nulls};

/// Where a version's provider contract stands.
pub(super) fn address(base: &BaseUrl, provider: &str, version: &str) -> String {
    format!("{}/version/{}", list_address(base, provider), urls::segment(version))
}

/// Where all of a provider stand.
pub(super) fn list_address(base: &BaseUrl, provider: &str) -> String {
    format!("{}/contracts/provider/{}", base.as_str(), urls::segment(provider))
}

/// To a version's provider contract.
pub(crate) fn link(base: &BaseUrl, provider: &str, version: &str) -> Link {
    Link::to(address(base, provider, version)).title("Provider contract").name(format!("{provider} ({version})"))
}

/// What a build is told that has published.
pub(super) fn published(base: &BaseUrl, publication: &Publication, notices: &[Notice]) -> Value {
    let (provider, version) = (publication.provider.as_str(), publication.version.as_str());
    let pacticipant = Link::to(urls::pacticipant(base, provider));
    let version_link = Link::to(urls::version(base, provider, version)).title("Version").name(version);
    let tags: Value = publication
        .tags
        .iter()
        .map(|tag| {
            let url = urls::tag(base, provider, version, tag.as_str());
            Value::from(Link::to(url).title("Tag").name(tag.as_str()))
        })
        .collect();
    let mut links = json!({
        "pb:pacticipant": pacticipant.clone().title("Pacticipant").name(provider),
        "pb:pacticipant-version": version_link.clone().title("Pacticipant version"),
        "pb:pacticipant-version-tags": tags,
        "pb:provider-contract": link(base, provider, version),
        "pf:ui": page(base, provider, version),
        "curies": curies(base),
    });
    if let Some(branch) = &publication.branch {
        let url = urls::branch_version(base, provider, branch.as_str(), version);
        links["pb:branch-version"] = Link::to(url).title("Branch version").name(branch.as_str()).into();
    }
    json!({
        "notices": notices,
        "_embedded": {
            "pacticipant": named("name", provider, pacticipant),
            "version": named("number", version, version_link),
        },
        "_links": links,
    })
}

pub(super) fn provider_contract(base: &BaseUrl, shown: &Shown) -> Value {
    let Shown { provider, version, .. } = shown;
    let own = address(base, provider, version);
    without_nulls(json!({
        "providerName": provider,
        "providerVersionNumber": version,
        "specification": shown.specification,
        "contentType": shown.content_type,
        "sha": shown.sha,
        "sizeBytes": shown.size_bytes,
        "createdAt": timestamp(shown.created_at),
        "selfVerificationResults": results(shown),
        "_links": {
            "self": link(base, provider, version),
            "pb:provider-contract-content": Link::to(format!("{own}/content")).title("The document as it was received"),
            "pb:provider": Link::to(urls::pacticipant(base, provider)).title("Provider").name(provider),
            "pb:provider-version":
                Link::to(urls::version(base, provider, version)).title("Provider version").name(version),
            "pb:provider-contracts":
                Link::to(list_address(base, provider)).title("All provider contracts of this provider"),
            "pf:ui": page(base, provider, version),
            "curies": curies(base),
        },
    }))
}

/// What came of testing, without the report.
fn results(shown: &Shown) -> Value {
    let Some(success) = shown.success else { return Value::Null };
    without_nulls(json!({
        "success": success,
        "contentType": shown.report_type,
        "format": shown.format,
        "verifier": shown.verifier,
        "verifierVersion": shown.verifier_version,
        "verificationDate": shown.tested_at.map(timestamp),
    }))
}

/// The document as the commercial service shows it.
pub(super) fn document(shown: &Shown, content: &str) -> Value {
    json!({
        "specification": shown.specification,
        "contentType": shown.content_type,
        "sha": shown.sha,
        "createdAt": timestamp(shown.created_at),
        "content": STANDARD.encode(content),
    })
}

/// The results as the commercial service shows them.
pub(super) fn report(shown: &Shown, report: Option<&[u8]>) -> Value {
    let mut results = results(shown);
    if let (Value::Object(members), Some(report)) = (&mut results, report) {
        members.insert("content".into(), STANDARD.encode(report).into());
    }
    results
}

/// For people: browsers get a page there.
fn page(base: &BaseUrl, provider: &str, version: &str) -> Link {
    Link::to(address(base, provider, version)).title("View the provider contract")
}

fn curies(base: &BaseUrl) -> Value {
    let href = format!("{}/doc/{{rel}}?context=provider-contract", base.as_str());
    json!([{"name": "pb", "href": href, "templated": true}, {"name": "pf", "href": href, "templated": true}])
}
