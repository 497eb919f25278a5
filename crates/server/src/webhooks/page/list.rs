//! All webhooks, each with what became of its latest delivery.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use pactolus_domain::names::PacticipantName;
use pactolus_domain::webhook::Scope;

use super::{FIRST, Tab, new_webhook, outcome, scope, tabs};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::ui::parts::{
    Choice, Column, Filter, Filters, Verdict, command, empty, head, link, page_of, shape_alone, verdict_saying,
};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::store::listed::{ListedDelivery, ListedWebhook, list_latest_ids, list_shown, list_webhooks};

const SHOWN: usize = 50;

struct Row {
    webhook: ListedWebhook,
    scope: String,
    latest: Option<ListedDelivery>,
}

impl Row {
    /// As the filter has it.
    fn state(&self) -> &str {
        match &self.latest {
            _ if !self.webhook.enabled => "off",
            None => "untold",
            Some(latest) => latest.status.as_str(),
        }
    }

    fn contains(&self, part: &str) -> bool {
        let texts = [self.title(), &self.scope, &self.webhook.host];
        let mut texts = texts.into_iter().chain(self.webhook.events.iter().map(String::as_str));
        texts.any(|text| text.to_lowercase().contains(part))
    }

    /// What people call it. The method is sealed with the request.
    fn title(&self) -> &str {
        let given = self.webhook.description.as_deref().filter(|description| !description.trim().is_empty());
        given.unwrap_or(&self.webhook.host)
    }

    fn told_at(&self) -> Option<DateTime<Utc>> {
        self.latest.as_ref().map(|latest| latest.created_at)
    }
}

pub(super) async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let webhooks = list_webhooks(&mut db, principal.tenant).await?;
    let ids: Vec<String> = webhooks.iter().map(|one| one.id.clone()).collect();
    let latest = list_latest_ids(&mut db, principal.tenant, &ids).await?;
    let deliveries = list_shown(&mut db, principal.tenant, &latest).await?;
    drop(db);

    let mut latest: HashMap<String, ListedDelivery> =
        deliveries.into_iter().filter_map(|one| Some((one.webhook_id.clone()?, one))).collect();
    let row = |webhook: ListedWebhook| Row { scope: scope_of(&webhook), latest: latest.remove(&webhook.id), webhook };
    let rows: Vec<Row> = webhooks.into_iter().map(row).collect();
    let content = html! {
        @if rows.is_empty() { (none(&viewer)) } @else { (filters(&viewer)) (table(&viewer, &rows)) }
    };
    let page = Page {
        crumbs: vec![("Automation", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        facts: (!rows.is_empty()).then(|| facts(&rows)),
        tabs: tabs(&viewer, Tab::Webhooks),
        actions: (viewer.may_change() && !rows.is_empty()).then(|| new(&viewer)),
        ..Page::new("Webhooks", Section::Automation, html! { (heading(&rows)) }, content)
    };
    Ok(page.show(&viewer))
}

fn scope_of(webhook: &ListedWebhook) -> String {
    let side = |name: &Option<String>, label: &Option<String>| match (name, label) {
        (Some(name), _) => PacticipantName::parse(name).ok().map(Scope::Name),
        (None, Some(label)) => Some(Scope::Label(label.clone())),
        (None, None) => None,
    };
    let consumer = side(&webhook.consumer, &webhook.consumer_label);
    let provider = side(&webhook.provider, &webhook.provider_label);
    scope(consumer.as_ref(), provider.as_ref())
}

fn in_state(rows: &[Row], state: &str) -> usize {
    rows.iter().filter(|row| row.state() == state).count()
}

fn heading(rows: &[Row]) -> String {
    match in_state(rows, "failure") {
        0 if in_state(rows, "retrying") == 1 => "1 webhook does not get through yet".into(),
        0 if in_state(rows, "retrying") > 1 => {
            format!("{} webhooks do not get through yet", in_state(rows, "retrying"))
        }
        0 => "Webhooks".into(),
        1 => "1 webhook told nobody".into(),
        count => format!("{count} webhooks told nobody"),
    }
}

fn facts(rows: &[Row]) -> Markup {
    let told = [
        ("failure", Verdict::Warning, "given up"),
        ("retrying", Verdict::Pending, "trying again"),
        ("success", Verdict::Passed, "arrived"),
        ("off", Verdict::NotApplicable, "switched off"),
    ];
    html! {
        @for (state, verdict, words) in told {
            @let count = in_state(rows, state);
            @if count > 0 { (verdict_saying(verdict, &format!("{count} {words}"))) }
        }
    }
}

fn new(viewer: &Viewer) -> Markup {
    html! {
        details .menu .told {
            summary .button { "New webhook" }
            div { (new_webhook(viewer)) }
        }
    }
}

fn filters(viewer: &Viewer) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let options = vec![
        option("", "any"),
        option("failure", "given up"),
        option("retrying", "trying again"),
        option("not_run", "waiting"),
        option("success", "arrived"),
        option("untold", "nothing told yet"),
        option("off", "switched off"),
    ];
    let fields = vec![
        Filter::Text { name: "q", label: "Name, event or host" },
        Filter::Choice(Choice { name: "last", label: "Last delivery", options }),
    ];
    Filters { fields, target: "webhooks", end: None }.show(viewer)
}

