//! Writing what is told: the event for the feed, and a delivery with its job for each webhook that wants it, all at once in
//! the transaction of what happened.

use pactolus_domain::webhook::{BodyFormat, WebhookEvent};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::{CLOUD_EVENT, Context};
use super::store::deliveries::{self, NewDelivery};
use super::store::{self, Listening};
use super::trigger::Triggered;
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::events::{self, Event, NewEvent};
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::jobs::{self, NewJob};
use crate::verification_requests;

/// Something that happened to one pacticipant, or to none in particular.
pub(crate) struct Happened<'a> {
    pub(crate) name: WebhookEvent,
    /// Whose webhooks are told, beside those that are for all: names.
    pub(crate) pacticipants: &'a [&'a str],
    pub(crate) subject: String,
    pub(crate) data: Value,
    /// Of the template's variables.
    pub(crate) values: Vec<(&'static str, &'a str)>,
    /// For what is told once only.
    pub(crate) once: Option<Vec<u8>>,
}

/// Tells of what happened to pacticipants. What was told once before is not told again.
/// Returns whether it was news.
pub(crate) async fn tell_of(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    happened: Happened<'_>,
) -> Result<bool, Error> {
    let Happened { name, pacticipants, subject, data, values, once } = happened;
    let new = NewEvent { name, subject, data, once };
    let Some(event) = events::record(db, app, tenant, base, vec![new]).await?.pop().flatten() else {
        return Ok(false);
    };
    let listening = store::list_listening_to_any(db, tenant, pacticipants).await?;
    let mut context = Context::default();
    for (name, value) in values {
        context.set(name, value);
    }
    context.set("eventName", name.as_str());
    let word = Word { name, about: About::default(), context: None, request: None };
    let wanting = listening.iter().filter(|webhook| webhook.wants(name));
    let new = wanting.map(|to| (delivery(app, to, &word, &context, &event), to));
    write(db, app, tenant, new.collect()).await?;
    Ok(true)
}

#[derive(Clone, Copy, Default)]
pub(super) struct About {
    pub(super) consumer: Option<PacticipantId>,
    pub(super) provider: Option<PacticipantId>,
    pub(super) consumer_version: Option<VersionId>,
    pub(super) verification_number: Option<i64>,
}

/// What is to be told, gathered to be written at once.
#[derive(Default)]
pub(super) struct Telling {
    events: Vec<NewEvent>,
    /// To whom listens, for each of the events.
    words: Vec<Word>,
}

struct Word {
    name: WebhookEvent,
    about: About,
    /// `None` when nobody listens.
    context: Option<Context>,
    /// The verification that it asks for.
    request: Option<Uuid>,
}

impl Telling {
    /// Without a context nobody listens. The event's name becomes part of it.
    pub(super) fn add(&mut self, event: NewEvent, about: About, context: Option<Context>) {
        self.add_requested(event, about, context, None);
    }

    /// The same for what asks for a verification: the request keeps who was told.
    pub(super) fn add_requested(
        &mut self,
        event: NewEvent,
        about: About,
        mut context: Option<Context>,
        request: Option<Uuid>,
    ) {
        if let Some(context) = &mut context {
            context.set("eventName", event.name.as_str());
        }
        self.words.push(Word { name: event.name, about, context, request });
        self.events.push(event);
    }

    /// Writes the events, and deliveries with their jobs for whoever wants them. Returns these, but for those whose
    /// webhook was deleted meanwhile.
    pub(super) async fn write(
        self,
        db: &mut PgConnection,
        app: &App,
        tenant: TenantId,
        base: &BaseUrl,
        listening: &[&Listening],
    ) -> Result<Vec<Triggered>, Error> {
        let events = events::record(db, app, tenant, base, self.events).await?;
        let mut new = Vec::new();
        let mut requested = Vec::new();
        for (event, word) in events.iter().zip(&self.words) {
            let (Some(event), Some(context)) = (event, &word.context) else { continue };
            for to in listening.iter().filter(|webhook| webhook.wants(word.name)) {
                let delivery = delivery(app, to, word, context, event);
                requested.extend(word.request.map(|request| (request, delivery.id)));
                new.push((delivery, *to));
            }
        }
        let triggered = write(db, app, tenant, new).await?;
        requested.retain(|(_, delivery)| triggered.iter().any(|one| one.delivery == *delivery));
        verification_requests::record_deliveries(db, tenant, &requested).await?;
        Ok(triggered)
    }
}

fn delivery(app: &App, to: &Listening, word: &Word, context: &Context, event: &Event) -> NewDelivery {
    let mut context = context.to_value();
    if to.body_format == BodyFormat::CloudEvents.as_str() {
        context[CLOUD_EVENT] = event.to_cloud_event();
    }
    NewDelivery {
        id: app.new_id(),
        webhook: to.id.clone(),
        event: word.name,
        context,
        consumer: word.about.consumer,
        provider: word.about.provider,
        consumer_version: word.about.consumer_version,
        verification_number: word.about.verification_number,
    }
}

async fn write(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    new: Vec<(NewDelivery, &Listening)>,
) -> Result<Vec<Triggered>, Error> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let (new, to): (Vec<NewDelivery>, Vec<&Listening>) = new.into_iter().unzip();
    let written = deliveries::insert_deliveries(db, tenant, &new, app.now()).await?;
    let new = new.iter().zip(&to).filter(|(new, _)| written.contains(&new.id));
    let payloads: Vec<Value> = new.clone().map(|(new, _)| json!({"delivery": new.id})).collect();
    let jobs: Vec<NewJob<'_>> = new
        .clone()
        .zip(&payloads)
        .map(|((new, to), payload)| NewJob { id: new.id, lane: &to.id, in_order: to.in_order, payload })
        .collect();
    jobs::enqueue_all(db, app, tenant, jobs::Kind::WebhookDelivery, &jobs).await?;
    let triggered = new.map(|(new, to)| Triggered {
        webhook: to.id.clone(),
        description: to.description.clone(),
        event: new.event,
        delivery: new.id,
    });
    Ok(triggered.collect())
}
