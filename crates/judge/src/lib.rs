//! Does what a provider answered satisfy what a consumer expects? Matching is done by `pact_matching`, pinned exactly,
//! since users compare our verdicts with those of their own Pact library. No other crate of ours sees the `pact_*` crates.
//!
//! Contracts come from strangers: [`Contract::read`] looks at them without the engine, and whoever judges for others does
//! so by [`Workers`], in processes of their own with budgets of time and memory.

mod answer;
mod contract;
mod depth;
mod engine;
mod verdict;
mod worker;
mod workers;

pub use answer::{Answer, Request, Response};
pub use contract::{Contract, Interaction, InteractionKind, State, Unreadable};
pub use engine::{judge, judge_request, request_to_send};
pub use verdict::{Mismatch, MismatchKind, Verdict};
pub use worker::serve;
pub use workers::{Budget, Workers};

/// The engine and its version, kept beside each verdict: another version may judge differently.
pub const ENGINE: &str = "pact_matching 2.1.0";
