//! Replays contracts against a running provider, judges what it answers, and keeps what it saw.

mod report;

pub use pactolus_judge::{ENGINE, Mismatch, MismatchKind};
pub use report::{
    ContractReport, Interaction, InteractionKind, InteractionReport, Notice, Report, Result, Source, State, Trouble,
    TroubleKind,
};
