//! The smallest thing that would change an answer.

use std::fmt;

use super::assumption::in_words;
use super::{
    Candidate, Comparison, Criterion, Finding, Found, Integration, Offer, Origin, Passing, Question, Row, Selector,
    Stay, StayKind, VersionRef, is_ignored,
};
use crate::content::ContentSha;
use crate::names::{EnvironmentName, PacticipantName, VersionNumber};

/// What to do about a reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fix {
    /// Verify the consumer version's contract with the provider version.
    Verify {
        /// Whose contract.
        consumer: PacticipantName,
        /// Its version.
        consumer_version: VersionNumber,
        /// Of its content.
        sha: ContentSha,
        /// Who verifies; with which version, if one is in question.
        provider: PacticipantName,
        /// See above.
        provider_version: Option<VersionNumber>,
    },
    /// Bring another version to the place first: it has passed already.
    DeployFirst {
        /// Whose version.
        pacticipant: PacticipantName,
        /// Which.
        version: VersionNumber,
        /// Where to, if an environment was named.
        environment: Option<EnvironmentName>,
        /// Versions whose place it must take, where that doesn't go without saying.
        replaces: Vec<VersionNumber>,
        /// Released versions that may not be supported there any more.
        ends_support_of: Vec<VersionNumber>,
    },
    /// Record what is deployed: nothing is.
    RecordDeployment {
        /// Of which pacticipant.
        pacticipant: PacticipantName,
        /// Where.
        environment: EnvironmentName,
    },
    /// Change the provider until it satisfies the contract, or the contract.
    Repair {
        /// Whose contract.
        consumer: PacticipantName,
        /// Who fails it.
        provider: PacticipantName,
    },
    /// Change one side so that the contract fits the provider's document.
    Edit {
        /// Whose contract.
        consumer: PacticipantName,
        /// Whose document.
        provider: PacticipantName,
        /// Who can change it: `consumer`, `provider` or `either`.
        by: String,
        /// What could be changed.
        edit: String,
    },
    /// Test the provider against its document, and publish how it ended.
    SelfVerify {
        /// Whose document.
        provider: PacticipantName,
        /// Of which version.
        version: VersionNumber,
        /// Whether the tests failed.
        failed: bool,
    },
    /// Ask again: the comparison is under way.
    AskAgain {
        /// Whose contract.
        consumer: PacticipantName,
        /// Whose document.
        provider: PacticipantName,
    },
    /// Publish a contract or a result of the version first, or name another one.
    Publish {
        /// Whose version.
        pacticipant: PacticipantName,
        /// Which, if a number was asked for.
        version: Option<VersionNumber>,
    },
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify { consumer, consumer_version, sha, provider, provider_version } => {
                write!(f, "verify contract {} of {consumer} {consumer_version} with ", sha.short())?;
                match provider_version {
                    Some(version) => write!(f, "{provider} {version}"),
                    None => write!(f, "a version of {provider}"),
                }
            }
            Self::DeployFirst { pacticipant, version, environment, replaces, ends_support_of } => {
                match environment {
                    Some(environment) => write!(f, "deploy {pacticipant} {version} to {environment}")?,
                    None => write!(f, "bring {pacticipant} {version} there")?,
                }
                if !replaces.is_empty() {
                    write!(f, " in place of {}", in_words(replaces))?;
                }
                if !ends_support_of.is_empty() {
                    write!(f, " and end the support of {}", in_words(ends_support_of))?;
                }
                write!(f, " first: it has passed")
            }
            Self::RecordDeployment { pacticipant, environment } => {
                write!(f, "record which version of {pacticipant} is deployed in {environment}: none is")
            }
            Self::Repair { consumer, provider } => {
                write!(f, "make {provider} satisfy what {consumer} expects, or change what {consumer} expects")
            }
            Self::Edit { consumer, provider, by, edit } => match by.as_str() {
                "consumer" => write!(f, "{consumer} can change it: {edit}"),
                "provider" => write!(f, "{provider} can change it: {edit}"),
                _ => write!(f, "{consumer} or {provider} can change it: {edit}"),
            },
            Self::SelfVerify { provider, version, failed: false } => {
                write!(f, "test {provider} {version} against its provider contract and publish the results with it")
            }
            Self::SelfVerify { provider, version, failed: true } => write!(
                f,
                "make {provider} {version} keep its provider contract, or correct that, and publish the results with it"
            ),
            Self::AskAgain { consumer, provider } => {
                write!(f, "ask again in a minute: the pact of {consumer} is being compared with what {provider} offers")
            }
            Self::Publish { pacticipant, version: Some(version) } => write!(
                f,
                "publish the contracts of {pacticipant} {version}, or create the version if it has none \
                 (its number may be misspelt)"
            ),
            Self::Publish { pacticipant, version: None } => {
                write!(f, "publish a version of {pacticipant} that fits, or ask for one that exists")
            }
        }
    }
}

