//! Did it fire, did it arrive: webhooks, their deliveries, and what waits for an answer.

mod deliveries;
mod delivery;
mod list;
mod one;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;

use super::store::listed::ListedDelivery;
use crate::app::App;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, verdict_saying};

pub(super) use one::tested;

/// In place of what nobody may read.
const DOTS: &str = "••••••••";

pub(crate) fn page_routes() -> Router<App> {
    Router::new()
        .route("/webhooks", get(list::show))
        .route("/webhooks/{webhook}", get(one::show))
        .route("/webhook-deliveries", get(deliveries::show))
        .route("/webhook-deliveries/{uuid}", get(delivery::show))
}

/// Which page of automation is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Webhooks,
    Deliveries,
    DeadLetters,
    Requests,
}

/// The ways between them.
pub(crate) fn tabs(viewer: &Viewer, current: Tab) -> Vec<(&'static str, Option<String>, Option<String>)> {
    [
        (Tab::Webhooks, "Webhooks", "/webhooks"),
        (Tab::Deliveries, "Deliveries", "/webhook-deliveries"),
        (Tab::DeadLetters, "Dead letters", "/webhook-deliveries?status=failure"),
        (Tab::Requests, "Verification requests", "/verification-requests"),
    ]
    .into_iter()
    .map(|(tab, words, path)| (words, (tab != current).then(|| viewer.at(path)), None))
    .collect()
}

/// A dead letter is a warning: nobody was told.
fn verdict_of(status: &str) -> (Verdict, &'static str) {
    match status {
        "success" => (Verdict::Passed, "Arrived"),
        "failure" => (Verdict::Warning, "Given up"),
        "retrying" => (Verdict::Pending, "Trying again"),
        _ => (Verdict::NotVerified, "Waiting"),
    }
}

/// What became of a delivery.
fn outcome(viewer: &Viewer, delivery: &ListedDelivery) -> Markup {
    let (verdict, words) = verdict_of(&delivery.status);
    html! {
        (verdict_saying(verdict, words))
        @if let Some(status) = delivery.response_status { span .second { ", answered " (status) } }
        @if let Some(next) = delivery.next_attempt_at.filter(|_| matches!(delivery.status.as_str(), "not_run" | "retrying")) {
            span .second { @if next > viewer.now { ", next try in " (viewer.age(viewer.now - (next - viewer.now))) } @else { ", next try now" } }
        }
    }
}

/// A value that is shown; what is masked is dots.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), String::from);
    text.replace(pactolus_domain::webhook::REDACTED, DOTS)
}
