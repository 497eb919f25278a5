//! Why the answer is what it is.

use super::{
    Assumption, Comparison, Finding, Fix, Found, Ignore, Integration, Offer, Question, Requested, Row, Selector,
    VersionRef, describe, fix,
};
use crate::names::{PacticipantName, VersionNumber};

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
    /// No version in question of the consumer has a contract with the provider.
    NoContract,
    /// A verification failed.
    Failed,
    /// The provider's document failed the provider's own tests.
    SelfVerificationFailed,
    /// Nobody has told how the provider's own tests of its document ended.
    NotSelfVerified,
    /// The contract does not fit the provider's document.
    Incompatible,
    /// The contract has not been held against the provider's document yet.
    NotCompared,
    /// The contract can't be held against the provider's document.
    NotComparable,
    /// A verification succeeded; about all of them when no sides are named.
    Verified,
    /// A row that an ignore selector leaves out.
    Ignored,
    /// Nothing depends on it and it depends on nothing.
    NoDependencies,
    /// There are more failed or missing results than are told.
    More,
}

impl Kind {
    /// The type of the notice that tells it: `warning`, `error`, `success` or `info`.
    #[must_use]
    pub fn notice_type(self) -> &'static str {
        match self {
            Self::CannotIgnore | Self::NoEnvironment | Self::NoVersionNumber => "warning",
            Self::NoSuchVersion
            | Self::NotVerified
            | Self::NoProvider
            | Self::NoContract
            | Self::Failed
            | Self::SelfVerificationFailed
            | Self::NotSelfVerified
            | Self::Incompatible
            | Self::NotCompared
            | Self::NotComparable
            | Self::More => "error",
            Self::Verified | Self::NoDependencies => "success",
            Self::Ignored => "info",
        }
    }

    /// The word for it on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CannotIgnore => "cannot_ignore",
            Self::NoEnvironment => "no_environment",
            Self::NoVersionNumber => "no_version_number",
            Self::NoSuchVersion => "no_such_version",
            Self::NotVerified => "not_verified",
            Self::NoProvider => "no_provider",
            Self::NoContract => "no_contract",
            Self::Failed => "failed",
            Self::SelfVerificationFailed => "self_verification_failed",
            Self::NotSelfVerified => "not_self_verified",
            Self::Incompatible => "incompatible",
            Self::NotCompared => "not_compared",
            Self::NotComparable => "not_comparable",
            Self::Verified => "verified",
            Self::Ignored => "ignored",
            Self::NoDependencies => "no_dependencies",
            Self::More => "more",
        }
    }
}

/// A side of a row: which version, and why it is in question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    /// Whose version.
    pub pacticipant: PacticipantName,
    /// `None` when none is in question.
    pub version: Option<VersionNumber>,
    /// In words: "deployed in production since 2026-11-20 08:00 UTC".
    pub chosen: String,
}

/// One reason: its kind, a sentence for people, what it is about, and what would change it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// For machines.
    pub kind: Kind,
    /// For people.
    pub text: String,
    /// The consumer that it is about.
    pub consumer: Option<Side>,
    /// The provider that it is about.
    pub provider: Option<Side>,
    /// What would change it, each by itself: the smallest first. None when there is nothing to be done.
    pub fixes: Vec<Fix>,
    /// What it takes for granted.
    pub assumes: Vec<Assumption>,
    /// The missing result was asked for already.
    pub requested: Option<Requested>,
}

impl Reason {
    /// The sentence with what was done about it and what would change it.
    #[must_use]
    pub fn with_fix(&self) -> String {
        let mut text = self.text.clone();
        if !self.assumes.is_empty() {
            let assumed: Vec<String> = self.assumes.iter().map(ToString::to_string).collect();
            text = format!("{text} (assuming that {})", assumed.join("; "));
        }
        if let Some(requested) = &self.requested {
            text = format!("{text} ({requested})");
        }
        if !self.fixes.is_empty() {
            let fixes: Vec<String> = self.fixes.iter().map(ToString::to_string).collect();
            text = format!("{text}. To change this: {}.", fixes.join("; or "));
        }
        text
    }

    /// Whether it follows from everything in the question, not from one row.
    pub(super) fn is_about_all(&self) -> bool {
        match self.kind {
            Kind::Verified => self.consumer.is_none(),
            Kind::NoDependencies | Kind::More | Kind::NoContract => true,
            Kind::NoProvider => self.consumer.as_ref().is_some_and(|side| side.version.is_none()),
            _ => false,
        }
    }

    fn new(kind: Kind, text: impl Into<String>) -> Self {
        let (fixes, assumes) = (Vec::new(), Vec::new());
        Self { kind, text: text.into(), consumer: None, provider: None, fixes, assumes, requested: None }
    }

    fn about(mut self, question: &Question, row: &Row) -> Self {
        self.consumer = Some(side(question, &row.consumer, Some(&row.consumer_version)));
        self.provider = Some(side(question, &row.provider, fix::provider_in_question(question, row)));
        self.assumes = question.assumptions.iter().filter(|one| one.bears_on(row)).cloned().collect();
        self
    }

    fn fixed_by(mut self, fixes: Vec<Fix>) -> Self {
        self.fixes = fixes;
        self
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
        Self::new(Kind::NoSuchVersion, describe::absence(selector)).fixed_by(vec![fix::of_absence(selector)])
    }

