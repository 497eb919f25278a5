//! What a question takes for granted that the registry does not know.

use std::fmt;

use super::{Row, VersionRef};
use crate::content::ContentSha;
use crate::names::{EnvironmentName, PacticipantName, VersionNumber};

/// One thing that is supposed to be so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Assumption {
    /// The version is deployed there.
    Deployed {
        /// Whose version.
        pacticipant: PacticipantName,
        /// Which.
        version: VersionNumber,
        /// Where.
        environment: EnvironmentName,
        /// Those whose place it takes.
        replaces: Vec<VersionNumber>,
    },
    /// The version is no longer deployed or supported there.
    Undeployed {
        /// Whose version.
        pacticipant: PacticipantName,
        /// Which.
        version: VersionNumber,
        /// Where.
        environment: EnvironmentName,
    },
    /// The version exists and has contracts.
    Published {
        /// Whose version.
        pacticipant: PacticipantName,
        /// Which.
        version: VersionNumber,
        /// Which contracts it has.
        contracts: AssumedContracts,
    },
    /// The contract was verified with this result.
    Verified {
        /// Whose contract.
        consumer: PacticipantName,
        /// Its versions in question that have the contract's content.
        consumer_versions: Vec<VersionNumber>,
        /// Of that content.
        sha: ContentSha,
        /// Who verified it.
        provider: PacticipantName,
        /// With which version.
        provider_version: VersionNumber,
        /// How it ended.
        success: bool,
    },
}

/// The contracts of a version that is not published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AssumedContracts {
    /// Those of this version.
    Like(VersionNumber),
    /// Given with the question.
    Given,
    /// None: it consumes nothing.
    Without,
}

impl Assumption {
    /// The word for it on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Deployed { .. } => "deployed",
            Self::Undeployed { .. } => "undeployed",
            Self::Published { .. } => "published",
            Self::Verified { .. } => "verified",
        }
    }

    /// Whether the row would be another one, or none, without it.
    #[must_use]
    pub fn bears_on(&self, row: &Row) -> bool {
        let consumer = (&row.consumer, Some(&row.consumer_version));
        let provider = (&row.provider, row.provider_version.as_ref());
        let names = |pacticipant: &PacticipantName, number: &VersionNumber| {
            let is_it = |(name, version): (&PacticipantName, Option<&VersionRef>)| {
                name == pacticipant && version.is_some_and(|version| version.number == *number)
            };
            is_it(consumer) || is_it(provider)
        };
        match self {
            Self::Deployed { pacticipant, version, .. } | Self::Published { pacticipant, version, .. } => {
                names(pacticipant, version)
            }
            Self::Undeployed { pacticipant, .. } => *pacticipant == row.provider && row.provider_version.is_none(),
            Self::Verified { consumer, consumer_versions, provider, provider_version, .. } => {
                *consumer == row.consumer
                    && consumer_versions.contains(&row.consumer_version.number)
                    && *provider == row.provider
                    && row.provider_version.as_ref().is_some_and(|version| version.number == *provider_version)
            }
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deployed { pacticipant, version, environment, replaces } => {
                write!(f, "{pacticipant} {version} is deployed in {environment}")?;
                if replaces.is_empty() { Ok(()) } else { write!(f, " in place of {}", in_words(replaces)) }
            }
            Self::Undeployed { pacticipant, version, environment } => {
                write!(f, "{pacticipant} {version} is no longer in {environment}")
            }
            Self::Published { pacticipant, version, contracts } => {
                write!(f, "{pacticipant} {version} is published ")?;
                match contracts {
                    AssumedContracts::Like(like) => write!(f, "with the contracts of {like}"),
                    AssumedContracts::Given => f.write_str("with the given contracts"),
                    AssumedContracts::Without => f.write_str("without contracts"),
                }
            }
            Self::Verified { consumer, consumer_versions, sha, provider, provider_version, success } => {
                let how = if *success { "satisfies" } else { "fails" };
                let (sha, numbers) = (sha.short(), in_words(consumer_versions));
                write!(f, "{provider} {provider_version} {how} contract {sha} of {consumer} {numbers}")
            }
        }
    }
}

/// "38, 39 and 40".
pub(super) fn in_words(numbers: &[VersionNumber]) -> String {
    let words: Vec<&str> = numbers.iter().map(VersionNumber::as_str).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
