//! What a run found, contract by contract and in the contract's order, however the run went about it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use pactolus_judge::{InteractionKind, Mismatch, State};
use uuid::Uuid;

/// A whole run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Names the run's evidence too.
    pub run_id: Uuid,
    /// The provider's name.
    pub provider: String,
    /// The version that was verified, if the caller knows it.
    pub provider_version: Option<String>,
    /// By this machine's clock.
    pub started_at: DateTime<Utc>,
    /// From the first state to the last answer.
    pub duration: Duration,
    /// In the order of the caller.
    pub contracts: Vec<ContractReport>,
    /// How many requests were sent: fewer than interactions when contracts have some in common.
    pub requests_sent: usize,
    /// Why the run ended before all was asked.
    pub cut_short: Option<String>,
}

/// One contract of a run.
#[derive(Debug, Clone)]
pub struct ContractReport {
    /// Where it came from.
    pub source: Source,
    /// The consumer's name; empty when the contract cannot be read.
    pub consumer: String,
    /// In the contract's order. Interactions that filters leave out are not in it.
    pub interactions: Vec<InteractionReport>,
    /// How many interactions the filters left out: results of a part are never published.
    pub left_out: usize,
    /// Why the contract as a whole cannot be read.
    pub unreadable: Option<String>,
}

/// Where a contract came from, and what that place says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// A path or an address.
    pub location: String,
    /// Failures do not fail the run: no version of the provider has satisfied it yet.
    pub is_pending: bool,
    /// It was included as work in progress; always pending too.
    pub is_wip: bool,
    /// What the broker wants people to be told.
    pub notices: Vec<Notice>,
    /// Where results go; `None` for what does not come from a broker.
    pub publish_results_to: Option<String>,
    /// The broker's identifier of the content, if it says one.
    pub sha: Option<String>,
}

/// What a broker wants people to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// `before_verification`, `after_verification:success_true_published_false` …; empty for at once.
    pub when: String,
    /// A sentence or some lines.
    pub text: String,
}

/// One interaction of a contract and what came of it.
#[derive(Debug, Clone)]
pub struct InteractionReport {
    /// What was asked.
    pub interaction: Interaction,
    /// What came of it.
    pub result: Result,
    /// How long its states and its request took together; zero when nothing was sent.
    pub duration: Duration,
    /// The number of its exchange in the evidence, from 1; `None` when nothing was sent.
    pub exchange: Option<usize>,
    /// How often it was tried, since connecting may fail in passing.
    pub attempts: u32,
}

/// An interaction as its contract describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// The broker's identifier, under which results are published.
    pub id: Option<String>,
    /// A few letters that are the same in each run, to run just this one again (`--only`).
    pub key: String,
    /// The consumer's words.
    pub description: String,
    /// In order.
    pub states: Vec<State>,
    /// What is exchanged.
    pub kind: InteractionKind,
    /// The contract itself says that failures do not count yet.
    pub is_pending: bool,
    /// What the consumer's author wants readers to know.
    pub comments: Vec<String>,
    /// The consumer's test that made it.
    pub test_name: Option<String>,
    /// `GET /products/1?size=2`; empty for messages.
    pub request_line: String,
}

/// What came of an interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    /// The provider does what is expected.
    Passed,
    /// It does not: never empty.
    Failed(Vec<Mismatch>),
    /// It answered, and nobody can tell whether rightly. Says why.
    NotJudged(String),
    /// It could not be asked.
    NotAsked(Trouble),
    /// The run ended before. Says why.
    Skipped(String),
}

/// Why a provider could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which kind.
    pub kind: TroubleKind,
    /// A sentence that says what to change.
    pub message: String,
}

/// Kinds of trouble; none of them says that the provider breaks the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// No connection, or it broke.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// Its state could not be set up or torn down.
    StateFailed,
    /// The contract's request cannot be sent as it is, or a command for its headers failed.
    Unsendable,
}

impl Report {
    /// Each interaction that counts and is not a pass, with its contract.
    pub fn failures(&self) -> impl Iterator<Item = (&ContractReport, &InteractionReport)> {
        self.interactions().filter(|(contract, one)| one.result != Result::Passed && !contract.is_pending(one))
    }

    /// All interactions with their contracts.
    pub fn interactions(&self) -> impl Iterator<Item = (&ContractReport, &InteractionReport)> {
        self.contracts.iter().flat_map(|contract| contract.interactions.iter().map(move |one| (contract, one)))
    }
}

impl ContractReport {
    /// Whether a failure of this interaction does not count yet.
    #[must_use]
    pub fn is_pending(&self, one: &InteractionReport) -> bool {
        self.source.is_pending || one.interaction.is_pending
    }

    /// Whether each of its interactions passed, also those that are pending by the contract itself. What is published.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.unreadable.is_none() && self.interactions.iter().all(|one| one.result == Result::Passed)
    }
}

impl TroubleKind {
    /// As reports spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timeout",
            Self::StateFailed => "state",
            Self::Unsendable => "unsendable",
        }
    }
}
