//! Telling of what happened: the event for the feed, and a delivery with its job for each webhook that wants it, in the
//! transaction of what happened.

use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::VersionNumber;
use pactolus_domain::webhook::{BodyFormat, WebhookEvent};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::{CLOUD_EVENT, Context, Status};
use super::store::deliveries::{self, NewDelivery};
use super::store::{self, Listening, Publisher};
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls, without_nulls};
use crate::events::{self, Event, NewEvent};
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};
use crate::jobs::{self, NewJob};

/// A contract was published.
pub(crate) struct ContractEvent<'a> {
    pub(crate) consumer_id: PacticipantId,
    pub(crate) provider_id: PacticipantId,
    pub(crate) consumer_version_id: VersionId,
    pub(crate) content_id: ContentId,
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) consumer_version: &'a str,
    pub(crate) sha: &'a str,
    pub(crate) build_url: Option<&'a str>,
}

/// A result was published.
pub(crate) struct VerificationEvent<'a> {
    pub(crate) consumer_id: PacticipantId,
    pub(crate) provider_id: PacticipantId,
    pub(crate) content_id: ContentId,
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
    /// Those that the contract was fetched for; may be empty.
    pub(crate) consumer_versions: &'a [String],
    pub(crate) sha: &'a str,
    pub(crate) provider_version_id: VersionId,
    pub(crate) provider_version: &'a str,
    pub(crate) number: i64,
    pub(crate) success: bool,
    pub(crate) build_url: Option<&'a str>,
}

/// A delivery that was written.
#[derive(Clone, Debug)]
pub(crate) struct Triggered {
    pub(crate) webhook: String,
    pub(crate) description: Option<String>,
    pub(crate) event: WebhookEvent,
    pub(crate) delivery: Uuid,
}

/// What came of telling about a contract.
pub(crate) struct Told {
    pub(crate) triggered: Vec<Triggered>,
    /// Whether any webhook listens to the pair, whatever to.
    pub(crate) has_webhooks: bool,
    /// Whether a provider version that matters has no result for the content.
    pub(crate) requires_verification: bool,
}

/// Who listens to a consumer and some providers: read once for all contracts of a publication.
pub(crate) struct Listeners(Vec<Listening>);

impl Listeners {
    pub(crate) async fn read(
        db: &mut PgConnection,
        tenant: TenantId,
        consumer: PacticipantId,
        providers: &[i64],
    ) -> sqlx::Result<Self> {
        store::list_listening(db, tenant, consumer, providers).await.map(Self)
    }

    fn to(&self, provider: PacticipantId) -> Vec<&Listening> {
        self.0.iter().filter(|webhook| webhook.provider_id == provider).collect()
    }
}

pub(crate) async fn tell_of_contract(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    listeners: &Listeners,
    event: &ContractEvent<'_>,
    names: &[WebhookEvent],
) -> Result<Told, Error> {
    let listening = listeners.to(event.provider_id);
    let unverified = store::list_unverified(db, tenant, event.provider_id, event.content_id).await?;
    let about = About {
        consumer: Some(event.consumer_id),
        provider: Some(event.provider_id),
        consumer_version: Some(event.consumer_version_id),
        verification_number: None,
    };
    let mut context = if listening.is_empty() { None } else { Some(contract_context(db, tenant, base, event).await?) };
    let mut telling = Telling::default();
    for name in names {
        telling.add(*name, about, event.subject(), event.data(base, None), context.clone());
    }
    for required in &unverified {
        if let Some(context) = &mut context {
            context.describe(db, tenant, "provider", event.provider_id, Some(required.version)).await?;
            context.set("providerVersionNumber", &required.number);
            context.set("providerVersionDescriptions", required.descriptions.join(", "));
        }
        let name = WebhookEvent::ContractRequiringVerificationPublished;
        telling.add(name, about, event.subject(), event.data(base, Some(&required.number)), context.clone());
    }
    let triggered = telling.write(db, app, tenant, base, &listening).await?;
    Ok(Told { triggered, has_webhooks: !listening.is_empty(), requires_verification: !unverified.is_empty() })
}

