//! can-i-deploy: rows in, verdict and reasons out.
//!
//! The definition, in one paragraph. A question names versions (specified), and a destination from which the versions
//! of their neighbours follow (inferred). It is answered with yes when every specified selector found a version and
//! every contract between the versions in question was verified successfully; with no when a specified version does
//! not exist; otherwise it is unknown as long as some result is missing, and no when one failed. Rows that an ignore
//! selector names count for nothing.

mod assumption;
mod describe;
mod fix;
mod offer;
mod order;
mod reason;
mod requested;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};

use crate::content::ContentSha;
use crate::names::{BranchName, EnvironmentName, PacticipantName, TagName, VersionNumber};

pub use assumption::{AssumedContracts, Assumption};
pub use fix::{Fix, provider_in_question};
pub use offer::{Comparison, Offer};
pub use order::{Wait, safe_order};
pub use reason::{Kind, Reason, Side};
pub use requested::{Progress, Requested};

/// A version in question. `key` and `position` are the registry's: identity and order of creation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionRef {
    /// Identity in the registry; negative for one that is only assumed.
    pub key: i64,
    /// What its build calls it.
    pub number: VersionNumber,
    /// Order of creation among all versions.
    pub position: i64,
}

impl VersionRef {
    /// Whether the registry does not know it.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.key < 0
    }
}

/// How versions of a pacticipant are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Any version at all.
    Any,
    /// The one with this number.
    Version(VersionNumber),
    /// The one created last.
    Latest,
    /// The one created last that carries the tag.
    LatestTag(TagName),
    /// All that carry the tag.
    Tag(TagName),
    /// The head of the branch.
    LatestBranch(BranchName),
    /// All on the branch.
    Branch(BranchName),
    /// The head of the main branch.
    LatestMainBranch,
    /// All on the main branch.
    MainBranch,
    /// All that are deployed or supported there.
    Environment(EnvironmentName),
}

impl Criterion {
    /// Whether the versions it chooses are somewhere beside each other, so that each of them must be verified on its own:
    /// those in an environment, and those with a tag, which is how places are told without environments.
    #[must_use]
    pub fn co_resident(&self) -> bool {
        matches!(self, Self::Environment(_) | Self::Tag(_))
    }

    /// Whether it may choose several versions, so that no result of one stands for another's. A branch is a history: of
    /// its versions those without a result are not missed.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.co_resident() || matches!(self, Self::Branch(_) | Self::MainBranch)
    }
}

/// Whether the asker named a selector or it follows from the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Named in the question.
    Specified,
    /// A neighbour, with the destination's criterion.
    Inferred,
}

/// A version that a selector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The version.
    pub version: VersionRef,
    /// Where it runs, when that is why it was found; oldest first.
    pub stays: Vec<Stay>,
}

impl Candidate {
    /// A version that was not found by where it runs.
    #[must_use]
    pub fn of(version: VersionRef) -> Self {
        Self { version, stays: Vec::new() }
    }
}

/// That a version is in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// How it is there.
    pub kind: StayKind,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// How a version is in an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StayKind {
    /// Deployed, maybe as a named application instance.
    Deployed {
        /// Its name; `None` for the one without.
        application_instance: Option<String>,
    },
    /// Released and supported.
    Released,
}

/// What a selector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It stands for any version.
    Any,
    /// These; never empty.
    Versions(Vec<Candidate>),
    /// None.
    Nothing,
}

/// A selector with the versions it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Whose versions.
    pub pacticipant: PacticipantName,
    /// How they are chosen.
    pub criterion: Criterion,
    /// Who named it.
    pub origin: Origin,
    /// What was found.
    pub found: Found,
}

/// Two pacticipants that have a contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Integration {
    /// The consumer.
    pub consumer: PacticipantName,
    /// The provider.
    pub provider: PacticipantName,
    /// Whether a specified version of the consumer needs the provider: then a missing row is a missing result. A
    /// provider does not need consumers: one that is not there demands nothing.
    pub required: bool,
}

/// A contract between a consumer version and a provider, with the result of a provider version if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The consumer.
    pub consumer: PacticipantName,
    /// Its version, which published the contract.
    pub consumer_version: VersionRef,
    /// The provider.
    pub provider: PacticipantName,
    /// The version that is in question; `None` when no version of the provider is.
    pub provider_version: Option<VersionRef>,
    /// Whether the two may go together; `None` when it is not known.
    pub success: Option<bool>,
    /// What it follows from when the provider version has published what it offers.
    pub offer: Option<Offer>,
    /// Of the contract's content.
    pub sha: ContentSha,
}

