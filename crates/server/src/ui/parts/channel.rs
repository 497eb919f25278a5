//! The channel: environments in order as stations; the gate stands on the border between two and answers "may what runs left
//! come right?".

use maud::{Markup, html};

use super::verdict::{Verdict, shape_alone};

/// One environment.
pub(crate) struct Station<'a> {
    pub(crate) name: &'a str,
    /// Where its board is.
    pub(crate) href: &'a str,
    /// Chips of what runs there, with since when; nothing runs there without.
    pub(crate) runs: Vec<Markup>,
    /// By whom or by which build.
    pub(crate) by: Option<Markup>,
    /// What the gate before it says, in words.
    pub(crate) answer: Option<Markup>,
    /// The gate on the border to the station before it.
    pub(crate) gate: Option<Gate<'a>>,
}

pub(crate) struct Gate<'a> {
    pub(crate) verdict: Verdict,
    /// The question in words, with the answer: what a screen reader says.
    pub(crate) label: &'a str,
    pub(crate) href: &'a str,
}

/// All stations, in the order in which versions go through them.
pub(crate) fn channel(stations: &[Station<'_>]) -> Markup {
    html! {
        ol .channel .panel aria-label="Environments" tabindex="0" {
            @for station in stations { li { (of(station)) } }
        }
    }
}

fn of(station: &Station<'_>) -> Markup {
    html! {
        @if let Some(gate) = &station.gate {
            a .gate href=(gate.href) title=(gate.label) { (shape_alone(gate.verdict, gate.label)) }
        }
        h3 .cut { a href=(station.href) title=(station.name) { (station.name) } }
        @if station.runs.is_empty() {
            div .runs { span .nothing { "nothing runs here" } }
        }
        @for running in &station.runs { div .runs { (running) } }
        @if let Some(by) = &station.by { div .second { (by) } }
        @if let Some(answer) = &station.answer { div { (answer) } }
    }
}
