//! The rules of contract testing: values and pure functions. No I/O, no clock, no async.

pub mod badge;
pub mod content;
pub mod contract_diff;
pub mod contract_lines;
pub mod difference;
pub mod evidence;
pub mod fingerprint;
pub mod gate;
mod json;
pub mod merge;
pub mod metadata;
pub mod names;
pub mod network;
pub mod notice;
pub mod problem;
pub mod provider_contract;
pub mod provider_states;
pub mod publication_notices;
pub mod retention;
pub mod schedule;
pub mod secret;
pub mod selectors;
pub mod signature;
pub mod similar_names;
pub mod template;
pub mod verification_notices;
pub mod webhook;
