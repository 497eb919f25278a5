//! Why the answer is what it is.

use super::{Ignore, Integration, Question, Row, Selector, describe};

/// What kind of reason, for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ignore selector names something that is not there.
    CannotIgnore,
    /// No destination was named: the answer is not about an environment.
    NoEnvironment,
    /// No version number was named: what is asked about can change while it is asked.
    NoVersionNumber,
    /// What was asked about is not there.
    NoSuchVersion,
    /// A result is missing.
    NotVerified,
    /// There is no version of the provider to be verified with.
    NoProvider,
    /// A verification failed.
    Failed,
    /// Everything is verified.
    Verified,
    /// Nothing depends on it and it depends on nothing.
    NoDependencies,
}

impl Kind {
    /// The type of the notice that tells it: `warning`, `error` or `success`.
    #[must_use]
    pub fn notice_type(self) -> &'static str {
        match self {
            Self::CannotIgnore | Self::NoEnvironment | Self::NoVersionNumber => "warning",
            Self::NoSuchVersion | Self::NotVerified | Self::NoProvider | Self::Failed => "error",
            Self::Verified | Self::NoDependencies => "success",
        }
    }
}

/// One reason: its kind, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// For machines.
    pub kind: Kind,
    /// For people.
    pub text: String,
}

impl Reason {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(super) fn cannot_ignore(ignore: &Ignore) -> Self {
        let what = match &ignore.version {
            Some(version) => format!("version {version} of {} (no such version exists)", ignore.pacticipant),
            None => format!("any version of {} (no such pacticipant exists)", ignore.pacticipant),
        };
        Self::new(Kind::CannotIgnore, format!("WARN: Cannot ignore {what}"))
    }

    pub(super) fn no_environment() -> Self {
        Self::new(
            Kind::NoEnvironment,
            "WARN: It is recommended to specify the environment into which you are deploying. Without the \
             environment, this result will not be reliable.",
        )
    }

    pub(super) fn no_version_number() -> Self {
        Self::new(
            Kind::NoVersionNumber,
            "WARN: It is recommended to specify the version number (rather than the tag or branch) of the \
             pacticipant you wish to deploy to avoid race conditions. Without a version number, this result will \
             not be reliable.",
        )
    }

    pub(super) fn no_such_version(selector: &Selector) -> Self {
        Self::new(Kind::NoSuchVersion, describe::absence(selector))
    }

    pub(super) fn not_verified(question: &Question, row: &Row) -> Self {
        let kind = if row.provider_version.is_some() { Kind::NotVerified } else { Kind::NoProvider };
        let consumer = describe::side(question, &row.consumer, Some(&row.consumer_version));
        let provider = describe::side(question, &row.provider, row.provider_version.as_ref());
        Self::new(kind, format!("There is no verified pact between {consumer} and {provider}"))
    }

    pub(super) fn nothing_to_verify_with(question: &Question, integration: &Integration) -> Self {
        let consumer = describe::side(question, &integration.consumer, None);
        let provider = describe::side(question, &integration.provider, None);
        Self::new(Kind::NoProvider, format!("There is no verified pact between {consumer} and {provider}"))
    }

    pub(super) fn failed(question: &Question, row: &Row) -> Self {
        let consumer = describe::side(question, &row.consumer, Some(&row.consumer_version));
        let provider = describe::side(question, &row.provider, row.provider_version.as_ref());
        Self::new(Kind::Failed, format!("The verification for the pact between {consumer} and {provider} failed"))
    }

    pub(super) fn all_verified() -> Self {
        Self::new(Kind::Verified, "All required verification results are published and successful")
    }

    pub(super) fn no_dependencies() -> Self {
        Self::new(Kind::NoDependencies, "There are no missing dependencies")
    }
}
