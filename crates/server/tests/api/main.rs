//! The HTTP API as its clients see it. One binary, so that the harness is compiled once.

#![expect(clippy::too_many_lines, reason = "bodies are shown whole")]

mod support;

mod api_document;
mod bad_input;
mod concurrency;
mod contracts;
mod deployments;
mod documented;
mod environments;
mod for_verification;
mod gate;
mod harness;
mod hostile;
mod index;
mod invariants;
mod publishing;
mod socket;
mod verifications;
mod versions;
mod webhooks;
