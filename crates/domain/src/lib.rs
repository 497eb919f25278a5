//! The rules of contract testing: values and pure functions. No I/O, no clock, no async.

pub mod content;
mod json;
pub mod metadata;
pub mod names;
pub mod problem;
pub mod selectors;
pub mod template;
pub mod webhook;
