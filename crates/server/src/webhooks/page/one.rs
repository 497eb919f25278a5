//! One webhook: what it tells whom, what became of it, and the way to try it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use pactolus_domain::webhook::Webhook;
use serde_json::{Map, Value};

use super::delivery::headers;
use super::{DOTS, deliveries, scope};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::tenants;
use crate::ui::parts::{Cell, Size, Verdict, about, badge, empty, link, panel, tape};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::api::{WebhookId, find, read};
use crate::webhooks::store::StoredWebhook;
use crate::webhooks::store::listed::{self, ListedDelivery, Wanted};

const SHOWN: i64 = 25;

pub(super) async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(WebhookId(id)): Named<WebhookId>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let stored = find(&mut db, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let key = tenants::data_key(&mut db, principal.tenant, &app.master_key).await?;
    let webhook = read(&key, principal.tenant, &stored)?;
    let wanted = Wanted { webhook: Some(&id), limit: SHOWN, ..Wanted::default() };
    let ids = listed::list_ids(&mut db, principal.tenant, wanted).await?;
    let latest = listed::list_shown(&mut db, principal.tenant, &ids).await?;
    drop(db);

    let title = webhook.title();
    let content = html! {
        div .columns {
            div { (of_deliveries(&viewer, &id, &latest)) }
            div { (of_webhook(&viewer, &stored, &webhook)) (of_request(&webhook)) }
        }
    };
    let page = Page {
        crumbs: vec![("Automation", viewer.at("/webhooks")), (title.as_str(), String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        badge: (!stored.enabled).then(|| badge(Verdict::NotApplicable, "Switched off")),
        facts: Some(
            html! { span { (scope(webhook.consumer.as_ref(), webhook.provider.as_ref())) } span { "tells " (webhook.request.host()) } },
        ),
        actions: viewer.may_change().then(|| test(&viewer, &id)),
        ..Page::new(&title, Section::Automation, html! { (title) }, content)
    };
    Ok(page.show(&viewer))
}

/// The button that tries it.
pub(super) fn test(viewer: &Viewer, id: &str) -> Markup {
    let action = viewer.at(&format!("/webhooks/{}/execute", urls::segment(id)));
    html! { form method="post" action=(action) { button .primary type="submit" { "Test" } } }
}

fn of_deliveries(viewer: &Viewer, id: &str, latest: &[ListedDelivery]) -> Markup {
    if latest.is_empty() {
        return panel(
            "Deliveries",
            None,
            None,
            &empty(
                if viewer.may_change() {
                    "Nothing happened yet that it tells of. Test sends it once."
                } else {
                    "Nothing happened yet that it tells of."
                },
                None,
                None,
            ),
        );
    }
    let hrefs: Vec<String> = latest.iter().map(|one| viewer.at(&format!("/webhook-deliveries/{}", one.id))).collect();
    let cells: Vec<Cell<'_>> = latest.iter().zip(&hrefs).rev().map(|(delivery, href)| cell(delivery, href)).collect();
    let given_up = latest.iter().filter(|delivery| delivery.status == "failure").count();
    let note = match given_up {
        0 => None,
        given_up => Some(format!("{given_up} of the last {} given up", latest.len())),
    };
    let all = link(&viewer.at(&format!("/webhook-deliveries?webhook={}", urls::segment(id))), "All deliveries");
    let content = html! {
        div .in { (tape(Size::Small, "Deliveries, the newest at the right", &cells)) }
        (deliveries::rows(viewer, latest, false))
    };
    panel("Deliveries", note.as_deref(), Some(&all), &content)
}

fn cell<'a>(delivery: &ListedDelivery, href: &'a str) -> Cell<'a> {
    let (verdict, words) = super::verdict_of(&delivery.status);
    Cell { verdict, label: format!("{}: {words}", delivery.event), href: Some(href), is_selected: false, mark: None }
}

fn of_webhook(viewer: &Viewer, stored: &StoredWebhook, webhook: &Webhook) -> Markup {
    let events = html! { @for event in &webhook.events { div { (event.as_str()) } } };
    let order = if webhook.in_order { "one after the other" } else { "as they come" };
    let facts = [
        ("On", events),
        ("Sends", html! { (order) }),
        ("Body", html! { (webhook.body_format.as_str()) }),
        ("Created", viewer.ago(stored.created_at)),
        ("Changed", viewer.ago(stored.updated_at)),
    ];
    panel("About", None, None, &html! { div .in { (about(&facts)) } })
}

/// Paths and bodies may hold secrets, so that only the host is shown; who may change the webhook reads them as JSON.
fn of_request(webhook: &Webhook) -> Markup {
    let request = webhook.shown_request();
    let shown: Map<String, Value> =
        request.redacted_headers().into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let content = html! {
        div .in {
            p .mono { (request.method.to_uppercase()) " " (webhook.request.host()) "/…" }
            (headers(Some(&shown)))
            @if let Some(username) = &request.username { p .second { "as " (username) ", password " (DOTS) } }
            @if request.body.is_some() { p .quiet { "with a body of its own" } }
        }
    };
    panel("Request", None, None, &content)
}