impl ContractEvent<'_> {
    fn subject(&self) -> String {
        format!("{}/{}", self.consumer, self.provider)
    }

    fn data(&self, base: &BaseUrl, provider_version: Option<&str>) -> Value {
        without_nulls(json!({
            "consumer": {"name": self.consumer, "version": self.consumer_version},
            "provider": without_nulls(json!({"name": self.provider, "version": provider_version})),
            "contract": {
                "sha": self.sha,
                "url": pact_url(base, self.provider, self.consumer, self.sha, self.consumer_version),
            },
            "buildUrl": self.build_url,
        }))
    }
}

pub(super) async fn contract_context(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    event: &ContractEvent<'_>,
) -> Result<Context, Error> {
    let mut context = Context::default();
    context.set("consumerName", event.consumer);
    context.set("providerName", event.provider);
    context.set("consumerVersionNumber", event.consumer_version);
    context.set("buildUrl", event.build_url.unwrap_or_default());
    context.set("pactUrl", pact_url(base, event.provider, event.consumer, event.sha, event.consumer_version));
    context.describe(db, tenant, "consumer", event.consumer_id, Some(event.consumer_version_id)).await?;
    context.describe(db, tenant, "provider", event.provider_id, None).await?;
    let standing = store::find_standing_result(db, tenant, event.provider_id, event.content_id).await?;
    context.set_status(Status::of(standing));
    Ok(context)
}

/// One event for each consumer version that the contract was fetched for, so that each of their builds learns of it.
pub(crate) async fn tell_of_verification(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    event: &VerificationEvent<'_>,
) -> Result<(), Error> {
    let listeners = Listeners::read(db, tenant, event.consumer_id, &[event.provider_id.0]).await?;
    let listening = listeners.to(event.provider_id);
    let outcome = if event.success {
        WebhookEvent::ProviderVerificationSucceeded
    } else {
        WebhookEvent::ProviderVerificationFailed
    };
    let mut telling = Telling::default();
    for publisher in store::list_publishers(db, tenant, event.content_id, event.consumer_versions).await? {
        let about = About {
            consumer: Some(event.consumer_id),
            provider: Some(event.provider_id),
            consumer_version: Some(publisher.id),
            verification_number: Some(event.number),
        };
        let context = if listening.is_empty() {
            None
        } else {
            Some(verification_context(db, tenant, base, event, &publisher).await?)
        };
        for name in [WebhookEvent::ProviderVerificationPublished, outcome] {
            telling.add(name, about, event.subject(), event.data(base, &publisher), context.clone());
        }
    }
    telling.write(db, app, tenant, base, &listening).await?;
    Ok(())
}

impl VerificationEvent<'_> {
    fn subject(&self) -> String {
        format!("{}/{}", self.consumer, self.provider)
    }

    fn build_url<'a>(&'a self, publisher: &'a Publisher) -> Option<&'a str> {
        self.build_url.or(publisher.build_url.as_deref())
    }

    fn data(&self, base: &BaseUrl, publisher: &Publisher) -> Value {
        without_nulls(json!({
            "consumer": {"name": self.consumer, "version": publisher.number},
            "provider": {"name": self.provider, "version": self.provider_version},
            "contract": {
                "sha": self.sha,
                "url": pact_url(base, self.provider, self.consumer, self.sha, &publisher.number),
            },
            "verification": {
                "number": self.number,
                "success": self.success,
                "url": urls::verification(base, self.provider, self.consumer, self.sha, self.number),
            },
            "buildUrl": self.build_url(publisher),
        }))
    }
}

async fn verification_context(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    event: &VerificationEvent<'_>,
    publisher: &Publisher,
) -> Result<Context, Error> {
    let mut context = Context::default();
    context.set("consumerName", event.consumer);
    context.set("providerName", event.provider);
    context.set("consumerVersionNumber", &publisher.number);
    context.set("providerVersionNumber", event.provider_version);
    context.set("buildUrl", event.build_url(publisher).unwrap_or_default());
    context.set("pactUrl", pact_url(base, event.provider, event.consumer, event.sha, &publisher.number));
    let result = urls::verification(base, event.provider, event.consumer, event.sha, event.number);
    context.set("verificationResultUrl", result);
    context.describe(db, tenant, "consumer", event.consumer_id, Some(publisher.id)).await?;
    context.describe(db, tenant, "provider", event.provider_id, Some(event.provider_version_id)).await?;
    context.set_status(Status::of(Some(event.success)));
    Ok(context)
}

