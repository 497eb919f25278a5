//! Did it fire, did it arrive: webhooks, their deliveries, and what waits for an answer.

mod deliveries;
mod delivery;
mod list;
mod one;
mod test;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use pactolus_domain::webhook::{self, Scope};
use serde_json::Value;

use super::store::listed::ListedDelivery;
use crate::app::App;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, verdict_saying};

pub(crate) use deliveries::rows;

/// In place of what nobody may read.
const DOTS: &str = "••••••••";

pub(crate) fn page_routes() -> Router<App> {
    Router::new()
        .route("/webhooks", get(list::show))
        .route("/webhooks/{webhook}", get(one::show))
        .route("/webhooks/{webhook}/tests/{uuid}", get(test::show))
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
            span .second { ", next try " (viewer.until(next)) }
        }
    }
}

/// For all pacts, or for those of somebody.
fn scope(consumer: Option<&Scope>, provider: Option<&Scope>) -> String {
    let whole = webhook::describe_scope(consumer, provider);
    whole.strip_prefix("A webhook ").map_or(whole.clone(), String::from)
}

/// What a webhook that nobody has yet begins with: an event, whom it serves, and where it leads.
const FIRST: [(&str, &str, &str, &str); 3] = [
    (
        "contract_requiring_verification_published",
        "Let a provider's build verify as soon as a contract asks something new of it",
        "contract-requiring-verification-published",
        "https://ci.example.org/verify",
    ),
    (
        "provider_verification_published",
        "Tell a consumer's team of results",
        "provider-verification-published",
        "https://ci.example.org/result",
    ),
    (
        "contract_content_changed",
        "Tell whoever wants to know of new contracts",
        "contract-content-changed",
        "https://chat.example.org/hook",
    ),
];

/// A form that makes a webhook: for who may.
fn new_webhook(viewer: &Viewer) -> Markup {
    html! {
        form .settings method="post" action=(viewer.at("/webhooks")) {
            label {
                span { "When" }
                select name="event" { @for (event, words, ..) in FIRST { option value=(event) { (words) } } }
            }
            label { span { "Call" } input type="url" name="url" required placeholder=(FIRST[0].3) autocomplete="off" spellcheck="false"; }
            label { span { "Called" } input type="text" name="description" autocomplete="off"; }
            button .primary type="submit" { "Create" }
        }
    }
}

/// A value that is shown; what is masked is dots.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), String::from);
    text.replace(pactolus_domain::webhook::REDACTED, DOTS)
}
