//! The private cluster as its users see it: started, restarted, killed, refused, as root and as a plain user.

#![expect(clippy::unwrap_used, reason = "tests")]

mod recovery;
mod refusals;
mod start;
mod support;
mod users;
