//! The HTTP API as its clients see it. One binary, so that the harness is compiled once.

mod support;

mod api_document;
mod bad_input;
mod contracts;
mod deployments;
mod documented;
mod environments;
mod for_verification;
mod gate;
mod hostile;
mod index;
mod publishing;
mod verifications;
mod versions;
mod webhooks;
