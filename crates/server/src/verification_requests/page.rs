//! What was requested to be verified and has no answer, as pages: all of it, and one request with who was told of it.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use uuid::Uuid;

use super::api::{missing, outlook, states};
use super::store::{self, Shown, Wanted};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::ui::parts::{
    Choice, Column, Filter, Filters, Verdict, about, badge, chip, count, counted, empty, head, page_of, panel, short,
    verdict_saying,
};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::{ListedDelivery, Tab, list_shown, rows, tabs};
use pactolus_domain::problem::Problem;

const SHOWN: usize = 50;
/// Brought into another order than the newest first: so many of the newest.
const SORTED: usize = 1_000;

pub(crate) fn page_routes() -> Router<App> {
    Router::new().route("/verification-requests", get(show)).route("/verification-requests/{uuid}", get(show_one))
}

async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let query = &viewer.query;
    let before = query
        .last("before")
        .map(|id| Uuid::parse_str(id).map_err(|_| Problem::at("before", "is not the id of a verification request")));
    let states = states(query)?;
    let sort = query.last("sort").unwrap_or_default();
    let wanted = Wanted {
        states: &states,
        consumer: query.last("consumer"),
        provider: query.last("provider"),
        provider_version: query.last("providerVersion").filter(|_| query.last("provider").is_some()),
        before: before.transpose()?,
        most: number(if sort.is_empty() { SHOWN } else { SORTED }),
    };
    let mut db = app.read().await?;
    let mut found = store::list(&mut db, principal.tenant, wanted).await?;
    drop(db);

    order(&mut found, sort);
    let content = html! { (filters(&viewer)) (list(&viewer, &found, sort)) };
    let page = Page {
        crumbs: vec![("Automation", viewer.at("/webhooks")), ("Verification requests", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        tabs: tabs(&viewer, Tab::Requests),
        facts: (found.len() == SORTED)
            .then(|| html! { span { "the newest " (count(number(SORTED))) ", in this order" } }),
        ..Page::new("Verification requests", Section::Automation, html! { (heading(&viewer, &found)) }, content)
    };
    Ok(page.show(&viewer))
}

/// How many wait, where all of them are on this page.
fn heading(viewer: &Viewer, found: &[Shown]) -> String {
    let count = number(found.len());
    let most = if viewer.query.has("sort") { SORTED } else { SHOWN };
    let is_whole = found.len() < most && !viewer.query.has("before") && viewer.query.last("state").is_none();
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

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn order(found: &mut [Shown], sort: &str) {
    match sort.trim_start_matches('-') {
        "provider" => found.sort_by_cached_key(|one| one.provider.to_lowercase()),
        "consumer" => found.sort_by_cached_key(|one| one.consumer.to_lowercase()),
        // What nobody works at comes first.
        "state" => found.sort_by_key(|one| match one.state.as_str() {
            "lost" => 0,
            "requested" => 1,
            "delivered" => 2,
            "running" => 3,
            _ => 4,
        }),
        "asked" => found.sort_by_key(|one| one.times_asked),
        "since" => found.sort_by_key(|one| one.requested_at),
        _ => return,
    }
    if sort.starts_with('-') {
        found.reverse();
    }
}

fn list(viewer: &Viewer, found: &[Shown], sort: &str) -> Markup {
    html! {
        section .panel #requests aria-label="Verification requests" {
            @if found.is_empty() && is_narrowed(viewer) {
                (empty("No request is as this address asks.", None, Some((&viewer.at("/verification-requests"), "All that are outstanding"))))
            } @else if found.is_empty() {
                (empty("No request waits for an answer. A contract that nobody has verified asks its provider's build by a webhook.", None, Some((&viewer.at("/webhooks"), "Webhooks"))))
            } @else if sort.is_empty() {
                (table(viewer, found, "-since")) (older(viewer, found))
            } @else {
                @let (shown, foot) = page_of(viewer, found, SHOWN, ("request", "requests"));
                (table(viewer, shown, sort))
                (foot.show())
            }
        }
    }
}

fn table(viewer: &Viewer, shown: &[Shown], sort: &str) -> Markup {
    let mut columns = vec![
        Column::text("Provider").sorts_by("provider"),
        Column::text("State").sorts_by("state"),
        Column::text("Contract of").sorts_by("consumer"),
        Column::number("Asked").sorts_by("-asked").wide_only(),
        Column::number("Since").sorts_by("-since"),
    ];
    if viewer.may_change() {
        columns.push(Column::number("What to do"));
    }
    html! { div .scroll { table .list { (head(viewer, &columns, sort)) tbody { @for one in shown { (row(viewer, one)) } } } } }
}

/// The foot of those that come the newest first: there may be very many.
fn older(viewer: &Viewer, found: &[Shown]) -> Markup {
    let next = found.last().filter(|_| found.len() == SHOWN).map(|last| last.id.to_string());
    html! {
        div .foot-of-list {
            span { (counted(number(found.len()), "request", "requests")) }
            nav aria-label="Pages of requests" {
                @if viewer.query.has("before") { a .button href=(viewer.here_with(&[("before", None)])) { "Newest" } }
                @if let Some(next) = &next { a .button href=(viewer.here_with(&[("before", Some(next))])) { "Older" } }
            }
        }
    }
}

fn row(viewer: &Viewer, one: &Shown) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(provider(viewer, one)) title=(one.provider) { (one.provider) } " "
                (chip(&version(viewer, one), &one.provider_version))
            }
            td { a .plain href=(viewer.at(&format!("/verification-requests/{}", one.id))) { (state(&one.state)) (untold(one)) } }
            td { a .plain .cut href=(contract(viewer, one)) title=(one.consumer) { (one.consumer) } }
            td .number .wide-only { (times(one)) }
            td .number { (viewer.age(one.requested_at)) }
            @if viewer.may_change() { td .number { (again(viewer, one, false)) } }
        }
    }
}

