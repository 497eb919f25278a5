//! Publishing: one transaction puts the version, its branch and tags, its document with what came of testing, and what
//! follows from it.

use pactolus_domain::comparison_notices::comparison_notices;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::notice::Notice;
use pactolus_domain::provider_contract::{Document, MediaType, Outcome, Specification};
use pactolus_domain::publication_notices::PublishedVersion;
use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, Existing, Put, Results};
use super::view;
use crate::app::App;
use crate::audit;
use crate::comparisons;
use crate::edge::{BaseUrl, Error, Principal, without_nulls};
use crate::ids::TenantId;
use crate::pacticipants;
use crate::versions;
use crate::webhooks::{self, Happened};

/// What a provider's build publishes.
pub(super) struct Publication {
    pub(super) provider: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) branch: Option<BranchName>,
    pub(super) tags: Vec<TagName>,
    pub(super) build_url: Option<String>,
    pub(super) contract: ContractToPublish,
}

/// A document, and what came of testing the provider against it.
pub(super) struct ContractToPublish {
    pub(super) specification: Specification,
    pub(super) document: Document,
    pub(super) content_type: MediaType,
    pub(super) results: Option<Results>,
    /// Whether the results do not say what they are, and so count as failed.
    pub(super) is_unsaid: bool,
}

pub(super) struct Published {
    /// Of the document.
    pub(super) content: i64,
    pub(super) version_created: bool,
    pub(super) outcome: Outcome,
    /// What came of testing, as far as it is known now.
    pub(super) success: Option<bool>,
}

/// Why nothing was published.
pub(super) enum Refusal {
    /// The name is new but looks like existing ones: a message.
    SimilarNames(Vec<String>),
    /// The version has another document: what differs, in a sentence.
    OtherDocument(String),
    Error(Error),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Publication {
    pub(super) fn told_version(&self, created: bool) -> PublishedVersion<'_> {
        PublishedVersion {
            pacticipant: &self.provider,
            number: &self.version,
            created,
            branch: self.branch.as_ref(),
            tags: &self.tags,
        }
    }
}

pub(super) async fn publish(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    publication: &Publication,
) -> Result<Published, Refusal> {
    let (tenant, now) = (principal.tenant, app.now());
    let Publication { version: number, branch, tags, contract, .. } = publication;
    let ids = pacticipants::introduce(db, app, tenant, base, &[&publication.provider]).await?;
    let provider = ids.map_err(Refusal::SimilarNames)?[0];
    let build_url = publication.build_url.as_deref();
    let version = versions::ensure_version(db, tenant, provider, number, build_url, now).await?;
    versions::put_branch_and_tags(db, app, tenant, provider, version, branch.as_ref(), tags).await?;

    let existing = if version.created { None } else { store::find_existing(db, tenant, version.id).await? };
    let outcome = outcome(app, contract, existing.as_ref())?;
    let content = store::ensure_content(db, tenant, provider, contract.specification, &contract.document, now).await?;
    let put =
        Put { provider, version, content, content_type: &contract.content_type, results: contract.results.as_ref() };
    store::put(db, tenant, &put, existing.as_ref(), now).await?;
    let known = existing.filter(|_| outcome == Outcome::Unchanged).and_then(|same| same.success);
    let success = contract.results.as_ref().map(|results| results.success).or(known);

    let subject = format!("{} {number}", publication.provider);
    let detail = json!({
        "sha": contract.document.sha(),
        "specification": contract.specification.as_str(),
        "outcome": format!("{outcome:?}").to_lowercase(),
        "success": success,
    });
    audit::record(db, app, principal, "provider_contract.published", &subject, &detail).await?;
    tell(db, app, tenant, base, publication, success).await?;
    Ok(Published { content, version_created: version.created, outcome, success })
}

/// Holds consumers' contracts against what was published, once it is committed. Returns what is told of it.
pub(super) async fn settle(app: &App, principal: &Principal, base: &BaseUrl, published: &Published) -> Vec<Notice> {
    comparison_notices(&comparisons::settle_document(app, principal.tenant, base, published.content).await)
}

fn outcome(app: &App, contract: &ContractToPublish, existing: Option<&Existing>) -> Result<Outcome, Refusal> {
    let (sha, specification) = (contract.document.sha().as_str(), contract.specification.as_str());
    match existing {
        None => Ok(Outcome::Created),
        Some(same) if same.sha == sha && same.specification == specification => Ok(Outcome::Unchanged),
        Some(_) if app.settings.allow_contract_modification => Ok(Outcome::Overwritten),
        Some(other) => Err(Refusal::OtherDocument(format!(
            "Published is {} with the SHA-256 {}; sent was {specification} with the SHA-256 {sha}",
            other.specification, other.sha
        ))),
    }
}

/// Each publication is told, as those of consumers are: who retries one whose answer was lost tells twice.
async fn tell(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    publication: &Publication,
    success: Option<bool>,
) -> Result<(), Error> {
    let Publication { contract, .. } = publication;
    let (provider, version) = (publication.provider.as_str(), publication.version.as_str());
    let branch = publication.branch.as_ref().map(BranchName::as_str);
    let data = without_nulls(json!({
        "provider": without_nulls(json!({"name": provider, "version": version, "branch": branch})),
        "providerContract": {
            "specification": contract.specification.as_str(),
            "contentType": contract.content_type.as_str(),
            "sha": contract.document.sha(),
            "url": view::address(base, provider, version),
        },
        "selfVerification": success.map(|success| json!({"success": success})),
        "buildUrl": publication.build_url,
    }));
    let happened = Happened {
        name: WebhookEvent::ProviderContractPublished,
        pacticipants: &[provider],
        subject: provider.to_owned(),
        data,
        values: vec![
            ("pacticipantName", provider),
            ("pacticipantVersionNumber", version),
            ("providerName", provider),
            ("providerVersionNumber", version),
            ("providerVersionBranch", branch.unwrap_or_default()),
            ("buildUrl", publication.build_url.as_deref().unwrap_or_default()),
        ],
        once: None,
    };
    webhooks::tell_of(db, app, tenant, base, happened).await?;
    Ok(())
}