/// Leaves rows out: those of a pacticipant, or of one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// Whose rows.
    pub pacticipant: PacticipantName,
    /// Only those of this version.
    pub version: Option<VersionNumber>,
    /// Whether there is such a pacticipant or version.
    pub exists: bool,
}

impl Ignore {
    fn covers(&self, pacticipant: &PacticipantName, version: Option<&VersionRef>) -> bool {
        *pacticipant == self.pacticipant
            && self.version.as_ref().is_none_or(|ignored| version.is_some_and(|version| version.number == *ignored))
    }
}

/// All that an answer depends on.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Specified and inferred.
    pub selectors: Vec<Selector>,
    /// Between the pacticipants of the selectors.
    pub integrations: Vec<Integration>,
    /// In any order.
    pub rows: Vec<Row>,
    /// What is left out.
    pub ignore: Vec<Ignore>,
    /// Whether a tag, an environment or the main branch was named to deploy to.
    pub has_destination: bool,
    /// Results that would help: other versions that are verified with a version in question.
    pub passing: Vec<Passing>,
    /// Results that are missing and were asked for, by the keys of consumer and provider version. They change no verdict.
    pub requested: BTreeMap<(i64, i64), Requested>,
    /// The worst that was found where contracts were held against documents, by the keys of consumer and provider version.
    /// They change no verdict.
    pub findings: BTreeMap<(i64, i64), Finding>,
    /// What is taken for granted; the selectors and rows are as if it were so.
    pub assumptions: Vec<Assumption>,
}

/// The first of the worst findings of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Its kind.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// What the interaction is called, if it is about one.
    pub interaction: Option<String>,
    /// Where in the contract, as a JSON pointer, if it is about a place.
    pub in_contract: Option<String>,
    /// Where in the provider's document, likewise.
    pub in_document: Option<String>,
    /// Who can change it: `consumer`, `provider` or `either`.
    pub fix_by: String,
    /// What could be changed.
    pub edit: String,
    /// How many others are as bad.
    pub others: usize,
}

/// A successful result between a version in question and another one that is not: deploying that one would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The consumer.
    pub consumer: PacticipantName,
    /// Its version.
    pub consumer_version: VersionRef,
    /// The provider.
    pub provider: PacticipantName,
    /// Its version.
    pub provider_version: VersionRef,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `None`: not known, as a result is missing.
    pub deployable: Option<bool>,
    /// Warnings first, then what stands in the way; or, when nothing does, why the answer is yes.
    pub reasons: Vec<Reason>,
    /// Rows with a successful result.
    pub success: usize,
    /// Rows with a failed result.
    pub failed: usize,
    /// Rows without result, and required integrations without row.
    pub unknown: usize,
    /// Rows left out.
    pub ignored: usize,
}

/// Rows between two pacticipants that are too many to be told one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The consumer.
    pub consumer: PacticipantName,
    /// The provider.
    pub provider: PacticipantName,
    /// Rows with a successful result.
    pub success: usize,
    /// Rows with a failed result.
    pub failed: usize,
    /// Rows without result.
    pub unknown: usize,
    /// Rows that an ignore selector names.
    pub ignored: usize,
}

impl Counted {
    fn rows(&self) -> usize {
        self.success + self.failed + self.unknown + self.ignored
    }
}

/// Answers the question. Depends on nothing but its argument, and not on the order of anything in it.
#[must_use]
pub fn decide(question: &Question) -> Verdict {
    decide_with(question, &[])
}

/// As [`decide`], with further rows that are not in the question.
#[must_use]
pub fn decide_with(question: &Question, counted: &[Counted]) -> Verdict {
    let (ignored, considered): (Vec<&Row>, Vec<&Row>) = question.rows.iter().partition(|row| is_ignored(question, row));
    let missing = missing_integrations(question, counted);
    let count = |wanted: Option<bool>| considered.iter().filter(|row| row.success == wanted).count();
    let sum = |of: fn(&Counted) -> usize| counted.iter().map(of).sum::<usize>();
    let untold = sum(|one| one.failed + one.unknown);
    let success = count(Some(true)) + sum(|one| one.success);
    let failed = count(Some(false)) + sum(|one| one.failed);
    let unknown = count(None) + sum(|one| one.unknown) + missing.len();
    let absent = absent_versions(question);

    let deployable = if !absent.is_empty() {
        Some(false)
    } else if unknown > 0 {
        None
    } else {
        Some(failed == 0)
    };
    let mut reasons = warnings(question);
    if absent.is_empty() {
        reasons.extend(obstacles(question, &considered, &missing));
        reasons.extend((untold > 0).then(|| Reason::more(untold)));
    } else {
        reasons.extend(absent);
    }
    if deployable == Some(true) {
        let nothing = considered.is_empty() && success == 0;
        reasons.push(if nothing { Reason::no_dependencies() } else { Reason::all_verified() });
    }
    for reason in reasons.iter_mut().filter(|reason| reason.is_about_all()) {
        reason.assumes.clone_from(&question.assumptions);
    }
    Verdict { deployable, reasons, success, failed, unknown, ignored: ignored.len() + sum(|one| one.ignored) }
}