/// For a row without a successful result, the smallest first.
pub(super) fn of_row(question: &Question, row: &Row) -> Vec<Fix> {
    if let (Some(offer), Some(version)) = (&row.offer, &row.provider_version) {
        let own = of_offer(question, row, *offer, version);
        return own.into_iter().chain(deploy_first(question, row)).collect();
    }
    let own = match (row.success, provider_in_question(question, row)) {
        (Some(_), _) => None,
        (None, None) => nothing_there(question, &row.provider).or_else(|| Some(verify(question, row))),
        (None, Some(_)) => Some(verify(question, row)),
    };
    let repair = Fix::Repair { consumer: row.consumer.clone(), provider: row.provider.clone() };
    let repair = row.success.is_some().then_some(repair);
    own.into_iter().chain(deploy_first(question, row)).chain(repair).collect()
}

/// For the first of what stands in the way between a contract and what the provider version offers.
fn of_offer(question: &Question, row: &Row, offer: Offer, version: &VersionRef) -> Vec<Fix> {
    let (consumer, provider) = (row.consumer.clone(), row.provider.clone());
    let self_verify = |failed| Fix::SelfVerify { provider: provider.clone(), version: version.number.clone(), failed };
    match offer {
        Offer { verified: Some(false), .. } => vec![Fix::Repair { consumer, provider }],
        Offer { kept: Some(false), .. } => vec![self_verify(true)],
        Offer { comparison: Comparison::Incompatible, .. } => {
            match question.findings.get(&(row.consumer_version.key, version.key)) {
                Some(Finding { fix_by, edit, .. }) => {
                    vec![Fix::Edit { consumer, provider, by: fix_by.clone(), edit: edit.clone() }]
                }
                None => vec![Fix::Repair { consumer, provider }],
            }
        }
        Offer { comparison: Comparison::Pending, .. } => vec![Fix::AskAgain { consumer, provider }],
        Offer { comparison: Comparison::Undecided, .. } => vec![verify(question, row)],
        Offer { comparison: Comparison::Compatible, .. } => vec![self_verify(false), verify(question, row)],
    }
}

/// For a required integration that has no row at all.
pub(super) fn of_integration(question: &Question, integration: &Integration) -> Fix {
    nothing_there(question, &integration.provider)
        .unwrap_or_else(|| Fix::Publish { pacticipant: integration.consumer.clone(), version: None })
}

/// For a specified selector that found nothing.
pub(super) fn of_absence(selector: &Selector) -> Fix {
    match &selector.criterion {
        Criterion::Environment(environment) => {
            Fix::RecordDeployment { pacticipant: selector.pacticipant.clone(), environment: environment.clone() }
        }
        Criterion::Version(number) => {
            Fix::Publish { pacticipant: selector.pacticipant.clone(), version: Some(number.clone()) }
        }
        _ => Fix::Publish { pacticipant: selector.pacticipant.clone(), version: None },
    }
}

/// The provider version that a row is about; also of one without result, if only one is in question.
#[must_use]
pub fn provider_in_question<'q>(question: &'q Question, row: &'q Row) -> Option<&'q VersionRef> {
    let only_candidate = || {
        let mut own = question.selectors.iter().filter(|one| one.pacticipant == row.provider).flat_map(candidates);
        own.next().filter(|_| own.next().is_none()).map(|candidate| &candidate.version)
    };
    row.provider_version.as_ref().or_else(only_candidate)
}

fn verify(question: &Question, row: &Row) -> Fix {
    Fix::Verify {
        consumer: row.consumer.clone(),
        consumer_version: row.consumer_version.number.clone(),
        sha: row.sha.clone(),
        provider: row.provider.clone(),
        provider_version: provider_in_question(question, row).map(|version| version.number.clone()),
    }
}

