//! Publishing: one transaction puts the version, its branch and tags, its contracts, their integrations, and what
//! follows from them. Nothing here takes a lock on the provider: consumers of a popular one don't queue.
//!
//! Rows are written in one order (pacticipants by name, the branch, heads of tags by name, contracts by provider), so that
//! publications never wait for each other in a circle.

use std::collections::BTreeSet;

use pactolus_domain::comparison_notices::comparison_notices;
use pactolus_domain::content::{Content, ContentSha};
use pactolus_domain::difference::difference;
use pactolus_domain::merge::merge;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::notice::Notice;
use pactolus_domain::publication_notices::{ContentChange, DetectedEvent, Line, Outcome, PreviousContent};
use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, Before, Existing, Slot};
use crate::app::App;
use crate::audit;
use crate::comparisons;
use crate::edge::{BaseUrl, Error, Principal};
use crate::ids::{ContentId, PacticipantId, TenantId};
use crate::pacticipants;
use crate::usage;
use crate::versions::{self, LineOfVersion};
use crate::webhooks::{self, ContractEvent, Listeners, Triggered};

/// What a consumer build publishes at once.
pub(super) struct Publication {
    pub(super) consumer: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) branch: Option<BranchName>,
    pub(super) tags: Vec<TagName>,
    pub(super) build_url: Option<String>,
    pub(super) contracts: Vec<ContractToPublish>,
}

pub(super) struct ContractToPublish {
    pub(super) provider: PacticipantName,
    pub(super) content: Content,
    pub(super) on_conflict: OnConflict,
}

/// What to do when the version has other content already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnConflict {
    /// Replace it, where the settings allow that.
    Overwrite,
    /// Keep what is there and add what is new.
    Merge,
}

/// A contract that was published.
pub(super) struct PublishedContract {
    pub(super) provider: PacticipantName,
    pub(super) content: ContentId,
    pub(super) outcome: Outcome,
    pub(super) events: Vec<DetectedEvent>,
    pub(super) triggered: Vec<Triggered>,
    /// Whether any webhook listens to this pair.
    pub(super) has_webhooks: bool,
    pub(super) has_verification: bool,
}

pub(super) struct Published {
    pub(super) version_created: bool,
    pub(super) contracts: Vec<PublishedContract>,
}

/// Why nothing was published.
pub(super) enum Refusal {
    /// Names that are new but look like existing ones: a message for each.
    SimilarNames(Vec<String>),
    /// Contracts of this version that have other content: provider and the difference.
    Conflicts(Vec<RefusedContract>),
    Error(Error),
}

