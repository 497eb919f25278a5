//! The built program, run as people and builds run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod asking_a_server;
mod certificates;
mod demo;
mod support;
mod verifying;
