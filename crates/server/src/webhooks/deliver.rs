//! Sending what a delivery says. Runs in a worker, maybe more than once.

use std::fmt::Write;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use pactolus_domain::template;
use pactolus_domain::webhook::{WebhookRequest, redacted_header};
use serde_json::Value;
use uuid::Uuid;

use super::context::value_of;
use super::store::{self, Attempt, Due};
use crate::app::App;
use crate::edge::Error;
use crate::jobs::{self, Job};
use crate::outgoing::{Answer, Call, CallError};

/// Tries once, and writes down what came of it: done, to be repeated, or given up.
pub(crate) async fn deliver(app: &App, job: &Job) -> Result<(), Error> {
    let id = job.payload.get("delivery").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| Error::internal("the job names no delivery"))?;
    let mut db = app.db.acquire().await?;
    let Some(Due { sealed_request, context }) = store::find_due(&mut db, job.tenant, id).await? else {
        // Done before: this is a repetition after a lease ran out.
        jobs::finish(&mut db, job).await?;
        return Ok(());
    };
    let Some(sealed) = sealed_request else {
        return give_up(app, job, id, "the webhook was deleted").await;
    };
    let request = super::open(&mut db, app, job.tenant, &sealed).await?;
    drop(db);

    let call = call(&request, &context, id);
    let mut log = Log::new(app.now());
    log.request(&call);
    let started = Instant::now();
    let answered = app.outgoing.send(call).await;
    let duration = started.elapsed();
    log.answer(&answered, !app.settings.webhooks.targets.hosts.is_empty());
    record(app, job, id, &answered, log, duration).await
}

async fn record(
    app: &App,
    job: &Job,
    id: Uuid,
    answered: &Result<Answer, CallError>,
    mut log: Log,
    duration: Duration,
) -> Result<(), Error> {
    let response_status = answered.as_ref().ok().map(|answer| i32::from(answer.status));
    let success = answered.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    let made = usize::try_from(job.attempts).unwrap_or(1).max(1);
    let pause = app.settings.webhooks.retry_schedule.get(made - 1).copied();
    let status = match (success, pause) {
        (true, _) => "success",
        (false, Some(_)) => "retrying",
        (false, None) => "failure",
    };
    match (success, pause) {
        (true, _) => log.line("Successfully executed webhook"),
        (false, Some(pause)) => log.line(&format!("Retrying webhook in {} seconds", pause.as_secs())),
        (false, None) => log.line(&format!("Webhook execution failed after {made} attempts")),
    }
    let attempt = Attempt {
        number: job.attempts,
        success,
        response_status,
        log: &log.text,
        duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
    };

    let mut tx = app.db.begin().await?;
    store::record_attempt(&mut tx, job.tenant, id, &attempt, status, app.now()).await?;
    let error = match answered {
        Ok(answer) => format!("the receiver answered {}", answer.status),
        Err(error) => error.to_string(),
    };
    match (success, pause) {
        (true, _) => jobs::finish(&mut tx, job).await?,
        (false, Some(pause)) => {
            let run_at = app.now() + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX);
            jobs::postpone(&mut tx, job, run_at, &error).await?;
        }
        (false, None) => jobs::bury(&mut tx, job, app.now(), &error).await?,
    }
    tx.commit().await?;
    tracing::info!(webhook.delivery = %id, webhook.status = status, "webhook delivery {id}, attempt {made}: {status}");
    Ok(())
}

async fn give_up(app: &App, job: &Job, id: Uuid, why: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    store::put_status(&mut tx, job.tenant, id, "failure", app.now()).await?;
    jobs::bury(&mut tx, job, app.now(), why).await?;
    tx.commit().await?;
    Ok(())
}

/// The template with the event's values. The delivery's id lets a receiver drop what it has seen already.
fn call(request: &WebhookRequest, context: &Value, id: Uuid) -> Call {
    let value = |name: &str| value_of(context, name);
    let render = |text: &str| template::render(text, value);
    let is_json = request.is_json();
    let body = request.body.as_ref().map(|body| template::render_body(body, is_json, value)).unwrap_or_default();
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, text)| (name.clone(), render(text))).collect();
    let has = |headers: &[(String, String)], wanted: &str| headers.iter().any(|(name, _)| name == wanted);
    if !has(&headers, "accept") {
        headers.push(("accept".into(), "*/*".into()));
    }
    if !has(&headers, "content-type") && is_json {
        headers.push(("content-type".into(), "application/json".into()));
    }
    headers.push(("webhook-id".into(), id.to_string()));
    let basic_auth = request.username.as_deref().map(|name| (render(name), request.password.as_deref().map(render)));
    if basic_auth.is_some() {
        headers.retain(|(name, _)| name != "authorization");
    }
    Call { method: request.method.clone(), url: template::render_url(&request.url, value), headers, basic_auth, body }
}

/// What a person reads of an attempt. Bodies and queries that we send are left out: people put secrets there.
struct Log {
    at: DateTime<Utc>,
    text: String,
}

impl Log {
    fn new(at: DateTime<Utc>) -> Self {
        Self { at, text: String::new() }
    }

    fn line(&mut self, text: &str) {
        self.write("INFO", text);
    }

    fn write(&mut self, level: &str, text: &str) {
        let at = self.at.format("%Y-%m-%dT%H:%M:%SZ");
        writeln!(self.text, "[{at}] {level}: {text}").expect("writing to a string does not fail");
    }

    fn request(&mut self, call: &Call) {
        let url = call.url.split(['?', '#']).next().unwrap_or_default();
        self.line(&format!("HTTP/1.1 {} {url}", call.method));
        for (name, value) in &call.headers {
            let shown = redacted_header(name, value);
            self.line(&format!("{name}: {shown}"));
        }
        if call.basic_auth.is_some() {
            self.line("authorization: **********");
        }
        self.line(&format!("({} bytes of body)", call.body.len()));
    }

    fn answer(&mut self, answered: &Result<Answer, CallError>, may_show: bool) {
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => return self.write("ERROR", &format!("Error executing webhook: {error}")),
        };
        self.line(&format!("HTTP/1.1 {}", answer.status));
        if !may_show {
            return self.line(
                "For security purposes, the response details are not logged. To enable response logging, configure \
                 the webhook_host_whitelist property.",
            );
        }
        for (name, value) in &answer.headers {
            self.line(&format!("{name}: {value}"));
        }
        let body = String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}");
        self.line(&body);
    }
}
