//! The HTTP API as its clients see it. One binary, so that the harness is compiled once.

mod support;

mod api_document;
mod contracts;
mod documented;
mod for_verification;
mod index;
mod publishing;
