//! How the matrix is shown: the summary, notices and reasons, and a row for each contract and result. Answers may have
//! thousands of rows, so they are written from typed parts, and what rows have in common is written once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::{Fix, Reason, Requested, Side, VersionRef, is_ignored};
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{EnvironmentName, PacticipantName, VersionNumber};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::ask::Answer;
use super::rows::{MatrixRow, Publication};
use super::store::{Residence, Surroundings};
use super::what_if::ShownWhatIf;
use crate::edge::{BaseUrl, Hal, Link, OwnLink, timestamp, urls};
use crate::provider_contracts;

/// Of the reasons that stand with a recorded verdict so many are kept.
const MOST_RECORDED: usize = 200;

/// The whole answer in JSON. `recorded` is where its record stands, if there is one.
pub(super) fn answer(base: &BaseUrl, answer: &Answer, recorded: Option<Link>) -> serde_json::Result<Hal> {
    let versions = versions(base, answer)?;
    let matrix = answer.rows.iter().map(|one| row(base, answer, one, &versions)).collect();
    let texts = texts(answer);
    Hal::json(&shown(base, answer, &texts, matrix, usize::MAX, recorded.map(|verdict| VerdictLink { verdict })))
}

/// What is kept of the answer: counts and reasons.
pub(super) fn recorded(base: &BaseUrl, answer: &Answer) -> serde_json::Result<Value> {
    let texts = texts(answer);
    serde_json::to_value(shown(base, answer, &texts, Vec::new(), MOST_RECORDED, None))
}

/// What the answer says in words: its reasons, and the order in which several can go.
struct Texts {
    reasons: Vec<String>,
    order: Option<String>,
}

fn texts(answer: &Answer) -> Texts {
    Texts { reasons: answer.verdict.reasons.iter().map(Reason::with_fix).collect(), order: answer.order_in_words() }
}

fn shown<'a>(
    base: &BaseUrl,
    answer: &'a Answer,
    texts: &'a Texts,
    matrix: Vec<Row<'a>>,
    most: usize,
    links: Option<VerdictLink>,
) -> Shown<'a> {
    let verdict = &answer.verdict;
    let reasons = verdict.reasons.iter().zip(&texts.reasons).take(most);
    let reasons = reasons.map(|(reason, text)| Notice { kind: reason.kind.notice_type(), text });
    let order = texts.order.iter().map(|text| Notice { kind: "info", text });
    let rows = answer.rows.iter().map(Some).chain(std::iter::repeat(None));
    Shown {
        summary: Summary {
            deployable: verdict.deployable,
            reason: texts.reasons.join("\n"),
            success: verdict.success,
            failed: verdict.failed,
            unknown: verdict.unknown,
            ignored: (!answer.question.ignore.is_empty()).then_some(verdict.ignored),
        },
        notices: reasons.chain(order).collect(),
        matrix,
        reasons: answer
            .reasons
            .iter()
            .zip(rows)
            .take(most)
            .map(|(reason, row)| ShownReason::of(base, reason, row))
            .collect(),
        what_if: answer.what_if.as_ref().map(|what_if| ShownWhatIf::of(base, answer, what_if)),
        links,
    }
}

#[derive(Serialize)]
struct VerdictLink {
    #[serde(rename = "pb:verdict")]
    verdict: Link,
}

#[derive(Serialize)]
struct Shown<'a> {
    summary: Summary,
    notices: Vec<Notice<'a>>,
    matrix: Vec<Row<'a>>,
    reasons: Vec<ShownReason<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    what_if: Option<ShownWhatIf<'a>>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    links: Option<VerdictLink>,
}

#[derive(Serialize)]
struct Summary {
    deployable: Option<bool>,
    reason: String,
    success: usize,
    failed: usize,
    unknown: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<usize>,
}

#[derive(Serialize)]
struct Notice<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

/// A reason for machines: its kind, what it is about and why that is in question, and what would change it.
#[derive(Serialize)]
pub(super) struct ShownReason<'a> {
    kind: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<ShownSide<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ShownSide<'a>>,
    /// The smallest of `fixes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<ShownFix<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<ShownFix<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumes: Vec<String>,
    #[serde(rename = "verificationRequest", skip_serializing_if = "Option::is_none")]
    requested: Option<ShownRequest<'a>>,
    #[serde(rename = "_links", skip_serializing_if = "ReasonLinks::is_empty")]
    links: ReasonLinks,
}