pub(super) struct RefusedContract {
    pub(super) provider: PacticipantName,
    pub(super) on_conflict: OnConflict,
    /// Lines with `+` and `-`, or the interactions that cannot be merged.
    pub(super) explanation: String,
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

pub(super) async fn publish(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    mut publication: Publication,
) -> Result<Published, Refusal> {
    let tenant = principal.tenant;
    publication.contracts.sort_by(|a, b| a.provider.cmp(&b.provider));
    let (consumer, providers) = ensure_pacticipants(db, app, tenant, base, &publication).await?;
    let build_url = publication.build_url.as_deref();
    let version = versions::ensure_version(db, tenant, consumer, &publication.version, build_url, app.now()).await?;
    let Publication { branch, tags, .. } = &publication;
    versions::put_branch_and_tags(db, app, tenant, consumer, version, branch.as_ref(), tags).await?;

    let provider_ids: BTreeSet<i64> = providers.iter().map(|provider| provider.0).collect();
    let provider_ids: Vec<i64> = provider_ids.into_iter().collect();
    let existing =
        if version.created { Vec::new() } else { store::list_existing(db, tenant, version.id, &provider_ids).await? };
    let mut resolved = Vec::new();
    let mut conflicts = Vec::new();
    for (contract, provider) in publication.contracts.iter().zip(&providers) {
        let before = existing.iter().find(|existing| existing.provider_id == *provider);
        match resolve(db, app, tenant, contract, before).await? {
            Ok(content) => resolved.push((contract, *provider, content)),
            Err(conflict) => conflicts.push(conflict),
        }
    }
    if !conflicts.is_empty() {
        return Err(Refusal::Conflicts(conflicts));
    }

    let neighbours = Neighbours {
        lines: versions::list_lines_of(db, tenant, version.id).await?,
        listeners: Listeners::read(db, tenant, consumer, &provider_ids).await?,
        verifiers: store::list_verifiers(db, tenant, consumer, &provider_ids).await?,
    };
    let mut contracts = Vec::new();
    for (contract, provider, (outcome, content)) in resolved {
        let slot = Slot { consumer, version, provider };
        let put =
            Put { publication: &publication, contract, slot, outcome, content: &content, neighbours: &neighbours };
        contracts.push(put_contract(db, app, principal, base, put).await?);
    }
    Ok(Published { version_created: version.created, contracts })
}

/// The consumer and the providers, created where they are missing, unless their names look like existing ones.
async fn ensure_pacticipants(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    publication: &Publication,
) -> Result<(PacticipantId, Vec<PacticipantId>), Refusal> {
    let mut names = vec![&publication.consumer];
    names.extend(publication.contracts.iter().map(|contract| &contract.provider));
    let ids = pacticipants::introduce(db, app, tenant, base, &names).await?.map_err(Refusal::SimilarNames)?;
    let (consumer, providers) = ids.split_first().ok_or_else(|| Error::internal("no pacticipant was ensured"))?;
    Ok((*consumer, providers.to_vec()))
}

type Resolved = (Outcome, Content);

/// What is to be stored, given what the version has already.
async fn resolve(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    contract: &ContractToPublish,
    before: Option<&Existing>,
) -> Result<Result<Resolved, RefusedContract>, Error> {
    let content = &contract.content;
    let Some(before) = before else { return Ok(Ok((Outcome::Created, content.clone()))) };
    if before.sha == content.sha().as_str() {
        return Ok(Ok((Outcome::Unchanged, content.clone())));
    }
    let conflict = |explanation: String| RefusedContract {
        provider: contract.provider.clone(),
        on_conflict: contract.on_conflict,
        explanation,
    };
    let stored = store::find_text(db, tenant, before.content_id).await?;
    let stored = Content::parse(stored).map_err(Error::internal)?;
    match contract.on_conflict {
        OnConflict::Merge => Ok(match merge(&stored, content) {
            Ok(merged) => {
                let merged = Content::parse(merged).map_err(Error::internal)?;
                let outcome = if merged.sha().as_str() == before.sha { Outcome::Unchanged } else { Outcome::Merged };
                Ok((outcome, merged))
            }
            Err(conflicts) => {
                let lines: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
                Err(conflict(lines.join("\n")))
            }
        }),
        OnConflict::Overwrite if app.settings.allow_contract_modification => {
            Ok(Ok((Outcome::Overwritten, content.clone())))
        }
        OnConflict::Overwrite => Ok(Err(conflict(difference(&stored, content)))),
    }
}

/// Holds what was published against what the providers offer, once it is committed. Returns what is told of it.
pub(super) async fn settle(app: &App, principal: &Principal, base: &BaseUrl, published: &Published) -> Vec<Notice> {
    let contents: Vec<ContentId> = published.contracts.iter().map(|contract| contract.content).collect();
    comparison_notices(&comparisons::settle_contracts(app, principal.tenant, base, &contents).await)
}

#[derive(Clone, Copy)]
struct Put<'a> {
    publication: &'a Publication,
    contract: &'a ContractToPublish,
    slot: Slot,
    outcome: Outcome,
    content: &'a Content,
    neighbours: &'a Neighbours,
}

/// What concerns all contracts of a publication.
struct Neighbours {
    /// Tags and branches of the version.
    lines: Vec<LineOfVersion>,
    listeners: Listeners,
    /// Providers that ever published a result for the consumer.
    verifiers: Vec<PacticipantId>,
}

