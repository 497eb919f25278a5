//! How a run goes about it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue};
use regex::Regex;
use url::Url;
use uuid::Uuid;

/// Everything that a run depends on beside the contracts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the run and its evidence.
    pub run_id: Uuid,
    /// When the run starts.
    pub started_at: DateTime<Utc>,
    /// The provider's name.
    pub provider: String,
    /// The version that is verified, if it has a name.
    pub provider_version: Option<String>,
    /// Where requests go; its path comes before theirs.
    pub address: Url,
    /// Where those go that travel otherwise, by transport: `message`, `https` …
    pub transports: BTreeMap<String, Url>,
    /// Who makes provider states.
    pub state_change: Option<StateChange>,
    /// Take the place of the contract's headers of the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A command line that gets each request as JSON and says headers for it, one a line.
    pub header_command: Option<String>,
    /// Which interactions.
    pub filter: Filter,
    /// How many requests are under way at once, at least 1.
    pub jobs: usize,
    /// How long to wait.
    pub patience: Patience,
    /// How often to connect again when that fails.
    pub retries: u32,
    /// Whether the first failure that counts ends the run.
    pub stops_at_first_failure: bool,
    /// Whether the answer to a redirection is taken for the answer.
    pub follows_redirects: bool,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// Longer bodies are cut, and not judged.
    pub body_limit_bytes: usize,
}

/// Who makes provider states.
#[derive(Debug, Clone)]
pub struct StateChange {
    /// Gets a POST for each state.
    pub url: Url,
    /// In the query instead of in a body.
    pub as_query: bool,
    /// Whether it is called after each interaction too.
    pub tears_down: bool,
}

/// Which interactions are run. Empty lists leave out nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One of them has to match the description.
    pub descriptions: Vec<Regex>,
    /// One of them has to match the name of one of the states.
    pub states: Vec<Regex>,
    /// Only interactions without states.
    pub has_no_state: bool,
    /// Only contracts of these consumers.
    pub consumers: Vec<String>,
    /// Only these ([`key_of`](crate::key_of)).
    pub keys: BTreeSet<String>,
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For an answer, to its end.
    pub answer: Duration,
    /// For a state to be made.
    pub state: Duration,
    /// For everything.
    pub run: Option<Duration>,
}

/// Whose certificates are trusted, and who we say we are.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Certificate authorities beside the machine's.
    pub certificates: Vec<reqwest::Certificate>,
    /// Our own certificate and its key.
    pub identity: Option<reqwest::Identity>,
    /// Whether any certificate will do.
    pub is_blind: bool,
}
