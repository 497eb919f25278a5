//! Pacts for verification: which contracts a provider build should verify, and why.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{BranchName, EnvironmentName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::selectors::{
    ConsumerVersionSelector, Criterion, Reason, ResolvedSelector, VerificationRequest, short_description, sort,
};
use pactolus_domain::verification_notices::{
    ProviderLine, State as Forgiven, Verifiable, beta_notice, verification_notices,
};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::store::selected::{self, Selected, Step, Successes};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, OptionalJson, PathNames, Principal, RequestUrl, urls};
use crate::environments;
use crate::ids::{PacticipantId, TenantId};
use crate::pacticipants;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacts/provider/{provider}/for-verification", get(list).post(select))
}

struct ProviderPath(PacticipantName);

impl FromPath for ProviderPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("provider").map(Self)
    }
}

/// What verifiers read first, only for its own address; an old client gets the default selection.
async fn list(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    provider: Named<ProviderPath>,
) -> Result<Hal, Error> {
    let Answer { mut pacts, own } =
        answer(app, principal, base, request, provider, &VerificationRequest::default()).await?;
    for pact in &mut pacts {
        if let Some(notices) = pact["verificationProperties"]["notices"].as_array_mut() {
            notices.insert(0, json!(beta_notice()));
        }
    }
    Ok(shown(&pacts, &own))
}

async fn select(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    provider: Named<ProviderPath>,
    OptionalJson(body): OptionalJson,
) -> Result<Hal, Error> {
    let body = if body.is_null() { json!({}) } else { body };
    let wanted = VerificationRequest::parse(&body)?;
    let Answer { pacts, own } = answer(app, principal, base, request, provider, &wanted).await?;
    Ok(shown(&pacts, &own))
}

fn shown(pacts: &[Value], own: &str) -> Hal {
    let own = Link::to(own).title("Pacts to be verified");
    Hal::ok(&json!({"_embedded": {"pacts": pacts}, "_links": {"self": own}}))
}

struct Answer {
    pacts: Vec<Value>,
    own: String,
}

async fn answer(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(ProviderPath(provider)): Named<ProviderPath>,
    wanted: &VerificationRequest,
) -> Result<Answer, Error> {
    let tenant = principal.tenant;
    let mut db = app.db.acquire().await?;
    let Some(provider_id) = pacticipants::find_id(&mut db, tenant, &provider).await? else {
        return Err(Error::NoSuchPacticipant { role: "provider", name: provider.to_string() });
    };
    check_environments(&mut db, tenant, wanted).await?;
    let contents = select_contents(&mut db, tenant, provider_id, wanted).await?;
    let settled = if wanted.include_pending_status {
        Some(list_settled(&mut db, tenant, provider_id, &contents, wanted, Successes::Any).await?)
    } else {
        None
    };
    let in_progress = select_work_in_progress(&mut db, tenant, provider_id, wanted, &contents).await?;
    let asked_for = contents.values().map(|content| {
        let state = match &settled {
            None => Forgiven::NotAsked,
            Some(settled) if settled.contains(&content.id) => Forgiven::Verified,
            Some(_) => Forgiven::Pending,
        };
        pact(&base, &provider, content, wanted, state)
    });
    let in_progress =
        in_progress.values().map(|content| pact(&base, &provider, content, wanted, Forgiven::WorkInProgress));
    let pacts = asked_for.chain(in_progress).collect();
    Ok(Answer { pacts, own: request.without_query })
}

async fn check_environments(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &VerificationRequest,
) -> Result<(), Error> {
    if wanted.selectors.iter().all(|selector| selector.criterion.environment().is_none()) {
        return Ok(());
    }
    let known: Vec<EnvironmentName> = environments::list(db, tenant, None)
        .await?
        .into_iter()
        .filter_map(|environment| EnvironmentName::parse(environment.name).ok())
        .collect();
    Ok(wanted.check_environments(&known)?)
}

/// One content with the selectors that chose it.
struct Content {
    consumer: PacticipantName,
    id: i64,
    sha: String,
    /// Of the publication with the highest position.
    version: String,
    position: i64,
    selectors: Vec<ResolvedSelector>,
}

/// Sorted by consumer, then by position of the version that represents it.
type Contents = BTreeMap<(String, String, i64, String), Content>;

async fn select_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    wanted: &VerificationRequest,
) -> Result<Contents, Error> {
    let asked = asked(wanted);
    let steps: Vec<Step> = asked.iter().map(|asked| asked.step.clone()).collect();
    let chosen = selected::list_selected(db, tenant, provider, &steps).await?;
    let mut rows = Vec::new();
    for row in &chosen {
        let Some(asked) = usize::try_from(row.ordinal).ok().and_then(|ordinal| asked.get(ordinal)) else { continue };
        let covered = |stands_in_for: usize| {
            chosen
                .iter()
                .any(|other| usize::try_from(other.ordinal) == Ok(stands_in_for) && other.consumer == row.consumer)
        };
        if !asked.stands_in_for.is_some_and(covered) {
            rows.push((row, asked));
        }
    }
    merged(rows)
}

