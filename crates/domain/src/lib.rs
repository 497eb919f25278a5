//! The rules of contract testing: values and pure functions. No I/O, no clock, no async.

pub mod names;
pub mod problem;
