//! How integrations are shown: HAL, a graph, or CSV.

use std::collections::HashMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::store::Integration;
use crate::edge::{BaseUrl, Link, urls};

/// Integrations in HAL.
#[derive(Serialize)]
pub(super) struct List<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Value>,
    #[serde(rename = "_embedded")]
    embedded: Embedded<'a>,
    #[serde(rename = "_links")]
    links: Map<String, Value>,
}

#[derive(Serialize)]
struct Embedded<'a> {
    integrations: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    consumer: Named<'a>,
    provider: Named<'a>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "pb:dashboard")]
    dashboard: Link,
    #[serde(rename = "pb:matrix")]
    matrix: Link,
    #[serde(rename = "pb:group")]
    group: Link,
    #[serde(rename = "pb:delete_integration")]
    delete: Link,
}

impl<'a> List<'a> {
    pub(super) fn of(
        base: &BaseUrl,
        integrations: &'a [Integration],
        page: Option<Value>,
        pages: Vec<(&'static str, Link)>,
    ) -> Self {
        let own = Link::to(format!("{}/integrations", base.as_str())).title("All integrations");
        let links = [("self", own)].into_iter().chain(pages).map(|(relation, link)| (relation.into(), link.into()));
        Self {
            page,
            embedded: Embedded { integrations: integrations.iter().map(|one| Shown::of(base, one)).collect() },
            links: links.collect(),
        }
    }
}

impl<'a> Shown<'a> {
    fn of(base: &BaseUrl, Integration { consumer, provider }: &'a Integration) -> Self {
        Self {
            links: Links {
                dashboard: Link::to(urls::of_pair(base, "dashboard", provider, consumer))
                    .title(format!("Contracts of {consumer} and {provider}")),
                matrix: Link::to(urls::of_pair(base, "matrix", provider, consumer))
                    .title(format!("Contracts and results of {consumer} and {provider}")),
                // Not its group: so clients know the relation.
                group: Link::to(urls::pacticipant(base, consumer)),
                delete: Link::to(urls::of_pair(base, "integrations", provider, consumer))
                    .title(format!("Delete all that is between {consumer} and {provider}")),
            },
            consumer: Named { name: consumer },
            provider: Named { name: provider },
        }
    }
}

/// To be drawn by Graphviz.
pub(super) fn graph(integrations: &[Integration]) -> String {
    let mut graph =
        String::from("digraph { ranksep=3; ratio=auto; overlap=false; node [shape=plaintext, fontname=Helvetica];\n");
    for Integration { consumer, provider } in integrations {
        writeln!(graph, "  {} -> {}", node(consumer), node(provider)).expect("writing to a string does not fail");
    }
    graph.push_str("}\n");
    graph
}

/// Within quotes only the quote has to be escaped. A backslash would begin an escape of the label, thus two.
fn node(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Consumer and provider of each.
pub(super) fn names(integrations: &[Integration]) -> Vec<(&str, &str)> {
    integrations.iter().map(|one| (one.consumer.as_str(), one.provider.as_str())).collect()
}

/// A row for each pacticipant: its number, its name, three columns that pages draw with (weight 1, weight 1, colour 0), its
/// number again, and the numbers of its providers. All rows have as many columns as the longest.
pub(super) fn csv(pairs: &[(&str, &str)]) -> String {
    let mut rows: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for (consumer, provider) in pairs {
        let [consumer, provider] = [*consumer, *provider].map(|name| {
            *numbers.entry(name).or_insert_with(|| {
                rows.push((name, Vec::new()));
                rows.len()
            })
        });
        rows[consumer - 1].1.push(provider);
    }
    let most = rows.iter().map(|(_, providers)| providers.len()).max().unwrap_or(0);
    let mut csv = String::new();
    for (index, (name, providers)) in rows.iter().enumerate() {
        let number = index + 1;
        write!(csv, "{number},{},1,1,0,{number}", field(name)).expect("writing to a string does not fail");
        for provider in providers.iter().chain(std::iter::repeat(&0)).take(most) {
            write!(csv, ",{provider}").expect("writing to a string does not fail");
        }
        csv.push('\n');
    }
    csv
}

/// RFC 4180.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
