//! OpenAPI documents: load, resolve, hold a consumer's contract against one. No I/O, no clock, no async.

pub mod comparison;
pub mod contract;
pub mod diff;
pub mod document;
pub mod exercise;
pub mod finding;
pub mod model;
pub mod pointer;
pub mod position;
mod schema;
pub mod source;
