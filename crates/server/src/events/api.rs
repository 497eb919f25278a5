//! HTTP of the feed: events after a cursor, at once or as soon as there are any.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::webhook::WebhookEvent;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::Event;
use super::store::{self, Placed};
use crate::app::App;
use crate::edge::{Error, Hal, Link, MOST_BY_KEY, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key};
use crate::ids::TenantId;

/// Of an answer in which nothing was found: whoever asks goes on from there.
const MOST_LOOKS: u32 = 10;
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
        let size = problems.note(size_by_key(query));
        let wait = problems.note(wait(query));
        let names = query.list("name").into_iter().filter_map(|name| problems.note(event_name(name))).collect();
        match (after, size, wait) {
            (Some(after), Some(size), Some(wait)) => problems.or(Self { after, size, wait, names }),
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

fn wait(query: &QueryPairs) -> Result<Duration, Problem> {
    match query.last("wait").map(str::parse) {
        None => Ok(Duration::ZERO),
        Some(Ok(seconds)) if seconds <= LONGEST_WAIT_SECONDS => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(Problem::at("wait", format!("must be a number from 0 to {LONGEST_WAIT_SECONDS}"))),
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
    let mut looks = 0;
    loop {
        let written = app.jobs_written.notified();
        let look = look(&app, tenant, cursor, &wanted).await?;
        cursor = look.cursor;
        looks += 1;
        let is_over = if look.has_more { looks >= MOST_LOOKS } else { Instant::now() >= until };
        if !look.found.is_empty() || is_over {
            return Ok(answer(&request, &query, &look));
        }
        if !look.has_more {
            // Whichever it is, the next look tells.
            let look_at = until.min(Instant::now() + LOOK_EVERY);
            timeout_at(look_at, written).await.ok();
        }
    }
}

/// What stands behind a cursor.
struct Look {
    found: Vec<Event>,
    /// Where to go on.
    cursor: i64,
    has_more: bool,
}

/// What is not wanted is passed over, and not looked at again.
async fn look(app: &App, tenant: TenantId, after: i64, wanted: &Wanted) -> Result<Look, Error> {
    // Of few names there may be few: they are looked for in large steps.
    let step = if wanted.names.is_empty() { wanted.size } else { MOST_BY_KEY };
    let read = read_after(app, tenant, after, step).await?;
    let mut look =
        Look { found: Vec::new(), cursor: after, has_more: i64::try_from(read.len()).is_ok_and(|count| count == step) };
    for placed in read {
        if i64::try_from(look.found.len()).is_ok_and(|count| count == wanted.size) {
            look.has_more = true;
            break;
        }
        look.cursor = placed.position;
        if wanted.wants(&placed) {
            look.found.push(placed.event);
        }
    }
    Ok(look)
}

fn answer(request: &RequestUrl, query: &QueryPairs, look: &Look) -> Hal {
    let events: Vec<Value> = look.found.iter().map(Event::to_cloud_event).collect();
    let (cursor, has_more) = (look.cursor, look.has_more);
    let next = next_by_key(request, query, "after", &cursor.to_string());
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
    store::place_new(&mut tx, tenant, last, MOST_BY_KEY).await?;
    tx.commit().await?;
    Ok(true)
}
