//! Does what a provider answered satisfy what a consumer expects? Matching is done by `pact_matching`, pinned exactly,
//! since users compare our verdicts with those of their own Pact library. No other crate of ours sees the `pact_*` crates.

mod verdict;

pub use verdict::{Mismatch, MismatchKind, Verdict};

/// The engine and its version, kept beside each verdict: another version may judge differently.
pub const ENGINE: &str = "pact_matching 2.1.0";
