//! Deliveries, the newest first; those that were given up are the dead letters.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::{Tab, outcome, tabs};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::ui::parts::{Choice, Column, Filter, Filters, counted, empty, head};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::deliveries::wanted;
use crate::webhooks::store::list_titles;
use crate::webhooks::store::listed::{self, ListedDelivery, Wanted};

const SHOWN: i64 = 50;
/// Webhooks to choose from.
const CHOICES: i64 = 200;

pub(super) async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let asked = Wanted { limit: SHOWN, ..wanted(&viewer.query, None)? };
    let mut db = app.read().await?;
    let ids = listed::list_ids(&mut db, principal.tenant, asked).await?;
    let deliveries = listed::list_shown(&mut db, principal.tenant, &ids).await?;
    let webhooks = list_titles(&mut db, principal.tenant, CHOICES).await?;
    drop(db);

    let is_dead = asked.status == Some("failure");
    let content = html! { (filters(&viewer, &webhooks)) (list(&viewer, &deliveries, is_dead)) };
    let (title, tab) = if is_dead { ("Dead letters", Tab::DeadLetters) } else { ("Deliveries", Tab::Deliveries) };
    let page = Page {
        crumbs: vec![("Automation", viewer.at("/webhooks")), (title, String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        tabs: tabs(&viewer, tab),
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

/// Also beside one webhook.
pub(super) fn rows(viewer: &Viewer, deliveries: &[ListedDelivery], with_webhook: bool) -> Markup {
    let mut columns = vec![
        Column::text("Event"),
        Column::text("Result"),
        Column::text("About"),
        Column::number("Attempts"),
        Column::number("When"),
    ];
    if with_webhook {
        columns.insert(2, Column::text("Webhook"));
    }
    html! {
        div .scroll {
            table .list {
                (head(viewer, &columns, ""))
                tbody { @for delivery in deliveries { (row(viewer, delivery, with_webhook)) } }
            }
        }
    }
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
                            (delivery.webhook_description.as_deref().unwrap_or(id))
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

fn list(viewer: &Viewer, deliveries: &[ListedDelivery], is_dead: bool) -> Markup {
    let count = i64::try_from(deliveries.len()).unwrap_or(i64::MAX);
    let next = deliveries.last().filter(|_| count == SHOWN).map(|last| last.id.to_string());
    let sentence = if is_dead {
        "No dead letter. What could not be delivered for three days stands here, to be sent again."
    } else {
        "Nothing was delivered that this address asks for."
    };
    html! {
        section .panel #deliveries aria-label="Deliveries" {
            @if deliveries.is_empty() { (empty(sentence, None, Some((&viewer.at("/webhooks"), "Webhooks")))) } @else {
                (rows(viewer, deliveries, true))
                div .foot-of-list {
                    span { (counted(count, "delivery", "deliveries")) }
                    nav aria-label="Pages of deliveries" {
                        @if viewer.query.has("before") { a .button href=(viewer.here_with(&[("before", None)])) { "Newest" } }
                        @if let Some(next) = &next { a .button href=(viewer.here_with(&[("before", Some(next))])) { "Older" } }
                    }
                }
            }
        }
    }
}