    pub(super) fn nothing_to_verify_with(question: &Question, integration: &Integration) -> Self {
        let consumer = describe::side(question, &integration.consumer, None);
        let provider = describe::side(question, &integration.provider, None);
        let text = format!("There is no verified pact between {consumer} and {provider}");
        let kind = if is_there(question, &integration.provider) { Kind::NoContract } else { Kind::NoProvider };
        let mut reason = Self::new(kind, text).fixed_by(vec![fix::of_integration(question, integration)]);
        reason.consumer = Some(side(question, &integration.consumer, None));
        reason.provider = Some(side(question, &integration.provider, None));
        reason
    }

    /// What a row says.
    pub(super) fn of_row(question: &Question, row: &Row, ignored: bool) -> Self {
        let consumer = describe::side(question, &row.consumer, Some(&row.consumer_version));
        let provider = describe::side(question, &row.provider, fix::provider_in_question(question, row));
        let reason = match (row.success, row.offer) {
            _ if ignored => Self::new(Kind::Ignored, format!("The pact between {consumer} and {provider} is ignored")),
            (_, Some(offer)) => Self::of_offer(offer, found(question, row), &consumer, &provider),
            (Some(true), None) => {
                Self::new(Kind::Verified, format!("The pact between {consumer} and {provider} is verified"))
            }
            (Some(false), None) => Self::failed(&consumer, &provider),
            (None, None) => Self::new(
                if is_there(question, &row.provider) { Kind::NotVerified } else { Kind::NoProvider },
                format!("There is no verified pact between {consumer} and {provider}"),
            ),
        };
        let mut reason = reason.about(question, row);
        if reason.kind == Kind::NotVerified {
            reason.requested = requested(question, row).cloned();
        }
        if ignored || row.success == Some(true) { reason } else { reason.fixed_by(fix::of_row(question, row)) }
    }

    fn failed(consumer: &str, provider: &str) -> Self {
        Self::new(Kind::Failed, format!("The verification for the pact between {consumer} and {provider} failed"))
    }

    /// What a row says whose provider version has published what it offers: the first of what stands in the way.
    fn of_offer(offer: Offer, finding: Option<&Finding>, consumer: &str, provider: &str) -> Self {
        let told = finding.map(|finding| format!(": {}", in_words(finding))).unwrap_or_default();
        match (offer.success(), offer) {
            (Some(true), Offer { comparison: Comparison::Compatible, .. }) => Self::new(
                Kind::Verified,
                format!("The pact between {consumer} and {provider} is compatible with the provider contract"),
            ),
            (Some(true), _) => {
                Self::new(Kind::Verified, format!("The pact between {consumer} and {provider} is verified"))
            }
            (_, Offer { verified: Some(false), .. }) => Self::failed(consumer, provider),
            (_, Offer { kept: Some(false), .. }) => Self::new(
                Kind::SelfVerificationFailed,
                format!(
                    "The pact between {consumer} and {provider} cannot be relied on: the provider failed its own tests \
                     against its provider contract"
                ),
            ),
            (_, Offer { comparison: Comparison::Incompatible, .. }) => Self::new(
                Kind::Incompatible,
                format!("The pact between {consumer} and {provider} is incompatible with the provider contract{told}"),
            ),
            (_, Offer { comparison: Comparison::Pending, .. }) => Self::new(
                Kind::NotCompared,
                format!(
                    "It is not known yet whether the pact between {consumer} and {provider} is compatible with the \
                     provider contract: comparing the two takes longer than an answer may"
                ),
            ),
            (_, Offer { comparison: Comparison::Undecided, .. }) => Self::new(
                Kind::NotComparable,
                format!(
                    "There is no verified pact between {consumer} and {provider}, and comparing it with the provider \
                     contract cannot tell{told}"
                ),
            ),
            (_, Offer { comparison: Comparison::Compatible, .. }) => Self::new(
                Kind::NotSelfVerified,
                format!(
                    "The pact between {consumer} and {provider} is compatible with the provider contract, but nobody has \
                     told whether the provider keeps it"
                ),
            ),
        }
    }

    pub(super) fn more(rows: usize) -> Self {
        Self::new(Kind::More, format!("There are {rows} more rows of the matrix that failed or are not verified"))
    }

    pub(super) fn all_verified() -> Self {
        Self::new(Kind::Verified, "All required verification results are published and successful")
    }

    pub(super) fn no_dependencies() -> Self {
        Self::new(Kind::NoDependencies, "There are no missing dependencies")
    }
}

/// Whether any version of it is in question.
fn is_there(question: &Question, pacticipant: &PacticipantName) -> bool {
    question.selectors.iter().any(|one| one.pacticipant == *pacticipant && one.found != Found::Nothing)
}

fn requested<'q>(question: &'q Question, row: &Row) -> Option<&'q Requested> {
    let provider_version = fix::provider_in_question(question, row)?.key;
    question.requested.get(&(row.consumer_version.key, provider_version))
}

/// What was found where the row's contract was held against the document.
fn found<'q>(question: &'q Question, row: &Row) -> Option<&'q Finding> {
    question.findings.get(&(row.consumer_version.key, row.provider_version.as_ref()?.key))
}

fn in_words(finding: &Finding) -> String {
    let Finding { code, message, interaction, others, .. } = finding;
    let interaction = interaction.as_ref().map(|name| format!(", in \"{name}\"")).unwrap_or_default();
    let others = match others {
        0 => String::new(),
        1 => ", and 1 more".into(),
        others => format!(", and {others} more"),
    };
    format!("{message} ({code}{interaction}){others}")
}

fn side(question: &Question, pacticipant: &PacticipantName, version: Option<&VersionRef>) -> Side {
    Side {
        pacticipant: pacticipant.clone(),
        version: version.map(|version| version.number.clone()),
        chosen: describe::chosen(question, pacticipant, version),
    }
}
