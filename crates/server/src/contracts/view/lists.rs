//! How lists of contracts are shown. Of typed parts, since they can be long.

use serde::Serialize;
use serde_json::Value;

use super::name;
use crate::contracts::store::lists::{Listed, Which};
use crate::edge::{BaseUrl, Link, OwnLink, curies, timestamp, urls};

/// The contracts of a provider, under the relation of today and the one that old clients read.
#[derive(Serialize)]
pub(crate) struct ProviderList {
    #[serde(rename = "_links")]
    links: ProviderLinks,
}

#[derive(Serialize)]
struct ProviderLinks {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:provider")]
    pb_provider: Link,
    #[serde(rename = "pb:pacts")]
    pb_pacts: Vec<Link>,
    provider: Link,
    pacts: Vec<Link>,
}

impl ProviderList {
    pub(crate) fn of(base: &BaseUrl, provider: &str, own: &str, title: &str, listed: &[Listed]) -> Self {
        let url = urls::pacticipant(base, provider);
        let deprecated = "DEPRECATED - please use the pb:pacts relation. ";
        Self {
            links: ProviderLinks {
                own: Link::to(own).title(title),
                pb_provider: Link::to(url.clone()).name(provider),
                pb_pacts: listed.iter().map(|one| to_contract(base, one, "").name(&one.consumer)).collect(),
                provider: Link::to(url).title(provider).name("DEPRECATED - please use the pb:provider relation"),
                pacts: listed.iter().map(|one| to_contract(base, one, deprecated).name(&one.consumer)).collect(),
            },
        }
    }
}

fn to_contract(base: &BaseUrl, one: &Listed, prefix: &str) -> Link {
    let title = format!("{prefix}{}", name(&one.consumer, &one.version, &one.provider));
    Link::to(urls::contract(base, &one.provider, &one.consumer, &one.version)).title(title)
}

/// Contracts between two. The relations of those with a tag have other names: so clients know them.
#[derive(Serialize)]
pub(crate) struct PairList<'a> {
    #[serde(rename = "_embedded")]
    embedded: Contracts<'a>,
    #[serde(rename = "_links")]
    links: PairLinks,
}

#[derive(Serialize)]
struct Contracts<'a> {
    pacts: Vec<ContractOfPair<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContractOfPair<'a> {
    created_at: String,
    #[serde(rename = "_embedded")]
    embedded: VersionOfPair<'a>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionOfPair<'a> {
    consumer_version: Version<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PairLinks {
    Plain {
        #[serde(rename = "self")]
        own: Link,
        consumer: Link,
        provider: Link,
        #[serde(rename = "pact-versions")]
        contracts: Vec<Link>,
    },
    Prefixed {
        #[serde(rename = "self")]
        own: Link,
        #[serde(rename = "pb:consumer")]
        consumer: Link,
        #[serde(rename = "pb:provider")]
        provider: Link,
        #[serde(rename = "pb:pact-versions")]
        contracts: Vec<Link>,
    },
}

impl<'a> PairList<'a> {
    pub(crate) fn of(
        base: &BaseUrl,
        (consumer, provider): (&str, &str),
        own: &str,
        which: &Which<'_>,
        listed: &'a [Listed],
    ) -> Self {
        let pacts = listed.iter().map(|one| ContractOfPair::of(base, one)).collect();
        let all = format!("All versions of the pact between {consumer} and {provider}");
        let consumer = Link::to(urls::pacticipant(base, consumer)).title("Consumer").name(consumer);
        let provider = Link::to(urls::pacticipant(base, provider)).title("Provider").name(provider);
        let contracts = |title: &str| listed.iter().map(|one| dated(base, one).title(title)).collect();
        let links = match which {
            Which::Tagged(tag) | Which::LatestTagged(tag) => PairLinks::Prefixed {
                own: Link::to(own).title(format!("{all} with tag {tag}")),
                consumer,
                provider,
                contracts: contracts("Pact version"),
            },
            Which::All | Which::Latest | Which::OnBranch(_) | Which::BranchHead(_) => {
                PairLinks::Plain { own: Link::to(own).title(all), consumer, provider, contracts: contracts("Pact") }
            }
        };
        Self { embedded: Contracts { pacts }, links }
    }
}

fn dated(base: &BaseUrl, one: &Listed) -> Link {
    let name = format!("Version {} - {}", one.version, one.created_at.format("%d/%m/%Y"));
    Link::to(urls::contract(base, &one.provider, &one.consumer, &one.version)).name(name)
}

impl<'a> ContractOfPair<'a> {
    fn of(base: &BaseUrl, one: &'a Listed) -> Self {
        Self {
            created_at: timestamp(one.created_at),
            embedded: VersionOfPair { consumer_version: Version::of(base, one) },
            links: OwnLink::to(to_contract(base, one, "")),
        }
    }
}

/// The latest contracts of all, with the links that old clients read.
#[derive(Serialize)]
pub(crate) struct Latest<'a> {
    pacts: Vec<LatestContract<'a>>,
    #[serde(rename = "_links")]
    links: LatestLinks,
}

