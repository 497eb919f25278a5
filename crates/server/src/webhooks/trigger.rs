//! Telling of contracts and results.

use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::VersionNumber;
use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::{Context, Status};
use super::store::{self, Listening, Publisher, Unverified};
use super::telling::{About, Telling};
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls, without_nulls};
use crate::events::NewEvent;
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};
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
    let about = event.about();
    let mut context = if listening.is_empty() { None } else { Some(contract_context(db, tenant, base, event).await?) };
    let mut telling = Telling::default();
    for name in names {
        telling.add(event.told(*name, base, None), about, context.clone());
    }
    for required in &unverified {
        let request = requests.iter().find(|(version, _)| *version == required.version).map(|(_, id)| *id);
        require(&mut telling, db, tenant, base, event, (required, request), context.as_mut()).await?;
    }
    let triggered = telling.write(db, app, tenant, base, &listening).await?;
    Ok(Told { triggered, has_webhooks: !listening.is_empty(), requires_verification: !unverified.is_empty() })
}

/// `context` is that of the contract; it is left with what is said of the provider version.
async fn require(
    telling: &mut Telling,
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    event: &ContractEvent<'_>,
    (required, request): (&Unverified, Option<Uuid>),
    mut context: Option<&mut Context>,
) -> Result<(), Error> {
    if let Some(context) = &mut context {
        context.describe(db, tenant, "provider", event.provider_id, Some(required.version)).await?;
        context.set("providerVersionNumber", &required.number);
        context.set("providerVersionDescriptions", required.descriptions.join(", "));
    }
    let name = WebhookEvent::ContractRequiringVerificationPublished;
    let new = event.told(name, base, Some(&required.number));
    telling.add_requested(new, event.about(), context.cloned(), request);
    Ok(())
}

impl ContractEvent<'_> {
    fn about(&self) -> About {
        About {
            consumer: Some(self.consumer_id),
            provider: Some(self.provider_id),
            consumer_version: Some(self.consumer_version_id),
            verification_number: None,
        }
    }

    fn told(&self, name: WebhookEvent, base: &BaseUrl, provider_version: Option<&str>) -> NewEvent {
        let data = without_nulls(json!({
            "consumer": {"name": self.consumer, "version": self.consumer_version},
            "provider": without_nulls(json!({"name": self.provider, "version": provider_version})),
            "contract": {
                "sha": self.sha,
                "url": pact_url(base, self.provider, self.consumer, self.sha, self.consumer_version),
            },
            "buildUrl": self.build_url,
        }));
        NewEvent { name, subject: format!("{}/{}", self.consumer, self.provider), data, once: None }
    }
}

/// Tells who listens of what a provider version still has to verify, as a request says.
pub(super) async fn tell_of_requirement(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    listening: &[&Listening],
    event: &ContractEvent<'_>,
    (required, request): (&Unverified, Uuid),
) -> Result<(), Error> {
    let mut context = if listening.is_empty() { None } else { Some(contract_context(db, tenant, base, event).await?) };
    let mut telling = Telling::default();
    require(&mut telling, db, tenant, base, event, (required, Some(request)), context.as_mut()).await?;
    telling.write(db, app, tenant, base, listening).await?;
    Ok(())
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
            telling.add(event.told(name, base, &publisher), about, context.clone());
        }
    }
    telling.write(db, app, tenant, base, &listening).await?;
    Ok(())
}

impl VerificationEvent<'_> {
    fn build_url<'a>(&'a self, publisher: &'a Publisher) -> Option<&'a str> {
        self.build_url.or(publisher.build_url.as_deref())
    }

    fn told(&self, name: WebhookEvent, base: &BaseUrl, publisher: &Publisher) -> NewEvent {
        let data = without_nulls(json!({
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
        }));
        NewEvent { name, subject: format!("{}/{}", self.consumer, self.provider), data, once: None }
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