impl<'a> ShownReason<'a> {
    pub(super) fn of(base: &BaseUrl, reason: &'a Reason, row: Option<&MatrixRow>) -> Self {
        let side = |side: &'a Side| ShownSide {
            name: &side.pacticipant,
            version: side.version.as_ref(),
            chosen: &side.chosen,
        };
        Self {
            kind: reason.kind.as_str(),
            text: &reason.text,
            consumer: reason.consumer.as_ref().map(side),
            provider: reason.provider.as_ref().map(side),
            fix: reason.fixes.first().map(ShownFix::of),
            fixes: reason.fixes.iter().map(ShownFix::of).collect(),
            assumes: reason.assumes.iter().map(ToString::to_string).collect(),
            requested: reason.requested.as_ref().map(ShownRequest::of),
            links: ReasonLinks::of(base, reason, row),
        }
    }
}

/// The missing result was asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownRequest<'a> {
    uuid: &'a str,
    state: &'static str,
    is_told: bool,
    requested_at: String,
    times_asked: i32,
    text: String,
}

impl<'a> ShownRequest<'a> {
    fn of(requested: &'a Requested) -> Self {
        Self {
            uuid: &requested.id,
            state: requested.progress.as_str(),
            is_told: requested.is_told,
            requested_at: timestamp(requested.at),
            times_asked: requested.times_asked,
            text: requested.to_string(),
        }
    }
}

#[derive(Serialize)]
struct ShownSide<'a> {
    name: &'a PacticipantName,
    version: Option<&'a VersionNumber>,
    chosen: &'a str,
}

/// The contract and the result of a row; without result, or without row, what the fixes are about.
#[derive(Default, Serialize)]
struct ReasonLinks {
    #[serde(rename = "pb:pact", skip_serializing_if = "Option::is_none")]
    contract: Option<Link>,
    #[serde(rename = "pb:verification-result", skip_serializing_if = "Option::is_none")]
    result: Option<Link>,
    #[serde(rename = "pb:pacticipant-version", skip_serializing_if = "Option::is_none")]
    version: Option<Link>,
    #[serde(rename = "pb:pacticipant", skip_serializing_if = "Option::is_none")]
    pacticipant: Option<Link>,
    #[serde(rename = "pb:environment", skip_serializing_if = "Option::is_none")]
    environment: Option<Link>,
    #[serde(rename = "pb:verification-request", skip_serializing_if = "Option::is_none")]
    request: Option<Link>,
    #[serde(rename = "pb:comparison", skip_serializing_if = "Option::is_none")]
    comparison: Option<Link>,
    #[serde(rename = "pb:provider-contract", skip_serializing_if = "Option::is_none")]
    provider_contract: Option<Link>,
}

impl ReasonLinks {
    fn of(base: &BaseUrl, reason: &Reason, row: Option<&MatrixRow>) -> Self {
        let mut links = row.map_or_else(Self::default, |one| Self::of_row(base, one));
        links.request = reason.requested.as_ref().map(|one| Link::to(urls::verification_request(base, &one.id)));
        for fix in &reason.fixes {
            match fix {
                Fix::DeployFirst { pacticipant, version, .. } => {
                    links.version = Some(Link::to(urls::version(base, pacticipant.as_str(), version.as_str())));
                }
                Fix::RecordDeployment { pacticipant, environment } => {
                    links.pacticipant = Some(Link::to(urls::pacticipant(base, pacticipant.as_str())));
                    links.environment = Some(Link::to(urls::environments_named(base, environment.as_str())));
                }
                Fix::Publish { pacticipant, .. } => {
                    links.pacticipant = Some(Link::to(urls::pacticipant(base, pacticipant.as_str())));
                }
                Fix::Verify { .. }
                | Fix::Repair { .. }
                | Fix::Edit { .. }
                | Fix::SelfVerify { .. }
                | Fix::AskAgain { .. } => {}
            }
        }
        links
    }

