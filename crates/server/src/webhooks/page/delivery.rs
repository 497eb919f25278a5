//! One delivery: what was sent and answered, attempt by attempt, and the way to make it again.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::deliveries::about;
use super::{outcome, plain, verdict_of};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::ui::parts::{Cell, Size, Verdict, badge, panel, sentence, tape, verdict_saying};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::store::listed::{ListedDelivery, WholeAttempt, list_shown, list_whole_attempts};

pub(super) async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(id): Named<Uuid>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let delivery = list_shown(&mut db, principal.tenant, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let attempts = list_whole_attempts(&mut db, principal.tenant, id).await?;
    drop(db);

    let (verdict, words) = verdict_of(&delivery.status);
    let page = Page {
        crumbs: vec![
            ("Automation", viewer.at("/webhooks")),
            ("Deliveries", viewer.at("/webhook-deliveries")),
            (delivery.event.as_str(), String::new()),
        ],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        badge: Some(badge(verdict, words)),
        facts: Some(facts(&viewer, &delivery)),
        actions: replay(&viewer, &delivery),
        ..Page::new("Delivery", Section::Automation, html! { (delivery.event) }, content(&viewer, &delivery, &attempts))
    };
    Ok(page.show(&viewer))
}

fn facts(viewer: &Viewer, delivery: &ListedDelivery) -> Markup {
    html! {
        span { (about(delivery)) }
        @if let Some(id) = &delivery.webhook_id {
            span {
                "told by "
                a href=(viewer.at(&format!("/webhooks/{}", urls::segment(id)))) { (delivery.webhook_description.as_deref().unwrap_or(id)) }
            }
        }
        span { (viewer.ago(delivery.created_at)) }
    }
}

/// Only what is done can be made again, and only while its webhook is there.
fn replay(viewer: &Viewer, delivery: &ListedDelivery) -> Option<Markup> {
    if !viewer.may_change() {
        return None;
    }
    let is_done = matches!(delivery.status.as_str(), "success" | "failure");
    let action = viewer.at(&format!("/webhook-deliveries/{}/replay", delivery.id));
    (is_done && delivery.webhook_id.is_some()).then(|| {
        html! { form method="post" action=(action) { button .primary type="submit" { "Send it again" } } }
    })
}

fn content(viewer: &Viewer, delivery: &ListedDelivery, attempts: &[WholeAttempt]) -> Markup {
    let ids: Vec<String> = attempts.iter().map(|attempt| format!("#attempt-{}", attempt.number)).collect();
    let cells: Vec<Cell<'_>> = attempts.iter().zip(&ids).map(|(attempt, id)| cell(attempt, id)).collect();
    html! {
        div .attempts {
            @if !cells.is_empty() { (tape(Size::Large, "Attempts", &cells)) }
            p { (outcome(viewer, delivery)) }
        }
        @if let Some(error) = delivery.last_error.as_ref().filter(|_| delivery.status != "success") {
            (sentence(Verdict::Warning, &html! { (error) }))
        }
        @if attempts.is_empty() { section .panel { div .empty { p { "Nobody was called yet." } } } }
        // The latest is what matters; the others are there.
        @for attempt in attempts.iter().rev() { (one(viewer, attempt)) }
    }
}

fn cell<'a>(attempt: &WholeAttempt, href: &'a str) -> Cell<'a> {
    let verdict = if attempt.success { Verdict::Passed } else { Verdict::Failed };
    let word = if attempt.success { "arrived" } else { "failed" };
    Cell {
        verdict,
        label: format!("Attempt {}: {word}", attempt.number),
        href: Some(href),
        is_selected: false,
        mark: None,
    }
}

fn one(viewer: &Viewer, attempt: &WholeAttempt) -> Markup {
    let side = |key: &str| attempt.exchange.as_ref().and_then(|exchange| exchange.get(key));
    let (verdict, word) = if attempt.success { (Verdict::Passed, "Arrived") } else { (Verdict::Failed, "Failed") };
    let tools = html! { (verdict_saying(verdict, word)) span .quiet { (viewer.ago(attempt.created_at)) ", took " (attempt.duration_ms) " ms" } };
    let content = html! {
        div .exchange {
            div { h3 { "Request" } (request(side("request"))) }
            div { h3 { "Answer" } (answer(side("response"))) }
        }
        details .log { summary { "Log" } pre { (attempt.log.replace(pactolus_domain::webhook::REDACTED, super::DOTS)) } }
    };
    html! { div id={ "attempt-" (attempt.number) } { (panel(&format!("Attempt {}", attempt.number), None, Some(&tools), &content)) } }
}

fn request(request: Option<&Value>) -> Markup {
    let Some(request) = request else { return html! { p .quiet { "Nobody was called." } } };
    html! {
        p .mono { (plain(&request["method"])) " " (plain(&request["origin"])) }
        (headers(request["headers"].as_object()))
        @if let Some(size) = request["bodyBytes"].as_u64() { p .quiet { (size) " bytes of body, not kept: it may hold secrets" } }
    }
}

pub(super) fn answer(answer: Option<&Value>) -> Markup {
    let Some(answer) = answer else { return html! { p .quiet { "No answer." } } };
    html! {
        @if let Some(error) = answer["error"].as_str() { p { (error) } }
        @if let Some(status) = answer["status"].as_u64() { p .mono { (status) } }
        (headers(answer["headers"].as_object()))
        @match answer["body"].as_str() {
            Some("") => p .quiet { "no body" },
            Some(body) => pre { (body.replace(pactolus_domain::webhook::REDACTED, super::DOTS)) },
            None => @if answer["status"].is_u64() {
                p .quiet { "The rest is not kept: its host is not in the list of those whose answers may be shown." }
            },
        }
        @if answer["bodyIsCut"] == true { p .quiet { "and more" } }
    }
}

pub(super) fn headers(headers: Option<&Map<String, Value>>) -> Markup {
    html! {
        @if let Some(headers) = headers.filter(|headers| !headers.is_empty()) {
            dl .about .headers { @for (name, value) in headers { dt { (name) } dd .mono { (plain(value)) } } }
        }
    }
}
