//! How the difference of two contracts is shown.

use chrono::{DateTime, Utc};
use pactolus_domain::content::ContentSha;
use pactolus_domain::contract_diff::{Change, ContractDiff, InteractionDiff, SpecificationVersions};
use serde::Serialize;
use serde_json::{Value, json};

use super::name;
use crate::contracts::store::served::Served;
use crate::edge::{BaseUrl, Link, urls};

/// Two contracts; `other` is taken as the older one.
pub(crate) struct Compared<'a> {
    pub(crate) base: &'a BaseUrl,
    pub(crate) shown: &'a Served,
    pub(crate) other: &'a Served,
}

/// The differing lines between a heading and links, as the Pact Broker lays them out.
pub(crate) fn lines(compared: &Compared<'_>, lines: &str) -> String {
    let lines = if lines.is_empty() { "Nothing differs but what promises nothing." } else { lines };
    text(compared, lines)
}

/// The same with what each interaction promises anew.
pub(crate) fn semantic(compared: &Compared<'_>, diff: &ContractDiff) -> String {
    text(compared, diff.to_text().trim_end())
}

fn text(compared: &Compared<'_>, difference: &str) -> String {
    let Compared { base, shown, other } = compared;
    format!(
        "# Diff between versions {} and {} of the pact between {} and {}\n\n{}\n\n{difference}\n\n## Links\n\n{}{}",
        other.version,
        shown.version,
        shown.consumer,
        shown.provider,
        published(shown, other),
        text_link("pact-version", base, shown),
        text_link("comparison-pact-version", base, other),
    )
}

fn published(shown: &Served, other: &Served) -> String {
    let at = |moment: DateTime<Utc>| moment.format("%Y-%m-%d %H:%M UTC");
    // One version may have had both contents.
    let which = |served: &Served| match ContentSha::parse(&served.sha) {
        Ok(sha) if shown.version == other.version => format!("{} with the content {}", served.version, sha.short()),
        _ => served.version.clone(),
    };
    format!(
        "Version {} was published on {}, version {} on {}.",
        which(shown),
        at(shown.created_at),
        which(other),
        at(other.created_at)
    )
}

fn text_link(relation: &str, base: &BaseUrl, served: &Served) -> String {
    let Served { consumer, provider, version, .. } = served;
    let href = urls::contract(base, provider, consumer, version);
    format!("{relation}:\n  title: Pact\n  name: {}\n  href: {href}\n", yaml(&name(consumer, version, provider)))
}

/// The links of the text are YAML; some names would break it.
fn yaml(text: &str) -> String {
    if text.contains(": ") || text.contains(" #") || text.ends_with(':') {
        Value::from(text).to_string()
    } else {
        text.to_owned()
    }
}

/// Where there is nothing to compare with.
pub(crate) fn none(base: &BaseUrl, shown: &Served) -> String {
    let Served { consumer, provider, version, .. } = shown;
    format!(
        "# No previous distinct version of the pact between {consumer} ({version}) and {provider}\n\n{}\n\n## Links\n\n{}",
        nothing_before(shown),
        text_link("pact-version", base, shown),
    )
}

fn nothing_before(shown: &Served) -> String {
    let Served { consumer, provider, version, .. } = shown;
    format!(
        "No version of {consumer} before {version} published a pact with {provider} that has other content, so there is \
         nothing to compare with."
    )
}

/// The difference for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body<'a> {
    compared: bool,
    summary: Summary,
    remarks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    specification_versions: Option<&'a SpecificationVersions>,
    interactions: &'a [InteractionDiff],
    document: &'a [Change],
    unlisted: usize,
    examples: usize,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
struct Summary {
    text: String,
    added: usize,
    removed: usize,
    changed: usize,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:pact")]
    pact: Link,
    #[serde(rename = "pb:comparison-pact")]
    comparison_pact: Link,
}

impl<'a> Body<'a> {
    pub(crate) fn of(compared: &Compared<'_>, own: &str, diff: &'a ContractDiff) -> Self {
        let Compared { base, shown, other } = compared;
        let counts = diff.counts();
        Self {
            compared: true,
            summary: Summary {
                text: diff.summary(),
                added: counts.added,
                removed: counts.removed,
                changed: counts.changed,
            },
            remarks: diff.remarks(),
            specification_versions: diff.specification_versions.as_ref(),
            interactions: &diff.interactions,
            document: &diff.document,
            unlisted: diff.unlisted,
            examples: diff.examples,
            links: Links { own: Link::to(own), pact: to_pact(base, shown), comparison_pact: to_pact(base, other) },
        }
    }
}

fn to_pact(base: &BaseUrl, served: &Served) -> Link {
    let Served { consumer, provider, version, .. } = served;
    Link::to(urls::contract(base, provider, consumer, version)).title("Pact").name(name(consumer, version, provider))
}

/// The same where there is nothing to compare with.
pub(crate) fn no_body(base: &BaseUrl, own: &str, shown: &Served) -> Value {
    json!({
        "compared": false,
        "summary": {"text": nothing_before(shown)},
        "_links": {"self": Link::to(own), "pb:pact": to_pact(base, shown)},
    })
}
