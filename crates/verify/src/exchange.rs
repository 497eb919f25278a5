//! One exchange with the provider, as it was.

use std::time::Duration;

use bytes::Bytes;
use pactolus_judge::{InteractionKind, State};
use serde_json::{Map, Value};

/// A request that was sent, or was to be sent, and what came of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// From 1, in the order in which they began.
    pub sequence: usize,
    /// Identifies request and states.
    pub fingerprint: String,
    /// What was exchanged.
    pub kind: InteractionKind,
    /// After the run's start.
    pub began_after: Duration,
    /// The exchanges that may have changed something and had ended when this one began.
    pub after: Vec<usize>,
    /// Of the request as it was sent.
    pub method: String,
    /// Of the request as it was sent, encoded.
    pub path: String,
    /// Of the request as it was sent, encoded.
    pub query: Option<String>,
    /// Of the request as it was sent, without those that the run added.
    pub headers: Vec<(String, String)>,
    /// Names of headers that the run added or changed.
    pub added_headers: Vec<String>,
    /// Of the request as it was sent.
    pub body: Option<Bytes>,
    /// In order.
    pub states: Vec<StateMade>,
    /// Whether there was an answer.
    pub outcome: Outcome,
    /// `None` when there was none.
    pub response: Option<Received>,
    /// From the first byte sent to the last one received.
    pub duration: Duration,
    /// How long the states took.
    pub state_duration: Duration,
    /// How often connecting was tried.
    pub attempts: u32,
}

/// A state, and what whoever made it said about it.
#[derive(Debug, Clone)]
pub struct StateMade {
    /// As the contract has it.
    pub state: State,
    /// For generators of the request.
    pub values: Map<String, Value>,
}

/// Whether there was an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was.
    Answered,
    /// No connection, or it broke.
    Unreachable,
    /// Not in time.
    TimedOut,
    /// A state could not be made, so nothing was asked.
    StateFailed,
}

/// What was received.
#[derive(Debug, Clone)]
pub struct Received {
    /// Of HTTP.
    pub status: u16,
    /// As they came: in order, with repeats.
    pub headers: Vec<(String, String)>,
    /// Decoded, and cut at the limit.
    pub body: Bytes,
    /// What the body could not be decoded from, if so.
    pub encoding: Option<String>,
    /// Whether there was more.
    pub is_truncated: bool,
}

impl Outcome {
    /// As evidence spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timeout",
            Self::StateFailed => "state",
        }
    }
}
