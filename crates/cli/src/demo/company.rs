//! The company that the demo tells of: one file for each team, with its services and what they expect of others.
//! Ages count from the newest version of a branch backwards, so that the newest has the age 0.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

const TEAMS: [&str; 6] = [
    include_str!("company/storefront.json"),
    include_str!("company/checkout.json"),
    include_str!("company/payments.json"),
    include_str!("company/fulfilment.json"),
    include_str!("company/customers.json"),
    include_str!("company/data.json"),
];

/// All of it.
pub(super) struct Company {
    pub(super) services: Vec<Service>,
    pub(super) contracts: Vec<Contract>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Team {
    #[serde(rename = "team")]
    name: String,
    services: Vec<Service>,
    contracts: Vec<Contract>,
}

/// A pacticipant with its history.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) display_name: String,
    /// That of its team is added.
    pub(super) labels: Vec<String>,
    /// The head of the main branch; those before it are made up in the same style.
    newest: String,
    count: usize,
    /// The newest ones by name, the newest last.
    #[serde(default)]
    last: Vec<String>,
    pub(super) branches: Vec<Branch>,
    /// Which age is deployed to an environment in the end, or to each instance there.
    pub(super) deployed: BTreeMap<String, Deployed>,
    #[serde(default)]
    pub(super) released: BTreeMap<String, Vec<usize>>,
    /// OpenAPI documents of the newest versions.
    #[serde(default)]
    pub(super) documents: Vec<Document>,
}

/// A feature branch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) count: usize,
}

/// What runs in an environment.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Deployed {
    Everywhere(usize),
    Instances(BTreeMap<String, usize>),
}

/// What some versions of a provider offer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) of: Versions,
}

/// Some versions of a service: all that every given member allows.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Versions {
    /// Only so many of the main branch's newest, and what was branched off them.
    newest: Option<usize>,
    /// Not these.
    but_newest: Option<usize>,
    /// Only those of this branch.
    branch: Option<String>,
    /// Only those of the main branch.
    #[serde(default)]
    main: bool,
}

/// What a consumer expects of a provider, and what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contract {
    pub(super) consumer: String,
    pub(super) provider: String,
    pub(super) interactions: Vec<Interaction>,
    /// What fails; all else passes.
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
    /// Between whom there is no result.
    #[serde(default)]
    pub(super) silent: Vec<Pair>,
    /// What the provider verifies as pending, on the consumer's branch.
    #[serde(default)]
    pub(super) pending: Vec<Pending>,
}

/// A consumer's and a provider's versions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    #[serde(default)]
    consumer: Versions,
    #[serde(default)]
    provider: Versions,
}

/// An interaction in short: what is checked more loosely than by equality stands in `rules`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Interaction {
    pub(super) description: String,
    /// Provider states, each a name with its parameters.
    #[serde(default)]
    pub(super) given: Vec<Map<String, Value>>,
    /// Method and path; absent for messages.
    #[serde(default)]
    pub(super) request: String,
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    #[serde(default)]
    pub(super) query: Map<String, Value>,
    pub(super) body: Option<Value>,
    pub(super) form: Option<String>,
    #[serde(default)]
    pub(super) request_rules: Map<String, Value>,
    #[serde(default)]
    pub(super) status: u16,
    pub(super) answer: Option<Value>,
    pub(super) xml: Option<String>,
    pub(super) base64: Option<String>,
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) rules: Map<String, Value>,
    /// What a message says.
    pub(super) event: Option<Value>,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
    #[serde(flatten)]
    pub(super) of: Versions,
}

/// What a provider answers instead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    #[serde(default)]
    consumer: Versions,
    #[serde(default)]
    provider: Versions,
    pub(super) interaction: String,
    pub(super) status: Option<u16>,
    pub(super) answer: Option<Value>,
    pub(super) mismatches: Vec<Mismatch>,
}

/// A failure that does not count, since the contract is new to the provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    pub(super) branch: String,
    pub(super) interaction: String,
    pub(super) mismatches: Vec<Mismatch>,
}

