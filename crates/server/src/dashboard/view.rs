//! How the dashboard is shown: HAL, or a table in plain text.

use serde::Serialize;
use serde_json::{Map, Value};

use super::store::Item;
use crate::edge::{BaseUrl, Link, OwnLink, timestamp, urls};

/// A page of items.
#[derive(Serialize)]
pub(super) struct Dashboard<'a> {
    items: Vec<Shown<'a>>,
    #[serde(rename = "_links")]
    links: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    consumer: Consumer<'a>,
    provider: Provider<'a>,
    pact: Contract,
    pact_tags: Vec<Tag<'a>>,
    latest_verification_result: Option<Verification>,
    latest_verification_result_tags: Vec<Tag<'a>>,
    verification_status: &'static str,
    /// Nothing is told of webhooks here, as the Pact Broker's dashboard tells nothing: the status has an address of its own.
    webhook_status: &'static str,
    latest_webhook_execution: Option<()>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
struct Consumer<'a> {
    name: &'a str,
    version: Version<'a>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Provider<'a> {
    name: &'a str,
    version: Option<Version<'a>>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    number: &'a str,
    branch: Option<&'a str>,
    head_branch_names: &'a [String],
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contract {
    created_at: String,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'a str,
    latest: bool,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    success: bool,
    verified_at: String,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "pb:webhook-status")]
    webhook_status: Link,
}

impl<'a> Dashboard<'a> {
    pub(super) fn of(base: &BaseUrl, items: &'a [Item], own: String, pages: Vec<(&'static str, Link)>) -> Self {
        let links = [("self", Link::to(own).title("Dashboard"))].into_iter().chain(pages);
        Self {
            items: items.iter().map(|item| Shown::of(base, item)).collect(),
            links: links.map(|(relation, link)| (relation.into(), link.into())).collect(),
        }
    }
}

impl<'a> Shown<'a> {
    fn of(base: &BaseUrl, item: &'a Item) -> Self {
        let Item { consumer, consumer_version, provider, .. } = item;
        let contract = urls::contract(base, provider, consumer, consumer_version);
        let tag = |pacticipant: &str, version: &str, name: &'a str| Tag {
            name,
            latest: true,
            links: OwnLink::to(urls::tag(base, pacticipant, version, name)),
        };
        let provider_version = item.provider_version.as_deref();
        let provider_tags = provider_version
            .iter()
            .flat_map(|version| item.provider_tags.iter().map(|name| tag(provider, version, name)))
            .collect();
        let status = format!("{}/webhooks/status", urls::pair(base, provider, consumer));
        Self {
            consumer: Consumer {
                name: consumer,
                version: Version::of(base, consumer, consumer_version, &item.consumer_branches),
                links: OwnLink::to(urls::pacticipant(base, consumer)),
            },
            provider: Provider {
                name: provider,
                version: provider_version.map(|number| Version::of(base, provider, number, &item.provider_branches)),
                links: OwnLink::to(urls::pacticipant(base, provider)),
            },
            pact_tags: item.tags.iter().map(|name| tag(consumer, consumer_version, name)).collect(),
            latest_verification_result: item.success.zip(item.verified_at).map(|(success, at)| Verification {
                success,
                verified_at: timestamp(at),
                links: OwnLink::to(format!("{contract}/verification-results/latest")),
            }),
            latest_verification_result_tags: provider_tags,
            pact: Contract { created_at: timestamp(item.published_at), links: OwnLink::to(contract) },
            verification_status: verification_status(item),
            webhook_status: "none",
            latest_webhook_execution: None,
            links: Links {
                webhook_status: Link::to(status)
                    .title(format!("How webhooks about contracts of {consumer} with {provider} went")),
            },
        }
    }
}

impl<'a> Version<'a> {
    fn of(base: &BaseUrl, pacticipant: &str, number: &'a str, head_of: &'a [String]) -> Self {
        Self {
            number,
            branch: head_of.last().map(String::as_str),
            head_branch_names: head_of,
            links: OwnLink::to(urls::version(base, pacticipant, number)),
        }
    }
}

/// Of the content itself: a result of older content is none.
fn verification_status(item: &Item) -> &'static str {
    match (item.success, item.pending) {
        (None, _) => "never",
        (Some(true), _) => "success",
        (Some(false), Some(true)) => "failed_pending",
        (Some(false), _) => "failed",
    }
}

/// By consumer, then by provider, the newest version first.
pub(super) fn text(mut items: Vec<Item>) -> String {
    items.sort_by_cached_key(|item| {
        (item.consumer.to_lowercase(), item.provider.to_lowercase(), std::cmp::Reverse(item.position))
    });
    let header =
        ["CONSUMER_NAME", "C_VERSION", "C_TAGS", "PROVIDER_NAME", "P_VERSION", "P_TAGS", "SUCCESS"].map(String::from);
    let rows = items.iter().map(|item| {
        [
            item.consumer.clone(),
            item.consumer_version.clone(),
            item.tags.join(", "),
            item.provider.clone(),
            item.provider_version.clone().unwrap_or_default(),
            item.provider_tags.join(", "),
            verification_status(item).to_owned(),
        ]
    });
    let mut rows: Vec<[String; 7]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    rows.insert(1, widths.map(|width| "-".repeat(width)));
    let lines = rows.iter().enumerate().map(|(at, row)| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join(if at == 1 { "-|-" } else { " | " }) + "\n"
    });
    lines.collect()
}