fn provider(viewer: &Viewer, one: &Shown) -> String {
    urls::pacticipant(&viewer.site, &one.provider)
}

fn version(viewer: &Viewer, one: &Shown) -> String {
    urls::version(&viewer.site, &one.provider, &one.provider_version)
}

fn contract(viewer: &Viewer, one: &Shown) -> String {
    urls::content(&viewer.site, &one.provider, &one.consumer, &one.sha, None)
}

fn times(one: &Shown) -> String {
    counted(i64::from(one.times_asked), "time", "times")
}

fn untold(one: &Shown) -> Markup {
    html! { @if one.deliveries.is_empty() && one.state == "requested" { span .second { ", no webhook was told" } } }
}

/// What has a result is not asked for again.
fn again(viewer: &Viewer, one: &Shown, is_primary: bool) -> Markup {
    let action = viewer.at(&format!("/verification-requests/{}/ask-again", one.id));
    let label = format!("Request again that {} {} verifies {}", one.provider, one.provider_version, one.consumer);
    html! {
        @if one.state != "done" {
            form method="post" action=(action) {
                button .primary[is_primary] type="submit" aria-label=[(!is_primary).then_some(label)] { "Request again" }
            }
        }
    }
}

async fn show_one(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(id): Named<Uuid>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let one = store::find(&mut db, principal.tenant, id).await?.ok_or_else(missing)?;
    let told = list_shown(&mut db, principal.tenant, &one.deliveries).await?;
    drop(db);

    let short = short(&one.provider_version);
    let title = format!("{} {short} is to verify {}", one.provider, one.consumer);
    let (verdict, words) = said(&one.state);
    let page = Page {
        crumbs: vec![
            ("Automation", viewer.at("/webhooks")),
            ("Verification requests", viewer.at("/verification-requests")),
            (title.as_str(), String::new()),
        ],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        badge: Some(badge(verdict, words)),
        facts: Some(html! { span { "requested " (viewer.ago(one.requested_at)) } span { "asked " (times(&one)) } }),
        actions: (viewer.may_change() && one.state != "done").then(|| again(&viewer, &one, true)),
        ..Page::new(&title, Section::Automation, html! { (title) }, content(&app, &viewer, &one, &told))
    };
    Ok(page.show(&viewer))
}

fn content(app: &App, viewer: &Viewer, one: &Shown, told: &[ListedDelivery]) -> Markup {
    let nobody =
        "No webhook was told: none listened to contract_requiring_verification_published when it was asked for.";
    let told = html! {
        @if told.is_empty() { (empty(nobody, None, Some((&viewer.at("/webhooks"), "Webhooks")))) } @else { (rows(viewer, told, true)) }
    };
    let (asked_again_at, lost_at) = outlook(app, one);
    let mut facts = vec![
        (
            "Provider",
            html! { a href=(provider(viewer, one)) { (one.provider) } " " (chip(&version(viewer, one), &one.provider_version)) },
        ),
        ("Contract", html! { a href=(contract(viewer, one)) { (one.consumer) " with " (one.provider) } }),
        ("Last asked", viewer.ago(one.asked_at)),
    ];
    let past = [("Webhook answered", one.delivered_at), ("Build began", one.running_at), ("Ended", one.ended_at)];
    facts.extend(past.into_iter().filter_map(|(words, at)| Some((words, viewer.ago(at?)))));
    let future = [("Asked again", asked_again_at), ("Given up", lost_at.filter(|_| one.ended_at.is_none()))];
    facts.extend(future.into_iter().filter_map(|(words, at)| Some((words, viewer.until(at?)))));
    html! {
        div .columns {
            div { (panel("Who was told", None, None, &told)) }
            div { (panel("About", None, None, &html! { div .in { (about(&facts)) } })) }
        }
    }
}

fn state(state: &str) -> Markup {
    let (verdict, words) = said(state);
    verdict_saying(verdict, words)
}

fn said(state: &str) -> (Verdict, &'static str) {
    match state {
        "delivered" => (Verdict::NotVerified, "Told, no answer"),
        "running" => (Verdict::Pending, "Running"),
        "done" => (Verdict::Passed, "Answered"),
        "lost" => (Verdict::Warning, "Lost"),
        _ => (Verdict::NotVerified, "Requested"),
    }
}