fn pact_url(base: &BaseUrl, provider: &str, consumer: &str, sha: &str, version: &str) -> String {
    let metadata = VersionNumber::parse(version).ok().map(|number| Metadata::for_version(number).encode());
    urls::content(base, provider, consumer, sha, metadata.as_deref())
}

/// Something that happened to one pacticipant, or to none in particular.
pub(crate) struct Happened<'a> {
    pub(crate) name: WebhookEvent,
    /// Whose webhooks are told, beside those that are for all.
    pub(crate) pacticipants: &'a [PacticipantId],
    pub(crate) subject: String,
    pub(crate) data: Value,
    /// Of the template's variables.
    pub(crate) values: Vec<(&'static str, &'a str)>,
    /// For what is told once only.
    pub(crate) once: Option<Vec<u8>>,
}

/// Tells of what happened to pacticipants.
pub(crate) async fn tell_of(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    happened: Happened<'_>,
) -> Result<(), Error> {
    let Happened { name, pacticipants, subject, data, values, once } = happened;
    let listening = store::list_listening_to_any(db, tenant, pacticipants).await?;
    let mut context = Context::default();
    for (name, value) in values {
        context.set(name, value);
    }
    let mut telling = Telling::default();
    telling.add(name, About::default(), subject, data, Some(context));
    telling.events[0].once = once;
    telling.write(db, app, tenant, base, &listening.iter().collect::<Vec<_>>()).await?;
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct About {
    consumer: Option<PacticipantId>,
    provider: Option<PacticipantId>,
    consumer_version: Option<VersionId>,
    verification_number: Option<i64>,
}

/// What is to be told, gathered to be written at once.
#[derive(Default)]
struct Telling {
    events: Vec<NewEvent>,
    /// To whom listens, for each of the events.
    words: Vec<(WebhookEvent, About, Option<Context>)>,
}

impl Telling {
    /// Without a context nobody listens. The event's name becomes part of it.
    fn add(&mut self, name: WebhookEvent, about: About, subject: String, data: Value, mut context: Option<Context>) {
        if let Some(context) = &mut context {
            context.set("eventName", name.as_str());
        }
        self.events.push(NewEvent { name, subject, data, once: None });
        self.words.push((name, about, context));
    }

    /// Writes the events, and deliveries with their jobs for whoever wants them. Returns these, but for those whose
    /// webhook was deleted meanwhile.
    async fn write(
        self,
        db: &mut PgConnection,
        app: &App,
        tenant: TenantId,
        base: &BaseUrl,
        listening: &[&Listening],
    ) -> Result<Vec<Triggered>, Error> {
        let events = events::record(db, app, tenant, base, self.events).await?;
        let mut new = Vec::new();
        for (event, (name, about, context)) in events.iter().zip(&self.words) {
            let (Some(event), Some(context)) = (event, context) else { continue };
            for to in listening.iter().filter(|webhook| webhook.wants(*name)) {
                new.push((delivery(app, to, *name, *about, context, event), *to));
            }
        }
        write(db, app, tenant, new).await
    }
}

fn delivery(
    app: &App,
    to: &Listening,
    name: WebhookEvent,
    about: About,
    context: &Context,
    event: &Event,
) -> NewDelivery {
    let mut context = context.to_value();
    if to.body_format == BodyFormat::CloudEvents.as_str() {
        context[CLOUD_EVENT] = event.to_cloud_event();
    }
    NewDelivery {
        id: app.new_id(),
        webhook: to.id.clone(),
        event: name,
        context,
        consumer: about.consumer,
        provider: about.provider,
        consumer_version: about.consumer_version,
        verification_number: about.verification_number,
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