async fn put_contract(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    put: Put<'_>,
) -> Result<PublishedContract, Error> {
    let tenant = principal.tenant;
    let Put { publication, contract, slot, outcome, content, neighbours } = put;
    let ensured = store::ensure_content(db, tenant, slot.consumer, slot.provider, content, app.now()).await?;
    let content_id = ensured.id;
    if ensured.created {
        usage::record(db, tenant, slot.provider, content_id, content.raw()).await?;
    }
    store::put_contract(db, tenant, slot, content_id, outcome != Outcome::Unchanged, app.now()).await?;
    let subject = format!("{} {} {}", publication.consumer, publication.version, contract.provider);
    let detail = json!({"sha": content.sha(), "outcome": format!("{outcome:?}").to_lowercase()});
    audit::record(db, app, principal, "contract.published", &subject, &detail).await?;

    let change = change(db, tenant, put).await?;
    let mut events = vec![DetectedEvent { event: WebhookEvent::ContractPublished, comment: None }];
    if change.changed {
        let event = WebhookEvent::ContractContentChanged;
        events.push(DetectedEvent { event, comment: Some(change.comment) });
    }
    let event = ContractEvent {
        consumer_id: slot.consumer,
        provider_id: slot.provider,
        consumer_version_id: slot.version.id,
        content_id,
        consumer: publication.consumer.as_str(),
        provider: contract.provider.as_str(),
        consumer_version: publication.version.as_str(),
        sha: content.sha().as_str(),
        build_url: publication.build_url.as_deref(),
    };
    let names: Vec<WebhookEvent> = events.iter().map(|detected| detected.event).collect();
    let told = webhooks::tell_of_contract(db, app, tenant, base, &neighbours.listeners, &event, &names).await?;
    if told.requires_verification {
        let event = WebhookEvent::ContractRequiringVerificationPublished;
        events.push(DetectedEvent { event, comment: None });
    }
    Ok(PublishedContract {
        provider: contract.provider.clone(),
        content: content_id,
        outcome,
        events,
        triggered: told.triggered,
        has_webhooks: told.has_webhooks,
        has_verification: neighbours.verifiers.contains(&slot.provider),
    })
}

/// Whether the content is new to someone who follows the consumer: compared with the contract before on each tag and
/// on each branch of this version, or, without either, with the last untagged one.
async fn change(db: &mut PgConnection, tenant: TenantId, put: Put<'_>) -> Result<ContentChange, Error> {
    let Put { publication, slot, outcome, content, neighbours, .. } = put;
    match outcome {
        Outcome::Unchanged => return Ok(ContentChange { changed: false, comment: "pact content is unchanged".into() }),
        Outcome::Overwritten | Outcome::Merged => {
            let version = format!("{} version {}", publication.consumer, publication.version);
            let comment = format!("pact content modified since previous publication for {version}");
            return Ok(ContentChange { changed: true, comment });
        }
        Outcome::Created => {}
    }
    let (tags, branches): (Vec<&LineOfVersion>, Vec<&LineOfVersion>) =
        neighbours.lines.iter().partition(|line| line.is_tag);
    let tags: Vec<TagName> = tags.into_iter().filter_map(|tag| TagName::parse(&tag.name).ok()).collect();
    let branches: Vec<BranchName> = branches.into_iter().filter_map(|on| BranchName::parse(&on.name).ok()).collect();
    let mut lines: Vec<Line<'_>> = tags.iter().map(Line::Tag).chain(branches.iter().map(Line::Branch)).collect();
    if lines.is_empty() {
        lines.push(Line::Untagged);
    }
    let mut shas = Vec::new();
    for line in &lines {
        let before = match line {
            Line::Tag(tag) => Before::Tag(tag.as_str()),
            Line::Branch(branch) => Before::Branch(branch.as_str()),
            Line::Untagged => Before::Untagged,
        };
        let sha = store::find_previous_sha(db, tenant, slot, &before).await?;
        shas.push(sha.and_then(|sha| ContentSha::parse(sha).ok()));
    }
    let previous: Vec<PreviousContent<'_>> =
        lines.into_iter().zip(&shas).map(|(line, sha)| PreviousContent { line, sha: sha.as_ref() }).collect();
    Ok(ContentChange::detect(content.sha(), &previous))
}