/// What is new on any branch or tag, was not asked for, and has not been verified on the line of who asks.
async fn select_work_in_progress(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    wanted: &VerificationRequest,
    asked_for: &Contents,
) -> Result<Contents, Error> {
    let Some(since) = wanted.include_wip_pacts_since else { return Ok(Contents::new()) };
    if wanted.provider_version_branch.is_none() && wanted.provider_version_tags.is_empty() {
        return Ok(Contents::new());
    }
    let heads = selected::list_heads_since(db, tenant, provider, since).await?;
    let asked = Asked::plain(Step::main_branch_or_latest(), None);
    let mut contents = merged(heads.iter().map(|row| (row, &asked)))?;
    contents.retain(|_, content| !asked_for.values().any(|other| other.id == content.id));
    let settled = list_settled(db, tenant, provider, &contents, wanted, Successes::AskedFor).await?;
    contents.retain(|_, content| !settled.contains(&content.id));
    Ok(contents)
}

/// Equal content once, with all selectors that chose it.
fn merged<'s>(rows: impl IntoIterator<Item = (&'s Selected, &'s Asked)>) -> Result<Contents, Error> {
    let mut by_sha: BTreeMap<(String, String), Content> = BTreeMap::new();
    for (row, asked) in rows {
        let (consumer, selector) = resolved(row, asked)?;
        let content = by_sha.entry((row.consumer.clone(), row.sha.clone())).or_insert_with(|| Content {
            consumer,
            id: row.content_id.0,
            sha: row.sha.clone(),
            version: row.version.clone(),
            position: row.position,
            selectors: Vec::new(),
        });
        if row.position > content.position {
            (content.version, content.position) = (row.version.clone(), row.position);
        }
        if !content.selectors.contains(&selector) {
            content.selectors.push(selector);
        }
    }
    let sorted = by_sha.into_values().map(|mut content| {
        sort(&mut content.selectors);
        let name = content.consumer.to_string();
        ((name.to_lowercase(), name, content.position, content.sha.clone()), content)
    });
    Ok(sorted.collect())
}

/// A step of the selection, and what it came from.
struct Asked {
    step: Step,
    consumer: Option<PacticipantName>,
    /// The step that it is the fallback of: it counts for consumers of which that one finds nothing.
    stands_in_for: Option<usize>,
    instead_of_branch: Option<BranchName>,
    instead_of_tag: Option<TagName>,
}

impl Asked {
    fn plain(step: Step, consumer: Option<PacticipantName>) -> Self {
        Self { step, consumer, stands_in_for: None, instead_of_branch: None, instead_of_tag: None }
    }
}

/// Without selectors the main branch (or the latest), and what is deployed and released.
fn asked(wanted: &VerificationRequest) -> Vec<Asked> {
    let plain = Asked::plain;
    let everywhere =
        ConsumerVersionSelector { criterion: Criterion::DeployedOrReleased { environment: None }, consumer: None };
    if wanted.selectors.is_empty() {
        let steps = [Some(Step::main_branch_or_latest()), Step::of(&everywhere, None)];
        return steps.into_iter().flatten().map(|step| plain(step, None)).collect();
    }
    let mut asked: Vec<Asked> = Vec::new();
    for selector in &wanted.selectors {
        let Some(step) = Step::of(selector, wanted.provider_version_branch.as_ref()) else { continue };
        let stands_in_for = asked.len();
        asked.push(plain(step, selector.consumer.clone()));
        let (instead_of_branch, instead_of_tag) = match &selector.criterion {
            Criterion::Branch { branch, .. } => (Some(branch.clone()), None),
            Criterion::LatestTagged { tag, .. } => (None, Some(tag.clone())),
            _ => (None, None),
        };
        if let Some(step) = fallback(selector).and_then(|fallback| Step::of(&fallback, None)) {
            let consumer = selector.consumer.clone();
            asked.push(Asked { step, consumer, stands_in_for: Some(stands_in_for), instead_of_branch, instead_of_tag });
        }
    }
    asked
}

/// What stands in for consumers that the selector finds nothing of.
fn fallback(asked: &ConsumerVersionSelector) -> Option<ConsumerVersionSelector> {
    let criterion = match &asked.criterion {
        Criterion::Branch { fallback: Some(branch), .. } => {
            Criterion::Branch { branch: branch.clone(), fallback: None }
        }
        Criterion::LatestTagged { fallback: Some(tag), .. } => {
            Criterion::LatestTagged { tag: tag.clone(), fallback: None }
        }
        _ => return None,
    };
    Some(ConsumerVersionSelector { criterion, consumer: asked.consumer.clone() })
}

