//! Deliveries, the newest first; those that were given up are the dead letters.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::{Tab, outcome, tabs};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::ui::parts::{Choice, Column, Filter, Filters, count, counted, empty, head, page_of};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::deliveries::wanted;
use crate::webhooks::store::list_titles;
use crate::webhooks::store::listed::{self, ListedDelivery, Wanted};

const SHOWN: usize = 50;
/// Brought into another order than the newest first: so many of the newest.
const SORTED: usize = 1_000;
/// Webhooks to choose from.
const CHOICES: i64 = 200;

pub(super) async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let sort = viewer.query.last("sort").unwrap_or_default();
    let limit = if sort.is_empty() { SHOWN } else { SORTED };
    let asked = Wanted { limit: number(limit), ..wanted(&viewer.query, None)? };
    let mut db = app.read().await?;
    let ids = listed::list_ids(&mut db, principal.tenant, asked).await?;
    let mut deliveries = listed::list_shown(&mut db, principal.tenant, &ids).await?;
    let webhooks = list_titles(&mut db, principal.tenant, CHOICES).await?;
    drop(db);

    let is_dead = asked.status == Some("failure");
    order(&mut deliveries, sort);
    let content = html! { (filters(&viewer, &webhooks)) (list(&viewer, &deliveries, sort, is_dead)) };
    let (title, tab) = if is_dead { ("Dead letters", Tab::DeadLetters) } else { ("Deliveries", Tab::Deliveries) };
    let page = Page {
        crumbs: vec![("Automation", viewer.at("/webhooks")), (title, String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        tabs: tabs(&viewer, tab),
        facts: (deliveries.len() == SORTED)
            .then(|| html! { span { "the newest " (count(number(SORTED))) ", in this order" } }),
        actions: (is_dead && viewer.may_change() && !deliveries.is_empty()).then(|| replay(&viewer)),
        ..Page::new(title, Section::Automation, html! { (title) }, content)
    };
    Ok(page.show(&viewer))
}

/// All that are listed, also on other pages.
fn replay(viewer: &Viewer) -> Markup {
    let webhook = viewer.query.last("webhook");
    html! {
        form method="post" action=(viewer.at("/webhook-deliveries/replay")) {
            @if let Some(id) = webhook { input type="hidden" name="webhook" value=(id); }
            button .primary type="submit" { @if webhook.is_some() { "Send all of this webhook again" } @else { "Send all again" } }
        }
    }
}

fn filters(viewer: &Viewer, webhooks: &[(String, String)]) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let options = vec![
        option("", "all"),
        option("success", "arrived"),
        option("retrying", "trying again"),
        option("not_run", "waiting"),
        option("failure", "given up"),
    ];
    let all = [option("", "all")].into_iter();
    let webhooks = all.chain(webhooks.iter().map(|(id, title)| option(id, title))).collect();
    let fields = vec![
        Filter::Choice(Choice { name: "status", label: "Show", options }),
        Filter::Choice(Choice { name: "webhook", label: "Webhook", options: webhooks }),
    ];
    Filters { fields, target: "deliveries", end: None }.show(viewer)
}

fn order(deliveries: &mut [ListedDelivery], sort: &str) {
    match sort.trim_start_matches('-') {
        "event" => deliveries.sort_by(|one, other| one.event.cmp(&other.event)),
        // What to look at first.
        "result" => deliveries.sort_by_key(|one| match one.status.as_str() {
            "failure" => 0,
            "retrying" => 1,
            "not_run" => 2,
            _ => 3,
        }),
        "webhook" => deliveries.sort_by_key(|one| title(one).map(str::to_lowercase)),
        "about" => deliveries.sort_by_key(|one| about(one).to_lowercase()),
        "attempts" => deliveries.sort_by_key(|one| one.attempts_made),
        // They come the newest first.
        "when" => deliveries.reverse(),
        _ => return,
    }
    if sort.starts_with('-') {
        deliveries.reverse();
    }
}

