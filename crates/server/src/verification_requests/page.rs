//! What was requested to be verified and has no answer, as a page.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use uuid::Uuid;

use super::api::states;
use super::store::{self, Shown, Wanted};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::ui::parts::{Choice, Column, Filter, Filters, Verdict, chip, counted, empty, head, verdict_saying};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::{Tab, tabs};
use pactolus_domain::problem::Problem;

const SHOWN: i64 = 50;

pub(crate) fn page_routes() -> Router<App> {
    Router::new().route("/verification-requests", get(show))
}

async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let query = &viewer.query;
    let before = query
        .last("before")
        .map(|id| Uuid::parse_str(id).map_err(|_| Problem::at("before", "is not the id of a verification request")));
    let states = states(query)?;
    let wanted = Wanted {
        states: &states,
        consumer: query.last("consumer"),
        provider: query.last("provider"),
        provider_version: query.last("providerVersion").filter(|_| query.last("provider").is_some()),
        before: before.transpose()?,
        most: SHOWN,
    };
    let mut db = app.read().await?;
    let found = store::list(&mut db, principal.tenant, wanted).await?;
    drop(db);

    let content = html! { (filters(&viewer)) (list(&viewer, &found)) };
    let page = Page {
        crumbs: vec![("Automation", viewer.at("/webhooks")), ("Verification requests", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        tabs: tabs(&viewer, Tab::Requests),
        ..Page::new("Verification requests", Section::Automation, html! { (heading(&viewer, &found)) }, content)
    };
    Ok(page.show(&viewer))
}

/// How many wait, where all of them are on this page.
fn heading(viewer: &Viewer, found: &[Shown]) -> String {
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let is_whole = count < SHOWN && !viewer.query.has("before") && viewer.query.last("state").is_none();
    match count {
        1.. if is_whole => format!("{} for an answer", counted(count, "verification waits", "verifications wait")),
        _ => "Verification requests".into(),
    }
}

fn filters(viewer: &Viewer) -> Markup {
    let options = [
        ("", "outstanding"),
        ("requested", "requested"),
        ("delivered", "delivered"),
        ("running", "running"),
        ("done", "answered"),
        ("lost", "lost"),
    ];
    let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).into();
    let fields = vec![
        Filter::Text { name: "provider", label: "Provider, by its whole name" },
        Filter::Text { name: "consumer", label: "Consumer, by its whole name" },
        Filter::Choice(Choice { name: "state", label: "Show", options }),
    ];
    Filters { fields, target: "requests", end: None }.show(viewer)
}

fn is_narrowed(viewer: &Viewer) -> bool {
    ["provider", "consumer", "providerVersion", "state", "before"].iter().any(|name| viewer.query.last(name).is_some())
}

fn list(viewer: &Viewer, found: &[Shown]) -> Markup {
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let next = found.last().filter(|_| count == SHOWN).map(|last| last.id.to_string());
    let columns = [
        Column::text("Provider"),
        Column::text("State"),
        Column::text("Contract of"),
        Column::number("Asked").wide_only(),
        Column::number("Since"),
    ];
    html! {
        section .panel #requests aria-label="Verification requests" {
            @if found.is_empty() && is_narrowed(viewer) {
                (empty("No request is as this address asks.", None, Some((&viewer.at("/verification-requests"), "All that are outstanding"))))
            } @else if found.is_empty() {
                (empty("No request waits for an answer. A contract that nobody has verified asks its provider's build by a webhook.", None, Some((&viewer.at("/webhooks"), "Webhooks"))))
            } @else {
                div .scroll { table .list { (head(viewer, &columns, "")) tbody { @for one in found { (row(viewer, one)) } } } }
                div .foot-of-list {
                    span { (counted(count, "request", "requests")) }
                    nav aria-label="Pages of requests" {
                        @if viewer.query.has("before") { a .button href=(viewer.here_with(&[("before", None)])) { "Newest" } }
                        @if let Some(next) = &next { a .button href=(viewer.here_with(&[("before", Some(next))])) { "Older" } }
                    }
                }
            }
        }
    }
}

fn row(viewer: &Viewer, one: &Shown) -> Markup {
    let [provider, consumer, number] =
        [&one.provider, &one.consumer, &one.provider_version].map(|name| urls::segment(name));
    let contract = viewer.at(&format!("/pacts/provider/{provider}/consumer/{consumer}/pact-version/{}", one.sha));
    html! {
        tr {
            th scope="row" {
                a href=(viewer.at(&format!("/pacticipants/{provider}"))) title=(one.provider) { (one.provider) } " "
                (chip(&viewer.at(&format!("/pacticipants/{provider}/versions/{number}")), &one.provider_version))
            }
            td { (state(&one.state)) @if one.deliveries.is_empty() && one.state == "requested" { span .second { ", no webhook was told" } } }
            td { a .plain .cut href=(contract) title=(one.consumer) { (one.consumer) } }
            td .number .wide-only { (one.times_asked) @if one.times_asked == 1 { " time" } @else { " times" } }
            td .number { (viewer.age(one.requested_at)) }
        }
    }
}

fn state(state: &str) -> Markup {
    let (verdict, words) = match state {
        "delivered" => (Verdict::NotVerified, "Told, no answer"),
        "running" => (Verdict::Pending, "Running"),
        "done" => (Verdict::Passed, "Answered"),
        "lost" => (Verdict::Warning, "Lost"),
        _ => (Verdict::NotVerified, "Requested"),
    };
    verdict_saying(verdict, words)
}