/// Where an answer is not what was expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mismatch {
    pub(super) attribute: String,
    pub(super) identifier: Option<String>,
    #[serde(default)]
    pub(super) expected: Value,
    #[serde(default)]
    pub(super) actual: Value,
    pub(super) description: String,
}

/// One version of a service.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) number: String,
    /// The feature branch it is on; `None` for the main branch.
    pub(super) branch: Option<String>,
    pub(super) age: usize,
}

impl Company {
    pub(super) fn read() -> Self {
        let mut company = Self { services: Vec::new(), contracts: Vec::new() };
        for text in TEAMS {
            let mut team: Team = serde_json::from_str(text).expect("the files are part of the program, and tested");
            for service in &mut team.services {
                service.labels.push(format!("team:{}", team.name));
            }
            company.services.append(&mut team.services);
            company.contracts.append(&mut team.contracts);
        }
        company
    }
}

impl Service {
    /// Those of the main branch, the oldest first.
    pub(super) fn main_versions(&self) -> Vec<Version> {
        let ages = (0..self.count).rev();
        ages.map(|age| Version { number: self.number(age), branch: None, age }).collect()
    }

    /// Those of a feature branch, the oldest first. They are named after the branch unless versions are counted or hashed.
    pub(super) fn branch_versions(&self, branch: &Branch) -> Vec<Version> {
        let number = |age: usize| match self.style() {
            Style::Hash => hash(&format!("{} {} {age}", self.name, branch.name)),
            Style::Dotted | Style::Count => {
                let word = branch.name.rsplit('/').next().unwrap_or_default();
                format!("{}-{word}.{}", self.newest, branch.count - age)
            }
        };
        let ages = (0..branch.count).rev();
        ages.map(|age| Version { number: number(age), branch: Some(branch.name.clone()), age }).collect()
    }

    /// What the main branch's version of this age is called.
    pub(super) fn number(&self, age: usize) -> String {
        if let Some(named) = self.last.iter().rev().nth(age) {
            return named.clone();
        }
        match self.style() {
            _ if age == 0 => self.newest.clone(),
            Style::Hash => hash(&format!("{} {age}", self.name)),
            Style::Count => self.newest.parse().map_or_else(|_| self.newest.clone(), |n: usize| (n - age).to_string()),
            Style::Dotted => {
                let parts: Vec<usize> = self.newest.split('.').map(|part| part.parse().unwrap_or_default()).collect();
                format!("{}.{}.0", parts[0], parts[1] - age)
            }
        }
    }

    fn style(&self) -> Style {
        if self.newest.contains('.') {
            Style::Dotted
        } else if self.newest.bytes().all(|byte| byte.is_ascii_digit()) {
            Style::Count
        } else {
            Style::Hash
        }
    }
}

enum Style {
    Hash,
    Dotted,
    Count,
}

/// Seven digits of a commit, the same on each run.
fn hash(of: &str) -> String {
    let mut hash: String = pactolus_domain::fingerprint::sha256(of.as_bytes());
    hash.truncate(7);
    hash
}

impl Deployed {
    /// Each instance, without a name where there is one only, with the age that it has in the end.
    pub(super) fn instances(&self) -> Vec<(&str, usize)> {
        match self {
            Self::Everywhere(last) => vec![("", *last)],
            Self::Instances(each) => each.iter().map(|(name, last)| (name.as_str(), *last)).collect(),
        }
    }
}

impl Versions {
    pub(super) fn has(&self, version: &Version) -> bool {
        // What is branched off stands on the newest of the main branch.
        let age = if version.branch.is_some() { 0 } else { version.age };
        !(self.main && version.branch.is_some())
            && self.newest.is_none_or(|newest| age < newest)
            && self.but_newest.is_none_or(|newest| age >= newest)
            && self.branch.as_ref().is_none_or(|branch| version.branch.as_ref() == Some(branch))
    }
}

impl Pair {
    pub(super) fn is(&self, consumer: &Version, provider: &Version) -> bool {
        self.consumer.has(consumer) && self.provider.has(provider)
    }
}

impl Fault {
    pub(super) fn is(&self, consumer: &Version, provider: &Version) -> bool {
        self.consumer.has(consumer) && self.provider.has(provider)
    }
}