/// Also beside one webhook, where they have no order but that of time.
pub(crate) fn rows(viewer: &Viewer, deliveries: &[ListedDelivery], with_webhook: bool) -> Markup {
    table(viewer, deliveries, with_webhook, None)
}

fn table(viewer: &Viewer, deliveries: &[ListedDelivery], with_webhook: bool, sort: Option<&str>) -> Markup {
    let column = |column: Column<'static>, own| if sort.is_some() { column.sorts_by(own) } else { column };
    let mut columns = vec![
        column(Column::text("Event"), "event"),
        column(Column::text("Result"), "result"),
        column(Column::text("About"), "about"),
        column(Column::number("Attempts"), "-attempts"),
        column(Column::number("When"), "-when"),
    ];
    if with_webhook {
        columns.insert(2, column(Column::text("Webhook"), "webhook"));
    }
    html! {
        div .scroll {
            table .list {
                (head(viewer, &columns, sort.unwrap_or_default()))
                tbody { @for delivery in deliveries { (row(viewer, delivery, with_webhook)) } }
            }
        }
    }
}

/// What its webhook is called; `None` where it was deleted.
fn title(delivery: &ListedDelivery) -> Option<&str> {
    delivery.webhook_id.as_deref().map(|id| delivery.webhook_description.as_deref().unwrap_or(id))
}

fn row(viewer: &Viewer, delivery: &ListedDelivery, with_webhook: bool) -> Markup {
    let href = viewer.at(&format!("/webhook-deliveries/{}", delivery.id));
    html! {
        tr {
            th scope="row" { a .cut href=(href) { (delivery.event) } }
            td { (outcome(viewer, delivery)) }
            @if with_webhook {
                td {
                    @match &delivery.webhook_id {
                        Some(id) => a .cut .plain href=(viewer.at(&format!("/webhooks/{}", urls::segment(id)))) {
                            (title(delivery).unwrap_or(id))
                        },
                        None => span .quiet { "deleted since" },
                    }
                }
            }
            td { span .cut { (about(delivery)) } }
            td .number { (delivery.attempts_made) }
            td .number { (viewer.age(delivery.created_at)) }
        }
    }
}

pub(super) fn about(delivery: &ListedDelivery) -> String {
    let sides = [delivery.consumer.as_deref(), delivery.provider.as_deref()];
    let names: Vec<&str> = sides.into_iter().flatten().collect();
    if names.is_empty() { "no pair".into() } else { names.join(" with ") }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn list(viewer: &Viewer, deliveries: &[ListedDelivery], sort: &str, is_dead: bool) -> Markup {
    let sentence = if is_dead {
        "No dead letter. What could not be delivered for three days stands here, to be sent again."
    } else {
        "Nothing was delivered that this address asks for."
    };
    html! {
        section .panel #deliveries aria-label="Deliveries" {
            @if deliveries.is_empty() { (empty(sentence, None, Some((&viewer.at("/webhooks"), "Webhooks")))) }
            @else if sort.is_empty() { (table(viewer, deliveries, true, Some("-when"))) (older(viewer, deliveries)) }
            @else {
                @let (shown, foot) = page_of(viewer, deliveries, SHOWN, ("delivery", "deliveries"));
                (table(viewer, shown, true, Some(sort)))
                (foot.show())
            }
        }
    }
}

/// The foot of those that come the newest first: there may be very many.
fn older(viewer: &Viewer, deliveries: &[ListedDelivery]) -> Markup {
    let next = deliveries.last().filter(|_| deliveries.len() == SHOWN).map(|last| last.id.to_string());
    html! {
        div .foot-of-list {
            span { (counted(number(deliveries.len()), "delivery", "deliveries")) }
            nav aria-label="Pages of deliveries" {
                @if viewer.query.has("before") { a .button href=(viewer.here_with(&[("before", None)])) { "Newest" } }
                @if let Some(next) = &next { a .button href=(viewer.here_with(&[("before", Some(next))])) { "Older" } }
            }
        }
    }
}
