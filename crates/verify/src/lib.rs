//! Replays contracts against a running provider, judges what it answers, and keeps what it saw.
//!
//! [`run`] takes contracts as text and gives a [`Run`]: what came of each interaction, and each exchange with the provider
//! as it was. Where contracts come from and where results go is the caller's business.

mod encoding;
mod evidence;
mod exchange;
mod plan;
mod provider;
mod redaction;
mod report;
mod run;
mod settings;
mod states;

pub use evidence::{About, evidence};
pub use exchange::{Exchange, Outcome, Received, StateMade};
pub use pactolus_judge::{Budget, ENGINE, InteractionKind, Mismatch, MismatchKind, State, Workers, serve};
pub use redaction::{Redaction, WrongRedaction};
pub use report::{
    ContractReport, Interaction, InteractionReport, Notice, Report, Result, Source, Trouble, TroubleKind,
};
pub use run::{ContractToVerify, Event, Run, run};
pub use settings::{Filter, Patience, Settings, StateChange, Trust};
