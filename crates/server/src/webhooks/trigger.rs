//! Telling webhooks of an event: a delivery and its job for each, in the event's transaction.

use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::VersionNumber;
use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::{Context, Status};
use super::store::{self, Listening, NewDelivery, Unverified};
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls};
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};
use crate::jobs;
use crate::verification_requests::{self, Subject};

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

    pub(super) fn to(&self, provider: PacticipantId) -> Vec<&Listening> {
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
    let subject = Subject { consumer: event.consumer_id, provider: event.provider_id, content: event.content_id };
    let versions: Vec<VersionId> = unverified.iter().map(|required| required.version).collect();
    let requests = verification_requests::request(db, app, tenant, base, &subject, &versions).await?;
    let mut triggered = Vec::new();
    if !listening.is_empty() {
        let mut context = contract_context(db, tenant, base, event).await?;
        let about = About::contract(event);
        for name in names {
            triggered.extend(trigger(db, app, tenant, &listening, *name, about, &mut context.clone()).await?);
        }
        let mut deliveries = Vec::new();
        for required in &unverified {
            let told = tell_of_requirement(db, app, tenant, &listening, about, required, &mut context).await?;
            let request = requests.iter().find(|(version, _)| *version == required.version);
            deliveries.extend(told.iter().filter_map(|one| Some((request?.1, one.delivery))));
            triggered.extend(told);
        }
        verification_requests::record_deliveries(db, tenant, &deliveries).await?;
    }
    Ok(Told { triggered, has_webhooks: !listening.is_empty(), requires_verification: !unverified.is_empty() })
}

/// `context` is that of the contract; it is left with what is said of the provider version.
pub(super) async fn tell_of_requirement(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    listening: &[&Listening],
    about: About,
    required: &Unverified,
    context: &mut Context,
) -> Result<Vec<Triggered>, Error> {
    context.describe(db, tenant, "provider", about.provider, Some(required.version)).await?;
    context.set("providerVersionNumber", &required.number);
    context.set("providerVersionDescriptions", required.descriptions.join(", "));
    let name = WebhookEvent::ContractRequiringVerificationPublished;
    trigger(db, app, tenant, listening, name, about, &mut context.clone()).await
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

/// One delivery for each consumer version that the contract was fetched for, so that each of their builds learns of it.
pub(crate) async fn tell_of_verification(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    event: &VerificationEvent<'_>,
) -> Result<Vec<Triggered>, Error> {
    let listeners = Listeners::read(db, tenant, event.consumer_id, &[event.provider_id.0]).await?;
    let listening = listeners.to(event.provider_id);
    if listening.is_empty() {
        return Ok(Vec::new());
    }
    let outcome = if event.success {
        WebhookEvent::ProviderVerificationSucceeded
    } else {
        WebhookEvent::ProviderVerificationFailed
    };
    let mut triggered = Vec::new();
    for publisher in store::list_publishers(db, tenant, event.content_id, event.consumer_versions).await? {
        let mut context = Context::default();
        context.set("consumerName", event.consumer);
        context.set("providerName", event.provider);
        context.set("consumerVersionNumber", &publisher.number);
        context.set("providerVersionNumber", event.provider_version);
        let build_url = event.build_url.or(publisher.build_url.as_deref());
        context.set("buildUrl", build_url.unwrap_or_default());
        context.set("pactUrl", pact_url(base, event.provider, event.consumer, event.sha, &publisher.number));
        let result = urls::verification(base, event.provider, event.consumer, event.sha, event.number);
        context.set("verificationResultUrl", result);
        context.describe(db, tenant, "consumer", event.consumer_id, Some(publisher.id)).await?;
        context.describe(db, tenant, "provider", event.provider_id, Some(event.provider_version_id)).await?;
        context.set_status(Status::of(Some(event.success)));
        let about = About {
            consumer: event.consumer_id,
            provider: event.provider_id,
            consumer_version: Some(publisher.id),
            verification_number: Some(event.number),
        };
        for name in [WebhookEvent::ProviderVerificationPublished, outcome] {
            triggered.extend(trigger(db, app, tenant, &listening, name, about, &mut context).await?);
        }
    }
    Ok(triggered)
}

fn pact_url(base: &BaseUrl, provider: &str, consumer: &str, sha: &str, version: &str) -> String {
    let metadata = VersionNumber::parse(version).ok().map(|number| Metadata::for_version(number).encode());
    urls::content(base, provider, consumer, sha, metadata.as_deref())
}

#[derive(Clone, Copy)]
pub(super) struct About {
    consumer: PacticipantId,
    provider: PacticipantId,
    consumer_version: Option<VersionId>,
    verification_number: Option<i64>,
}

impl About {
    pub(super) fn contract(event: &ContractEvent<'_>) -> Self {
        Self {
            consumer: event.consumer_id,
            provider: event.provider_id,
            consumer_version: Some(event.consumer_version_id),
            verification_number: None,
        }
    }
}

async fn trigger(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    listening: &[&Listening],
    event: WebhookEvent,
    about: About,
    context: &mut Context,
) -> Result<Vec<Triggered>, Error> {
    context.set("eventName", event.as_str());
    let mut triggered = Vec::new();
    for webhook in listening.iter().filter(|webhook| webhook.wants(event)) {
        let delivery = app.new_id();
        let new = NewDelivery {
            id: delivery,
            webhook: &webhook.id,
            event,
            context: &context.to_value(),
            consumer: about.consumer,
            provider: about.provider,
            consumer_version: about.consumer_version,
            verification_number: about.verification_number,
        };
        if !store::insert_delivery(db, tenant, &new, app.now()).await? {
            continue;
        }
        let payload = json!({"delivery": delivery});
        jobs::enqueue(db, app, tenant, jobs::Kind::WebhookDelivery, &webhook.host, &payload).await?;
        let description = webhook.description.clone();
        triggered.push(Triggered { webhook: webhook.id.clone(), description, event, delivery });
    }
    Ok(triggered)
}
