//! What is shown of a hypothesis beside the verdict.

use pactolus_domain::gate::{Assumption, Reason};
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde::Serialize;

use super::super::ask::{Answer, WhatIf};
use super::super::view::ShownReason;
use super::ask::{Circle, Order, Turn};
use crate::edge::BaseUrl;

/// What was assumed, and an order for versions that go together.
#[derive(Serialize)]
pub(crate) struct ShownWhatIf<'a> {
    assumed: Vec<ShownAssumption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<ShownOrder<'a>>,
}

#[derive(Serialize)]
struct ShownAssumption {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct ShownOrder<'a> {
    steps: Option<Vec<ShownTurn<'a>>>,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    circle: Vec<ShownCircle<'a>>,
}

#[derive(Serialize)]
struct ShownTurn<'a> {
    pacticipant: &'a PacticipantName,
    version: &'a VersionNumber,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCircle<'a> {
    going: ShownTurn<'a>,
    waits_for: ShownTurn<'a>,
    reasons: Vec<ShownReason<'a>>,
}

impl<'a> ShownWhatIf<'a> {
    pub(crate) fn of(base: &BaseUrl, answer: &'a Answer, what_if: &'a WhatIf) -> Self {
        let assumed = |one: &Assumption| ShownAssumption { kind: one.kind(), text: one.to_string() };
        Self {
            assumed: answer.question.assumptions.iter().map(assumed).collect(),
            order: what_if.order.as_ref().map(|order| ShownOrder::of(base, order)),
        }
    }
}

impl<'a> ShownOrder<'a> {
    fn of(base: &BaseUrl, order: &'a Order) -> Self {
        let steps = match order {
            Order::Safe(turns) => Some(turns.iter().map(ShownTurn::of).collect()),
            Order::NoGoodEnd | Order::Circle(_) => None,
        };
        let circle = match order {
            Order::Circle(parts) => parts.iter().map(|part| ShownCircle::of(base, part)).collect(),
            Order::Safe(_) | Order::NoGoodEnd => Vec::new(),
        };
        Self { steps, text: in_words(order), circle }
    }
}

impl<'a> ShownTurn<'a> {
    fn of((pacticipant, version): &'a Turn) -> Self {
        Self { pacticipant, version }
    }
}

impl<'a> ShownCircle<'a> {
    fn of(base: &BaseUrl, part: &'a Circle) -> Self {
        Self {
            going: ShownTurn::of(&part.going),
            waits_for: ShownTurn::of(&part.waits_for),
            reasons: part.reasons.iter().map(|reason| ShownReason::of(base, reason, None)).collect(),
        }
    }
}

/// The order as a sentence.
pub(crate) fn in_words(order: &Order) -> String {
    match order {
        Order::Safe(turns) => {
            let turns: Vec<String> = turns.iter().map(|(name, version)| format!("{name} {version}")).collect();
            format!("A safe order: {}", turns.join(", then "))
        }
        Order::NoGoodEnd => "There is no safe order: the versions do not go together, whichever goes first".into(),
        Order::Circle(parts) => {
            let parts = parts.iter().map(|Circle { going, waits_for, reasons }| {
                let reasons: Vec<String> = reasons.iter().map(Reason::with_fix).collect();
                let (name, version) = going;
                format!("{name} {version} can't go before {} {}: {}", waits_for.0, waits_for.1, reasons.join(" "))
            });
            let parts: Vec<String> = parts.collect();
            format!("There is no safe order, they can only go at the same moment.\n{}", parts.join("\n"))
        }
    }
}
