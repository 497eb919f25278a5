//! The harness: a server over a database of its own, requests as clients send them, and a world in the field's words.
//! Every exchange is looked up in the API document.

mod answer;
pub(crate) mod api_document;
mod app;
pub(crate) mod evidence;
mod pact;
mod receiver;
mod world;

pub(crate) use answer::{Answer, verdict};
pub(crate) use app::{BASE, TestApp, path_of, query_of};
pub(crate) use pact::{base64, pact};
pub(crate) use receiver::{Received, Receiver, open_to_receiver};