/// Whether an ignore selector names the row's consumer or provider.
#[must_use]
pub fn is_ignored(question: &Question, row: &Row) -> bool {
    question.ignore.iter().any(|ignore| {
        ignore.covers(&row.consumer, Some(&row.consumer_version))
            || ignore.covers(&row.provider, row.provider_version.as_ref())
    })
}

/// Required integrations that no row stands for, ignored or not, and that are not ignored themselves.
fn missing_integrations<'q>(question: &'q Question, counted: &[Counted]) -> Vec<&'q Integration> {
    let told = question.rows.iter().map(|row| (&row.consumer, &row.provider));
    let counted = counted.iter().filter(|one| one.rows() > 0).map(|one| (&one.consumer, &one.provider));
    let has_row: BTreeSet<_> = told.chain(counted).collect();
    let is_ignored = |name: &PacticipantName| question.ignore.iter().any(|ignore| ignore.covers(name, None));
    let mut missing: Vec<&Integration> = question
        .integrations
        .iter()
        .filter(|one| one.required && !has_row.contains(&(&one.consumer, &one.provider)))
        .filter(|one| !is_ignored(&one.consumer) && !is_ignored(&one.provider))
        .collect();
    missing.sort();
    missing.dedup();
    missing
}

/// What the asker named that is not there. An ignored selector is not asked for.
fn absent_versions(question: &Question) -> Vec<Reason> {
    let absent = question.selectors.iter().filter(|selector| {
        selector.origin == Origin::Specified
            && selector.found == Found::Nothing
            && !question
                .ignore
                .iter()
                .any(|ignore| ignore.version.is_none() && ignore.pacticipant == selector.pacticipant)
    });
    unique(absent.map(Reason::no_such_version))
}

fn warnings(question: &Question) -> Vec<Reason> {
    let mut warnings: Vec<Reason> =
        unique(question.ignore.iter().filter(|ignore| !ignore.exists).map(Reason::cannot_ignore));
    let specified: Vec<_> = question.selectors.iter().filter(|one| one.origin == Origin::Specified).collect();
    if specified.len() == 1 && !question.has_destination {
        warnings.push(Reason::no_environment());
    }
    let vague = |selector: &&&Selector| !matches!(selector.criterion, Criterion::Any);
    let exact = |selector: &&Selector| matches!(selector.criterion, Criterion::Version(_));
    if specified.iter().filter(vague).count() > 0 && !specified.iter().any(exact) {
        warnings.push(Reason::no_version_number());
    }
    warnings
}

fn obstacles(question: &Question, considered: &[&Row], missing: &[&Integration]) -> Vec<Reason> {
    let mut rows: Vec<&Row> = considered.iter().filter(|row| row.success != Some(true)).copied().collect();
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    let of = |wanted: Option<bool>| rows.iter().filter(move |row| row.success == wanted);
    let unverified = of(None).map(|row| Reason::of_row(question, row, false));
    let absent = missing.iter().map(|integration| Reason::nothing_to_verify_with(question, integration));
    let failed = of(Some(false)).map(|row| Reason::of_row(question, row, false));
    unique(unverified.chain(absent).chain(failed))
}

/// A reason for each row, ignored or not, in the order of the rows: what it says of its two versions.
#[must_use]
pub fn explain<'q>(question: &'q Question, rows: impl IntoIterator<Item = &'q Row>) -> Vec<Reason> {
    rows.into_iter().map(|row| Reason::of_row(question, row, is_ignored(question, row))).collect()
}

type Order<'a> = (&'a PacticipantName, i64, &'a PacticipantName, i64);

/// By consumer, newest version first, then by provider, newest version first.
#[must_use]
pub fn order(row: &Row) -> Order<'_> {
    let provider_position = row.provider_version.as_ref().map_or(0, |version| version.position);
    (&row.consumer, -row.consumer_version.position, &row.provider, -provider_position)
}

fn unique(reasons: impl Iterator<Item = Reason>) -> Vec<Reason> {
    let mut seen: HashSet<Reason> = HashSet::new();
    reasons.filter(|reason| seen.insert(reason.clone())).collect()
}