    fn of_row(base: &BaseUrl, one: &MatrixRow) -> Self {
        let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
        let sha = one.row.sha.as_str();
        let result = one.result.map(|(number, _)| urls::verification(base, provider, consumer, sha, number));
        let offered = one.row.provider_version.as_ref().filter(|_| one.row.offer.is_some());
        Self {
            contract: contract_url(base, one).map(Link::to),
            result: result.map(Link::to),
            comparison: comparison_url(base, one).map(Link::to),
            provider_contract: offered.map(|version| provider_contracts::link(base, provider, version.number.as_str())),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        let Self { contract, result, version, pacticipant, environment, request, comparison, provider_contract } = self;
        let all = [contract, result, version, pacticipant, environment, request, comparison, provider_contract];
        all.into_iter().all(Option::is_none)
    }
}

/// Of a version that is only assumed: where the same content was published, if it was.
fn contract_url(base: &BaseUrl, one: &MatrixRow) -> Option<String> {
    let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
    match one.publication {
        Publication::Published(_) => {
            Some(urls::contract(base, provider, consumer, one.row.consumer_version.number.as_str()))
        }
        Publication::Assumed(stored) => {
            stored.map(|_| urls::content(base, provider, consumer, one.row.sha.as_str(), None))
        }
    }
}

#[derive(Serialize)]
struct ShownFix<'a> {
    kind: &'static str,
    text: String,
    #[serde(flatten)]
    about: FixAbout<'a>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum FixAbout<'a> {
    Pair {
        consumer: &'a PacticipantName,
        #[serde(skip_serializing_if = "Option::is_none")]
        consumer_version: Option<&'a VersionNumber>,
        provider: &'a PacticipantName,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_version: Option<&'a VersionNumber>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sha: Option<&'a ContentSha>,
    },
    Edit {
        consumer: &'a PacticipantName,
        provider: &'a PacticipantName,
        fix_by: &'a str,
        edit: &'a str,
    },
    One {
        pacticipant: &'a PacticipantName,
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<&'a VersionNumber>,
        #[serde(skip_serializing_if = "Option::is_none")]
        environment: Option<&'a EnvironmentName>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        replaces: &'a [VersionNumber],
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        ends_support_of: &'a [VersionNumber],
    },
}

impl<'a> FixAbout<'a> {
    fn one(
        pacticipant: &'a PacticipantName,
        version: Option<&'a VersionNumber>,
        environment: Option<&'a EnvironmentName>,
    ) -> Self {
        Self::One { pacticipant, version, environment, replaces: &[], ends_support_of: &[] }
    }
}

impl<'a> ShownFix<'a> {
    fn of(fix: &'a Fix) -> Self {
        let (kind, about) = match fix {
            Fix::Verify { consumer, consumer_version, sha, provider, provider_version } => {
                let (consumer_version, provider_version) = (Some(consumer_version), provider_version.as_ref());
                let sha = Some(sha);
                ("verify", FixAbout::Pair { consumer, consumer_version, provider, provider_version, sha })
            }
            Fix::DeployFirst { pacticipant, version, environment, replaces, ends_support_of } => {
                let (version, environment) = (Some(version), environment.as_ref());
                ("deploy_first", FixAbout::One { pacticipant, version, environment, replaces, ends_support_of })
            }
            Fix::RecordDeployment { pacticipant, environment } => {
                ("record_deployment", FixAbout::one(pacticipant, None, Some(environment)))
            }
            Fix::Repair { consumer, provider } => {
                let (consumer_version, provider_version, sha) = (None, None, None);
                ("repair", FixAbout::Pair { consumer, consumer_version, provider, provider_version, sha })
            }
            Fix::Edit { consumer, provider, by, edit } => {
                ("edit", FixAbout::Edit { consumer, provider, fix_by: by, edit })
            }
            Fix::SelfVerify { provider, version, .. } => ("self_verify", FixAbout::one(provider, Some(version), None)),
            Fix::AskAgain { consumer, provider } => {
                let (consumer_version, provider_version, sha) = (None, None, None);
                ("ask_again", FixAbout::Pair { consumer, consumer_version, provider, provider_version, sha })
            }
            Fix::Publish { pacticipant, version } => ("publish", FixAbout::one(pacticipant, version.as_ref(), None)),
        };
        Self { kind, text: fix.to_string(), about }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    consumer: ShownPacticipant<'a>,
    provider: ShownPacticipant<'a>,
    pact: Contract,
    #[serde(rename = "verificationResult")]
    result: Option<ShownResult>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignored: bool,
}

#[derive(Serialize)]
struct ShownPacticipant<'a> {
    name: &'a PacticipantName,
    version: Option<&'a RawValue>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contract {
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    links: Option<OwnLink>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    assumed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownResult {
    success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    links: Option<OwnLink>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    assumed: bool,
}

fn row<'a>(base: &BaseUrl, answer: &Answer, one: &'a MatrixRow, versions: &'a Versions) -> Row<'a> {
    let row = &one.row;
    let (consumer, provider) = (row.consumer.as_str(), row.provider.as_str());
    let number = &row.consumer_version.number;
    let pacticipant = |name: &'a PacticipantName, version: Option<&VersionRef>| ShownPacticipant {
        name,
        version: version.and_then(|version| versions.get(&version.key)).map(AsRef::as_ref),
        links: OwnLink::to(urls::pacticipant(base, name.as_str())),
    };
    // Where the verification does not say the same, what the provider offers does.
    let is_of_verification = row.offer.is_none_or(|offer| offer.verified == row.success);
    let result = one.result.filter(|_| is_of_verification).map(|(result, at)| {
        let metadata = Metadata::for_version(number.clone()).encode();
        let content = urls::content(base, provider, consumer, one.row.sha.as_str(), Some(&metadata));
        let links = OwnLink::to(format!("{content}/verification-results/{result}"));
        ShownResult { success: row.success, verified_at: Some(timestamp(at)), links: Some(links), assumed: false }
    });
    let result = result.or_else(|| compared(base, one)).or_else(|| {
        let success = row.success.filter(|_| row.offer.is_none())?;
        Some(ShownResult { success: Some(success), verified_at: None, links: None, assumed: true })
    });
    Row {
        consumer: pacticipant(&row.consumer, Some(&row.consumer_version)),
        // A provider version without result is told in the reasons; clients expect none here.
        provider: pacticipant(&row.provider, row.provider_version.as_ref().filter(|_| result.is_some())),
        pact: Contract {
            created_at: one.publication.at().map(timestamp),
            links: contract_url(base, one).map(OwnLink::to),
            assumed: one.publication.is_assumed(),
        },
        result,
        ignored: is_ignored(&answer.question, row),
    }
}

/// What follows from what the provider version offers, where nobody has verified the contract.
fn compared(base: &BaseUrl, one: &MatrixRow) -> Option<ShownResult> {
    let success = one.row.success.filter(|_| one.row.offer.is_some())?;
    let links = comparison_url(base, one).map(OwnLink::to);
    Some(ShownResult { success: Some(success), verified_at: one.compared_at.map(timestamp), links, assumed: false })
}

/// Where what came of the comparison stands.
fn comparison_url(base: &BaseUrl, one: &MatrixRow) -> Option<String> {
    let row = &one.row;
    row.offer?;
    let version = row.provider_version.as_ref()?.number.as_str();
    Some(urls::comparison(base, (row.provider.as_str(), version), row.consumer.as_str(), row.sha.as_str()))
}

/// The same as a table in plain text, for terminals and scripts.
pub(super) fn text(answer: &Answer, recorded: Option<&Link>) -> String {
    let header = ["CONSUMER", "C.VERSION", "PROVIDER", "P.VERSION", "SUCCESS?"].map(String::from);
    let rows = answer.rows.iter().map(|MatrixRow { row, .. }| {
        let provider_version = row.provider_version.as_ref().map_or("???", |version| version.number.as_str());
        let success = row.success.map_or("???".into(), |success| success.to_string());
        [
            row.consumer.to_string(),
            row.consumer_version.number.to_string(),
            row.provider.to_string(),
            provider_version.to_string(),
            success,
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let lines = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_string()
    });
    let reasons = answer.verdict.reasons.iter().map(Reason::with_fix).chain(answer.order_in_words());
    let recorded = recorded.map(|link| format!("Recorded at {}", link.href()));
    let lines: Vec<String> = lines.chain(std::iter::once(String::new())).chain(reasons).chain(recorded).collect();
    lines.join("\n") + "\n"
}

/// What is shown of each version, written once however many rows it is in.
type Versions = HashMap<i64, Box<RawValue>>;
type Environments = HashMap<Uuid, Box<RawValue>>;

fn versions(base: &BaseUrl, answer: &Answer) -> serde_json::Result<Versions> {
    let nothing = Surroundings::default();
    let mut environments = Environments::new();
    let mut versions = Versions::new();
    let sides = answer.rows.iter().flat_map(|MatrixRow { row, .. }| {
        let provider = row.provider_version.as_ref().map(|version| (&row.provider, version));
        [Some((&row.consumer, &row.consumer_version)), provider]
    });
    for (pacticipant, version) in sides.flatten() {
        if versions.contains_key(&version.key) {
            continue;
        }
        let found = answer.surroundings.binary_search_by_key(&version.key, |(id, _)| *id);
        let own = found.map_or(&nothing, |at| &answer.surroundings[at].1);
        for residence in &own.residences {
            if let Entry::Vacant(vacant) = environments.entry(residence.id) {
                vacant.insert(to_raw_value(&ShownEnvironment::of(base, residence))?);
            }
        }
        let shown = ShownVersion::of(base, pacticipant.as_str(), version, own, &environments);
        versions.insert(version.key, to_raw_value(&shown)?);
    }
    Ok(versions)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownVersion<'a> {
    number: &'a VersionNumber,
    branch: Option<&'a str>,
    branches: Vec<Mark<'a>>,
    branch_versions: Vec<Mark<'a>>,
    environments: Vec<&'a RawValue>,
    #[serde(rename = "_links")]
    links: OwnLink,
    tags: Vec<Mark<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    assumed: bool,
}

/// A branch or a tag that a version is on.
#[derive(Clone, Serialize)]
struct Mark<'a> {
    name: &'a str,
    latest: bool,
    #[serde(rename = "_links")]
    links: OwnLink,
}

impl<'a> ShownVersion<'a> {
    fn of(
        base: &BaseUrl,
        pacticipant: &str,
        version: &'a VersionRef,
        own: &'a Surroundings,
        environments: &'a Environments,
    ) -> Self {
        let number = version.number.as_str();
        let branches = own.branches.iter().map(|(branch, latest)| {
            let url = urls::branch_version(base, pacticipant, branch, number);
            let link = Link::to(url).title("Branch version").name(branch);
            Mark { name: branch, latest: *latest, links: OwnLink::to(link) }
        });
        let tags = own.tags.iter().map(|(tag, latest)| {
            let links = OwnLink::to(urls::tag(base, pacticipant, number, tag));
            Mark { name: tag, latest: *latest, links }
        });
        let branches: Vec<Mark<'a>> = branches.collect();
        Self {
            number: &version.number,
            branch: own.branches.last().map(|(branch, _)| branch.as_str()),
            branches: branches.clone(),
            branch_versions: branches,
            environments: own
                .residences
                .iter()
                .filter_map(|one| environments.get(&one.id))
                .map(AsRef::as_ref)
                .collect(),
            links: OwnLink::to(urls::version(base, pacticipant, number)),
            tags: tags.collect(),
            assumed: version.is_assumed(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEnvironment<'a> {
    uuid: Uuid,
    name: &'a str,
    display_name: &'a str,
    production: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<&'a Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    created_at: String,
    #[serde(rename = "_links")]
    links: OwnLink,
}

impl<'a> ShownEnvironment<'a> {
    fn of(base: &BaseUrl, one: &'a Residence) -> Self {
        Self {
            uuid: one.id,
            name: &one.name,
            display_name: &one.display_name,
            production: one.production,
            contacts: one.contacts.as_array(),
            updated_at: (one.updated_at != one.created_at).then(|| timestamp(one.updated_at)),
            created_at: timestamp(one.created_at),
            links: OwnLink::to(Link::to(urls::environment(base, one.id)).title("Environment").name(&one.name)),
        }
    }
}