#[derive(Serialize)]
struct LatestLinks {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:pacts")]
    pb_pacts: Vec<Link>,
    pacts: Vec<Link>,
    curies: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LatestContract<'a> {
    created_at: String,
    #[serde(rename = "_embedded")]
    embedded: Pair<'a>,
    #[serde(rename = "_links")]
    links: BothAddresses,
}

#[derive(Serialize)]
struct Pair<'a> {
    consumer: Consumer<'a>,
    provider: Provider<'a>,
}

#[derive(Serialize)]
struct Consumer<'a> {
    name: &'a str,
    #[serde(rename = "_links")]
    links: OwnLink,
    #[serde(rename = "_embedded")]
    embedded: ConsumerVersion<'a>,
}

#[derive(Serialize)]
struct ConsumerVersion<'a> {
    version: Version<'a>,
}

#[derive(Serialize)]
struct Version<'a> {
    number: &'a str,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Provider<'a> {
    name: &'a str,
    #[serde(rename = "_links")]
    links: OwnLink,
}

/// Of whatever is the latest, and of this version's.
#[derive(Serialize)]
struct BothAddresses {
    #[serde(rename = "self")]
    own: [Link; 2],
}

impl<'a> Latest<'a> {
    pub(crate) fn of(base: &BaseUrl, listed: &'a [Listed]) -> Self {
        let latest = |one: &Listed| format!("{}/latest", urls::pair(base, &one.provider, &one.consumer));
        let title = |one: &Listed| format!("Latest pact between {} and {}", one.consumer, one.provider);
        let links: Vec<Link> = listed.iter().map(|one| Link::to(latest(one)).title(title(one))).collect();
        let deprecated = "DEPRECATED - please use the pb:pacts relation";
        Self {
            pacts: listed.iter().map(|one| LatestContract::of(base, one, latest(one))).collect(),
            links: LatestLinks {
                own: Link::to(format!("{}/pacts/latest", base.as_str())),
                pacts: links.iter().map(|link| link.clone().name(deprecated)).collect(),
                pb_pacts: links,
                curies: curies(base, "pacts"),
            },
        }
    }
}

impl<'a> LatestContract<'a> {
    fn of(base: &BaseUrl, one: &'a Listed, latest: String) -> Self {
        let Listed { consumer, provider, version, created_at } = one;
        Self {
            created_at: timestamp(*created_at),
            embedded: Pair {
                consumer: Consumer {
                    name: consumer,
                    links: OwnLink::to(urls::pacticipant(base, consumer)),
                    embedded: ConsumerVersion { version: Version::of(base, one) },
                },
                provider: Provider { name: provider, links: OwnLink::to(urls::pacticipant(base, provider)) },
            },
            links: BothAddresses {
                own: [Link::to(latest), Link::to(urls::contract(base, provider, consumer, version))],
            },
        }
    }
}

impl<'a> Version<'a> {
    fn of(base: &BaseUrl, one: &'a Listed) -> Self {
        let link = Link::to(urls::version(base, &one.consumer, &one.version)).title("Version").name(&one.version);
        Self { number: &one.version, links: OwnLink::to(link) }
    }
}