/// Those that the address asks for, in its order.
fn asked<'r>(viewer: &Viewer, rows: &'r [Row], sort: &str) -> Vec<&'r Row> {
    let part = viewer.query.last("q").map(str::to_lowercase);
    let state = viewer.query.last("last");
    let is_asked = |row: &&Row| {
        part.as_ref().is_none_or(|part| row.contains(part)) && state.is_none_or(|state| row.state() == state)
    };
    let mut asked: Vec<&Row> = rows.iter().filter(is_asked).collect();
    match sort.trim_start_matches('-') {
        "name" => asked.sort_by_key(|row| row.title().to_lowercase()),
        "host" => asked.sort_by_key(|row| row.webhook.host.to_lowercase()),
        "told" => asked.sort_by_key(|row| row.told_at()),
        // As they were made.
        _ => {}
    }
    if sort.starts_with('-') {
        asked.reverse();
    }
    asked
}

fn table(viewer: &Viewer, rows: &[Row]) -> Markup {
    let sort = viewer.query.last("sort").unwrap_or_default();
    let asked = asked(viewer, rows, sort);
    let (shown, foot) = page_of(viewer, &asked, SHOWN, ("webhook", "webhooks"));
    let columns = [
        Column::text("Webhook").sorts_by("name"),
        Column::text("Last delivery"),
        Column::text("On"),
        Column::text("Tells").sorts_by("host"),
        Column::number("When").sorts_by("-told"),
    ];
    html! {
        section .panel #webhooks aria-label="Webhooks" {
            @if shown.is_empty() {
                (empty("No webhook is as this address asks.", None, Some((&viewer.at("/webhooks"), "All webhooks"))))
            } @else {
                div .scroll {
                    table .list .tall {
                        (head(viewer, &columns, sort))
                        tbody { @for row in shown { (one(viewer, row)) } }
                    }
                }
                (foot.show())
            }
        }
    }
}

fn one(viewer: &Viewer, row: &Row) -> Markup {
    let href = urls::webhook(&viewer.site, &row.webhook.id);
    html! {
        tr {
            th scope="row" {
                a .cut href=(href) title=(row.title()) { (row.title()) }
                span .quiet .cut title=(row.scope) { (row.scope) }
            }
            td {
                @if !row.webhook.enabled { (shape_alone(Verdict::NotApplicable, "Off")) " switched off" }
                @else if let Some(last) = &row.latest { a .plain href=(viewer.at(&format!("/webhook-deliveries/{}", last.id))) { (outcome(viewer, last)) } }
                @else { span .quiet { "nothing told yet" } }
            }
            td .events { @for event in &row.webhook.events { div { (event) } } }
            td { span .cut title=(row.webhook.host) { (row.webhook.host) } }
            td .number { @if let Some(at) = row.told_at() { (viewer.age(at)) } }
        }
    }
}

/// Three that most begin with.
fn none(viewer: &Viewer) -> Markup {
    html! {
        section .panel {
            div .empty {
                p { "No webhook yet. Whoever is called, and when, will be here with what became of it." }
                @if viewer.may_change() { (new_webhook(viewer)) p { "Or by a command:" } }
                @for (_, words, flag, url) in FIRST {
                    p { (words) ":" }
                    (command(&format!("pactolus create-webhook {url} --{flag} --broker-base-url {}", viewer.base.as_str())))
                }
                (link(&viewer.at("/doc?operation=createWebhook"), "By the API"))
            }
        }
    }
}
