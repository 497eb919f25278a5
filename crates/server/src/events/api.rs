//! HTTP of the feed: events after a cursor, at once or as soon as there are any.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::webhook::WebhookEvent;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::store::{self, Placed};
use crate::app::App;
use crate::edge::{Error, Hal, Link, Principal, QueryPairs, RequestUrl};
use crate::ids::TenantId;

const DEFAULT_SIZE: i64 = 100;
const MOST: i64 = 1_000;
const LONGEST_WAIT_SECONDS: u64 = 15;
/// Events of other processes are looked for as often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/events", get(list))
}

/// What a reader of the feed asks for.
struct Wanted {
    after: After,
    size: i64,
    wait: Duration,
    /// Of all names when empty.
    names: Vec<WebhookEvent>,
}

enum After {
    Position(i64),
    /// Behind all that there are.
    Latest,
}

impl Wanted {
    fn parse(query: &QueryPairs) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let after = problems.note(after(query));
        let size = problems.note(number(query, "size", 1, MOST, DEFAULT_SIZE));
        let most_seconds = i64::try_from(LONGEST_WAIT_SECONDS).unwrap_or(i64::MAX);
        let wait = problems.note(number(query, "wait", 0, most_seconds, 0));
        let names = query.list("name").into_iter().filter_map(|name| problems.note(event_name(name))).collect();
        match (after, size, wait) {
            (Some(after), Some(size), Some(wait)) => {
                problems.or(Self { after, size, wait: Duration::from_secs(wait.unsigned_abs()), names })
            }
            _ => Err(problems),
        }
    }

    fn wants(&self, placed: &Placed) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name.as_str() == placed.event.name)
    }
}

fn after(query: &QueryPairs) -> Result<After, Problem> {
    match query.last("after") {
        None => Ok(After::Position(0)),
        Some("latest") => Ok(After::Latest),
        Some(cursor) => match cursor.parse() {
            Ok(position) if position >= 0 => Ok(After::Position(position)),
            _ => Err(Problem::at("after", "must be the cursor of an earlier answer, or latest")),
        },
    }
}

fn number(query: &QueryPairs, name: &str, least: i64, most: i64, default: i64) -> Result<i64, Problem> {
    match query.last(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if (least..=most).contains(&number) => Ok(number),
        Some(_) => Err(Problem::at(name, format!("must be a number from {least} to {most}"))),
    }
}

fn event_name(name: &str) -> Result<WebhookEvent, Problem> {
    WebhookEvent::find(name).ok_or_else(|| {
        let all: Vec<&str> = WebhookEvent::ALL.iter().map(|event| event.as_str()).collect();
        Problem::at("name", format!("must be one of {}", all.join(", ")))
    })
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let wanted = Wanted::parse(&query)?;
    let tenant = principal.tenant;
    let mut cursor = match wanted.after {
        After::Position(position) => position,
        After::Latest => latest(&app, tenant).await?,
    };
    let until = Instant::now() + wanted.wait;
    loop {
        let written = app.jobs_written.notified();
        let read = read_after(&app, tenant, cursor, wanted.size).await?;
        // What is not wanted is passed over, and not looked at again.
        cursor = read.last().map_or(cursor, |placed| placed.position);
        let is_full = i64::try_from(read.len()).is_ok_and(|count| count == wanted.size);
        let found: Vec<&Placed> = read.iter().filter(|placed| wanted.wants(placed)).collect();
        if !found.is_empty() || (!is_full && Instant::now() >= until) {
            return Ok(answer(&request, &query, cursor, &found, is_full));
        }
        if !is_full {
            // Whichever it is, the next look tells.
            let look_at = until.min(Instant::now() + LOOK_EVERY);
            timeout_at(look_at, written).await.ok();
        }
    }
}

fn answer(request: &RequestUrl, query: &QueryPairs, cursor: i64, found: &[&Placed], has_more: bool) -> Hal {
    let events: Vec<Value> = found.iter().map(|placed| placed.event.to_cloud_event()).collect();
    let mut next = form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(query.iter().filter(|(name, _)| *name != "after"));
    next.append_pair("after", &cursor.to_string());
    let next = format!("{}?{}", request.without_query, next.finish());
    Hal::ok(&json!({
        "cursor": cursor.to_string(),
        "hasMore": has_more,
        "_embedded": {"events": events},
        "_links": {
            "self": Link::to(request.with_query()).title("Events"),
            "next": Link::to(next).title("Events after these"),
        },
    }))
}

/// The place behind all events that there are.
async fn latest(app: &App, tenant: TenantId) -> Result<i64, Error> {
    while place_new(app, tenant).await? {}
    let mut db = app.db.acquire().await?;
    Ok(store::last_position(&mut db, tenant).await?)
}

async fn read_after(app: &App, tenant: TenantId, after: i64, size: i64) -> Result<Vec<Placed>, Error> {
    place_new(app, tenant).await?;
    let mut db = app.db.acquire().await?;
    Ok(store::list_after(&mut db, tenant, after, size).await?)
}

/// Gives places to events that have none, but not to all if there are very many. Returns whether there were any.
async fn place_new(app: &App, tenant: TenantId) -> Result<bool, Error> {
    let mut tx = app.db.begin().await?;
    if !store::has_new(&mut tx, tenant).await? {
        return Ok(false);
    }
    // Only now: what is seen from here on includes all that was placed before.
    let last = store::hold_feed(&mut tx, tenant).await?;
    store::place_new(&mut tx, tenant, last, MOST).await?;
    tx.commit().await?;
    Ok(true)
}
