//! The HTTP API as its clients see it. One binary, so that the harness is compiled once.

#![expect(clippy::too_many_lines, reason = "bodies are shown whole")]

mod support;

mod api_document;
mod auth;
mod bad_input;
mod badges;
mod can_i_deploy;
mod concurrency;
mod contract_lists;
mod contracts;
mod contracts_in_parts;
mod dashboard;
mod deliveries;
mod deployments;
mod diffs;
mod documented;
mod environments;
mod for_verification;
mod gone;
mod harness;
mod hostile;
mod index;
mod integrations;
mod invariants;
mod jobs;
mod labels;
mod matrix;
mod metrics;
mod negotiation;
mod one_version;
mod origin;
mod provider_states;
mod publishing;
mod removal;
mod removal_races;
mod retention;
mod schema;
mod self_description;
mod socket;
mod triggered_webhooks;
mod verdicts;
mod verification_requests;
mod verifications;
mod versions;
mod webhooks;
mod webhooks_logs;
mod what_if;
mod what_if_worlds;
