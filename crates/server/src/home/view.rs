//! The overview as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::attention::{Attention, Concern, Group};
use super::list::{ANSWERS, Listed, Row};
use super::overview::{Overview, Standing};
use super::store::DeadWebhook;
use crate::edge::{BaseUrl, Link, OwnLink, RequestUrl, timestamp, urls};
use crate::ui::parts::Verdict;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Home<'o> {
    /// Where the heads would go; none where there is no environment.
    environment: Option<&'o str>,
    read_at: String,
    summary: Summary,
    cannot_go: Counted<Trouble<'o>>,
    missing_results: Counted<Trouble<'o>>,
    dead_webhooks: Counted<Dead<'o>>,
    applications: Counted<Application<'o>>,
    #[serde(rename = "_links")]
    links: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    applications: usize,
    yes: usize,
    no: usize,
    not_known: usize,
}

#[derive(Serialize)]
struct Counted<T> {
    total: usize,
    items: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trouble<'o> {
    pacticipant: &'o str,
    version: Option<&'o str>,
    team: Option<&'o str>,
    consumer: &'o str,
    consumer_version: Option<&'o str>,
    provider: &'o str,
    provider_version: Option<&'o str>,
    since: Option<String>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dead<'o> {
    description: Option<&'o str>,
    host: &'o str,
    event: &'o str,
    since: String,
    attempts: i64,
    response_status: Option<i32>,
    #[serde(rename = "deadLetters")]
    given_up: i64,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Application<'o> {
    name: &'o str,
    team: Option<&'o str>,
    labels: &'o [String],
    version: Option<&'o str>,
    running: Map<String, Value>,
    consumers: i64,
    providers: i64,
    answer: Option<&'static str>,
    changed_at: Option<String>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

impl<'o> Home<'o> {
    pub(super) fn of(
        base: &BaseUrl,
        request: &RequestUrl,
        overview: &'o Overview,
        attention: &'o Attention<'o>,
        listed: &'o Listed<'o>,
        next: Option<String>,
    ) -> Self {
        let mut links = Map::new();
        links.insert("self".into(), Link::to(request.with_query()).title("Overview").into());
        links.extend(next.map(|next| ("next".into(), Link::to(next).title("Next page").into())));
        Self {
            environment: overview.gate.as_ref().map(|gate| gate.name.as_str()),
            read_at: timestamp(overview.read_at),
            summary: Summary {
                applications: overview.standings.len(),
                yes: overview.count(Verdict::Passed),
                no: overview.count(Verdict::Failed),
                not_known: overview.count(Verdict::NotVerified),
            },
            cannot_go: troubles(base, &attention.failed),
            missing_results: troubles(base, &attention.missing),
            dead_webhooks: Counted {
                total: attention.dead.total,
                items: attention.dead.shown.iter().map(|one| dead(base, one)).collect(),
            },
            applications: Counted {
                total: listed.total,
                items: listed.rows.iter().map(|row| application(base, overview, row)).collect(),
            },
            links,
        }
    }
}

fn troubles<'o>(base: &BaseUrl, group: &'o Group<Concern<'o>>) -> Counted<Trouble<'o>> {
    let item = |one: &'o Concern<'o>| {
        let (consumer, provider) = (name(one.consumer), name(one.provider));
        let version = one.detail.consumer_version.as_deref();
        let contract = urls::contract(base, provider, consumer, version.unwrap_or_default());
        Trouble {
            pacticipant: name(one.head),
            version: one.head.application.version.as_deref(),
            team: one.head.team.as_deref(),
            consumer,
            consumer_version: version,
            provider,
            provider_version: one.detail.provider_version.as_deref(),
            since: one.edge.since.map(timestamp),
            links: OwnLink::to(contract),
        }
    };
    Counted { total: group.total, items: group.shown.iter().map(item).collect() }
}

fn dead<'o>(base: &BaseUrl, one: &'o DeadWebhook) -> Dead<'o> {
    Dead {
        description: one.description.as_deref(),
        host: &one.host,
        event: &one.event,
        since: timestamp(one.since),
        attempts: one.attempts,
        response_status: one.response_status,
        given_up: one.dead_letters,
        links: OwnLink::to(urls::webhook(base, &one.id)),
    }
}

fn application<'o>(base: &BaseUrl, overview: &'o Overview, row: &'o Row<'o>) -> Application<'o> {
    let standing = row.standing;
    let running = overview.environments.iter().filter_map(|environment| {
        let versions: Vec<Value> =
            row.in_environment(environment.id).map(|one| Value::from(one.version.clone())).collect();
        (!versions.is_empty()).then(|| (environment.name.clone(), versions.into()))
    });
    Application {
        name: name(standing),
        team: standing.team.as_deref(),
        labels: &standing.application.labels,
        version: standing.application.version.as_deref(),
        running: running.collect(),
        consumers: row.consumers,
        providers: row.providers,
        answer: ANSWERS.iter().find(|(_, verdict)| *verdict == standing.verdict).map(|(answer, _)| *answer),
        changed_at: row.changed_at().map(timestamp),
        links: OwnLink::to(urls::pacticipant(base, name(standing))),
    }
}

fn name(standing: &Standing) -> &str {
    &standing.application.name
}