/// The consumer and why its version was chosen. What is stored was parsed before: what can't be read now is an error,
/// since a contract that vanished would not be verified.
fn resolved(row: &Selected, asked: &Asked) -> Result<(PacticipantName, ResolvedSelector), Error> {
    let text = |value: &Option<String>| value.clone().ok_or_else(|| Error::internal("a selector found no name"));
    let branch = || BranchName::parse(text(&row.branch)?).map_err(Error::internal);
    let tag = || TagName::parse(text(&row.tag)?).map_err(Error::internal);
    let environment = || EnvironmentName::parse(text(&row.environment)?).map_err(Error::internal);
    let production = row.production.unwrap_or(false);
    let reason = match row.reason.as_str() {
        "latest" => Reason::Latest,
        "main_branch" => Reason::MainBranch { branch: branch()? },
        "each_branch" => Reason::EachBranch { branch: branch()? },
        "branch" => Reason::Branch { branch: branch()?, instead_of: asked.instead_of_branch.clone() },
        "latest_tagged" => Reason::LatestTagged { tag: tag()?, instead_of: asked.instead_of_tag.clone() },
        "all_tagged" => Reason::AllTagged { tag: tag()? },
        "deployed" => Reason::Deployed { environment: environment()?, production },
        "released" => Reason::Released { environment: environment()?, production },
        "in_environment" => Reason::InEnvironment { environment: environment()? },
        other => return Err(Error::internal(format!("unknown reason {other} for a selected contract"))),
    };
    let selector = ResolvedSelector {
        reason,
        consumer: asked.consumer.clone(),
        version: VersionNumber::parse(&row.version).map_err(Error::internal)?,
        position: row.position,
    };
    Ok((PacticipantName::parse(&row.consumer).map_err(Error::internal)?, selector))
}

/// The contents whose failure fails the build: they succeeded on the provider's branch (or, without one, on each of its
/// tags, or at all), or on another line before this one began.
async fn list_settled(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contents: &Contents,
    wanted: &VerificationRequest,
    successes: Successes,
) -> Result<Vec<i64>, Error> {
    let ids: Vec<i64> = contents.values().map(|content| content.id).collect();
    if let Some(branch) = &wanted.provider_version_branch {
        return Ok(selected::list_settled_for_branch(db, tenant, provider, &ids, branch.as_str(), successes).await?);
    }
    if wanted.provider_version_tags.is_empty() {
        return Ok(selected::list_settled(db, tenant, &ids).await?);
    }
    let mut settled = ids;
    for tag in &wanted.provider_version_tags {
        settled = selected::list_settled_for_tag(db, tenant, provider, &settled, tag.as_str(), successes).await?;
    }
    Ok(settled)
}

fn pact(
    base: &BaseUrl,
    provider: &PacticipantName,
    content: &Content,
    wanted: &VerificationRequest,
    state: Forgiven,
) -> Value {
    let consumer = content.consumer.as_str();
    let pending = match state {
        _ if !wanted.include_pending_status => None,
        Forgiven::NotAsked => None,
        Forgiven::Pending | Forgiven::WorkInProgress => Some(true),
        Forgiven::Verified => Some(false),
    };
    let in_progress = state == Forgiven::WorkInProgress;
    let metadata = if in_progress { Metadata::for_wip() } else { Metadata::for_selectors(&content.selectors, pending) };
    let metadata = metadata.encode();
    let url = urls::content(base, provider.as_str(), consumer, &content.sha, in_progress.then_some(metadata.as_str()));
    let provider_line = match (&wanted.provider_version_branch, wanted.provider_version_tags.as_slice()) {
        (Some(branch), _) => ProviderLine::Branch(branch),
        (None, []) => ProviderLine::Any,
        (None, tags) => ProviderLine::Tags(tags),
    };
    let verifiable = Verifiable {
        url: &url,
        consumer: &content.consumer,
        provider,
        provider_line,
        selectors: &content.selectors,
        state,
    };
    let mut properties = Map::new();
    if let Some(pending) = pending {
        properties.insert("pending".into(), pending.into());
    }
    if in_progress {
        properties.insert("wip".into(), true.into());
    }
    let mut notices = verification_notices(&verifiable);
    if !wanted.include_pending_status {
        // The first says why it is verified; the others what pending means.
        notices.truncate(1);
    }
    properties.insert("notices".into(), json!(notices));
    let own = urls::content(base, provider.as_str(), consumer, &content.sha, Some(&metadata));
    json!({
        "shortDescription": short_description(&content.selectors),
        "verificationProperties": properties,
        "_links": {"self": Link::to(own).name(view::name(consumer, &content.version, provider.as_str()))},
    })
}