/// The newest version of the side that was not asked about that has passed with all of the question that it would meet,
/// in place of what is there.
fn deploy_first(question: &Question, row: &Row) -> Option<Fix> {
    let (pacticipant, passing): (_, Vec<&VersionRef>) = if !is_specified(question, &row.provider) {
        let of_contract = |one: &&Passing| {
            one.consumer == row.consumer && one.consumer_version == row.consumer_version && one.provider == row.provider
        };
        (&row.provider, question.passing.iter().filter(of_contract).map(|one| &one.provider_version).collect())
    } else if !is_specified(question, &row.consumer) {
        let version = provider_in_question(question, row)?;
        let with_provider = |one: &&Passing| {
            one.consumer == row.consumer && one.provider == row.provider && one.provider_version == *version
        };
        (&row.consumer, question.passing.iter().filter(with_provider).map(|one| &one.consumer_version).collect())
    } else {
        return None;
    };
    let inferred = |one: &&Selector| one.pacticipant == *pacticipant && one.origin == Origin::Inferred;
    let there = question.selectors.iter().filter(inferred).flat_map(candidates);
    let newest_there = there.clone().map(|candidate| candidate.version.position).max();
    let helping = passing.into_iter().filter(|version| {
        // To go back is no advice.
        Some(version.position) >= newest_there && has_passed_everywhere(question, pacticipant, version)
    });
    let version = helping.max_by_key(|version| version.position)?;
    let others: Vec<&Candidate> = there.filter(|candidate| candidate.version != *version).collect();
    let (ends_support_of, replaces): (Vec<_>, Vec<_>) = others.into_iter().partition(|one| is_released(one));
    let is_plain = replaces.iter().all(|one| one.stays.iter().all(is_without_name)) && replaces.len() < 2;
    let numbers = |of: Vec<&Candidate>| of.into_iter().map(|one| one.version.number.clone()).collect();
    Some(Fix::DeployFirst {
        pacticipant: pacticipant.clone(),
        version: version.number.clone(),
        environment: destination(question),
        replaces: if is_plain { Vec::new() } else { numbers(replaces) },
        ends_support_of: numbers(ends_support_of),
    })
}

/// Whether the version, which is not asked about, is known to go with each version in question that has a contract with
/// its pacticipant, in either direction.
fn has_passed_everywhere(question: &Question, pacticipant: &PacticipantName, version: &VersionRef) -> bool {
    let passed = |consumer: &PacticipantName, of: &VersionRef, provider: &PacticipantName, with: &VersionRef| {
        question.passing.iter().any(|one| {
            (&one.consumer, &one.consumer_version, &one.provider, &one.provider_version)
                == (consumer, of, provider, with)
        })
    };
    let mut as_provider = question.rows.iter().filter(|row| row.provider == *pacticipant && !is_ignored(question, row));
    let mut as_consumer = question
        .integrations
        .iter()
        .filter(|one| one.consumer == *pacticipant)
        .flat_map(|one| question.selectors.iter().filter(|selector| selector.pacticipant == one.provider))
        .filter(|selector| selector.origin == Origin::Specified)
        .flat_map(|selector| candidates(selector).iter().map(|candidate| (&selector.pacticipant, &candidate.version)));
    as_provider.all(|row| passed(&row.consumer, &row.consumer_version, pacticipant, version))
        && as_consumer.all(|(provider, with)| passed(pacticipant, version, provider, with))
}

fn is_specified(question: &Question, name: &PacticipantName) -> bool {
    question.selectors.iter().any(|one| one.origin == Origin::Specified && one.pacticipant == *name)
}

fn destination(question: &Question) -> Option<EnvironmentName> {
    question.selectors.iter().find_map(|selector| match (&selector.criterion, selector.origin) {
        (Criterion::Environment(environment), Origin::Inferred) => Some(environment.clone()),
        _ => None,
    })
}

fn is_released(candidate: &Candidate) -> bool {
    candidate.stays.iter().any(|stay| stay.kind == StayKind::Released)
}

fn is_without_name(stay: &Stay) -> bool {
    stay.kind == StayKind::Deployed { application_instance: None }
}

fn candidates(selector: &Selector) -> &[Candidate] {
    match &selector.found {
        Found::Versions(candidates) => candidates,
        Found::Any | Found::Nothing => &[],
    }
}

fn nothing_there(question: &Question, provider: &PacticipantName) -> Option<Fix> {
    question.selectors.iter().find_map(|selector| match &selector.criterion {
        Criterion::Environment(environment)
            if selector.pacticipant == *provider && selector.found == Found::Nothing =>
        {
            Some(Fix::RecordDeployment { pacticipant: provider.clone(), environment: environment.clone() })
        }
        _ => None,
    })
}
