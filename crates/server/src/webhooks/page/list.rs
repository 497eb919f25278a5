//! All webhooks, each with what became of its latest delivery.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::{Tab, outcome, tabs};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::tenants;
use crate::ui::parts::{Column, Foot, Verdict, command, head, link, shape_alone};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::api::read;
use crate::webhooks::store::listed::{ListedDelivery, list_latest_ids, list_shown};
use crate::webhooks::store::{self, StoredWebhook, Wanted};

/// As many as one page shows; whoever has more finds them by search.
const SHOWN: usize = 200;

struct Row {
    stored: StoredWebhook,
    title: String,
    scope: String,
    host: String,
}

pub(super) async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let wanted = Wanted { id: None, consumer: None, provider: None };
    let stored = store::list_webhooks(&mut db, principal.tenant, wanted).await?;
    let mut rows = Vec::new();
    if !stored.is_empty() {
        let key = tenants::data_key(&mut db, principal.tenant, &app.master_key).await?;
        for one in stored {
            let webhook = read(&key, principal.tenant, &one)?;
            let (title, scope, host) = (webhook.title(), webhook.scope_description(), webhook.request.host());
            rows.push(Row { stored: one, title, scope, host });
        }
    }
    let ids: Vec<String> = rows.iter().map(|row| row.stored.id.clone()).collect();
    let latest = list_latest_ids(&mut db, principal.tenant, &ids).await?;
    let deliveries = list_shown(&mut db, principal.tenant, &latest).await?;
    drop(db);
    let mut latest: HashMap<String, ListedDelivery> = HashMap::new();
    for delivery in deliveries {
        if let Some(webhook) = delivery.webhook_id.clone() {
            latest.insert(webhook, delivery);
        }
    }

    let failing =
        rows.iter().filter(|row| latest.get(&row.stored.id).is_some_and(|one| one.status == "failure")).count();
    let heading = match failing {
        0 => "Webhooks".to_owned(),
        1 => "1 webhook told nobody".to_owned(),
        count => format!("{count} webhooks told nobody"),
    };
    let content = html! { @if rows.is_empty() { (none(&viewer)) } @else { (table(&viewer, &rows, &latest)) } };
    let page = Page {
        crumbs: vec![("Automation", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        tabs: tabs(&viewer, Tab::Webhooks),
        ..Page::new("Webhooks", Section::Automation, html! { (heading) }, content)
    };
    Ok(page.show(&viewer))
}

fn table(viewer: &Viewer, rows: &[Row], latest: &HashMap<String, ListedDelivery>) -> Markup {
    let columns = [
        Column::text("Webhook"),
        Column::text("On"),
        Column::text("Tells"),
        Column::text("Last delivery"),
        Column::number("When"),
    ];
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let shown = &rows[..rows.len().min(SHOWN)];
    let total = Some(count(rows.len()));
    let foot = Foot {
        first: Some(1),
        shown: count(shown.len()),
        total,
        of: ("webhook", "webhooks"),
        previous: None,
        next: None,
    };
    html! {
        section .panel aria-label="Webhooks" {
            div .scroll {
                table .list .tall {
                    (head(viewer, &columns, ""))
                    tbody { @for row in shown { (one(viewer, row, latest.get(&row.stored.id))) } }
                }
            }
            (foot.show())
        }
    }
}

fn one(viewer: &Viewer, row: &Row, last: Option<&ListedDelivery>) -> Markup {
    let href = viewer.at(&format!("/webhooks/{}", urls::segment(&row.stored.id)));
    html! {
        tr {
            th scope="row" {
                a .cut href=(href) title=(row.title) { (row.title) }
                span .quiet .cut title=(row.scope) { (row.scope) }
            }
            td .events { @for event in &row.stored.events { div { (event) } } }
            td { span .cut title=(row.host) { (row.host) } }
            td {
                @if !row.stored.enabled { (shape_alone(Verdict::NotApplicable, "Off")) " switched off" }
                @else if let Some(last) = last { a .plain href=(viewer.at(&format!("/webhook-deliveries/{}", last.id))) { (outcome(viewer, last)) } }
                @else { span .quiet { "nothing told yet" } }
            }
            td .number { @if let Some(last) = last { (viewer.age(last.created_at)) } }
        }
    }
}

/// Three that most begin with.
fn none(viewer: &Viewer) -> Markup {
    let create = |event: &str, url: &str| {
        format!("pactolus create-webhook {url} --request POST --{event} --broker-base-url {}", viewer.base.as_str())
    };
    html! {
        section .panel {
            div .empty {
                p { "No webhook yet. Let a provider's build verify as soon as a contract asks something new of it:" }
                (command(&create("contract-requiring-verification-published", "https://ci.example.org/verify")))
                p { "Tell a consumer's team of results:" }
                (command(&create("provider-verification-published", "https://ci.example.org/result")))
                p { "Tell whoever wants to know of new contracts:" }
                (command(&create("contract-content-changed", "https://chat.example.org/hook")))
                (link(&viewer.at("/doc"), "By the API"))
            }
        }
    }
}
