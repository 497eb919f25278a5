//! The smallest thing that would change an answer.

use std::fmt;

use super::{Candidate, Criterion, Found, Integration, Origin, Question, Row, Selector, VersionRef};
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
            Self::Verify { consumer, consumer_version, provider, provider_version: Some(version) } => {
                write!(f, "verify the contract of {consumer} {consumer_version} with {provider} {version}")
            }
            Self::Verify { consumer, consumer_version, provider, provider_version: None } => {
                write!(f, "verify the contract of {consumer} {consumer_version} with a version of {provider}")
            }
            Self::DeployFirst { pacticipant, version, environment: Some(environment) } => {
                write!(f, "deploy {pacticipant} {version} to {environment} first: it has passed")
            }
            Self::DeployFirst { pacticipant, version, environment: None } => {
                write!(f, "bring {pacticipant} {version} there first: it has passed")
            }
            Self::RecordDeployment { pacticipant, environment } => {
                write!(f, "record which version of {pacticipant} is deployed in {environment}: none is")
            }
            Self::Repair { consumer, provider } => {
                write!(f, "make {provider} satisfy what {consumer} expects, or change what {consumer} expects")
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

/// For a row without a successful result.
pub(super) fn of_row(question: &Question, row: &Row) -> Fix {
    if let Some(first) = deploy_first(question, row) {
        return first;
    }
    match (row.success, &row.provider_version) {
        (Some(_), _) => Fix::Repair { consumer: row.consumer.clone(), provider: row.provider.clone() },
        (None, None) => nothing_there(question, &row.provider).unwrap_or_else(|| verify(question, row)),
        (None, Some(_)) => verify(question, row),
    }
}

/// For a required integration that has no row at all.
pub(super) fn of_integration(question: &Question, integration: &Integration) -> Fix {
    nothing_there(question, &integration.provider).unwrap_or_else(|| Fix::Repair {
        consumer: integration.consumer.clone(),
        provider: integration.provider.clone(),
    })
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

fn verify(question: &Question, row: &Row) -> Fix {
    let only_candidate = || {
        let mut own = question.selectors.iter().filter(|one| one.pacticipant == row.provider);
        match (own.next().map(|selector| &selector.found), own.next()) {
            (Some(Found::Versions(versions)), None) if versions.len() == 1 => Some(versions[0].version.number.clone()),
            _ => None,
        }
    };
    Fix::Verify {
        consumer: row.consumer.clone(),
        consumer_version: row.consumer_version.number.clone(),
        provider: row.provider.clone(),
        provider_version: row.provider_version.as_ref().map(|version| version.number.clone()).or_else(only_candidate),
    }
}

/// Another version of the side that was not asked about, if one has passed with the side that was: the newest.
fn deploy_first(question: &Question, row: &Row) -> Option<Fix> {
    let specified = |name: &PacticipantName| {
        question.selectors.iter().any(|one| one.origin == Origin::Specified && one.pacticipant == *name)
    };
    let environment = question.selectors.iter().find_map(|selector| match (&selector.criterion, selector.origin) {
        (Criterion::Environment(environment), Origin::Inferred) => Some(environment.clone()),
        _ => None,
    });
    // One that is there already, beside the one in the way, is no help.
    let is_there = |name: &PacticipantName, version: &VersionRef| {
        let own = question.selectors.iter().filter(|selector| selector.pacticipant == *name);
        own.flat_map(candidates).any(|candidate| candidate.version == *version)
    };
    let passing = question.passing.iter().filter(|one| one.consumer == row.consumer && one.provider == row.provider);
    let (pacticipant, version) = if !specified(&row.provider) {
        let versions = passing.filter(|one| one.consumer_version == row.consumer_version);
        (&row.provider, newest(versions.map(|one| &one.provider_version), |one| !is_there(&row.provider, one))?)
    } else if !specified(&row.consumer) {
        let versions = passing.filter(|one| Some(&one.provider_version) == row.provider_version.as_ref());
        (&row.consumer, newest(versions.map(|one| &one.consumer_version), |one| !is_there(&row.consumer, one))?)
    } else {
        return None;
    };
    Some(Fix::DeployFirst { pacticipant: pacticipant.clone(), version: version.number.clone(), environment })
}

fn newest<'v>(
    versions: impl Iterator<Item = &'v VersionRef>,
    helps: impl Fn(&VersionRef) -> bool,
) -> Option<&'v VersionRef> {
    versions.filter(|version| helps(version)).max_by_key(|version| version.position)
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
