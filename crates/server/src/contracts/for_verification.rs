//! Pacts for verification: which contracts a provider build should verify, and why.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{BranchName, EnvironmentName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::selectors::{
    ConsumerVersionSelector, Criterion, Reason, ResolvedSelector, VerificationRequest, short_description, sort,
};
use pactolus_domain::verification_notices::{
    ProviderLine, State as Forgiven, Verifiable, VerificationNotice, beta_notice, verification_notices,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::store::selected::{self, Chosen, Described, Head, InQuestion, Lines, Step};
use super::view;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, OptionalJson, OwnLink, PathNames, Principal, QueryPairs, RequestUrl,
    nested_lists, urls, without_nulls,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacts/provider/{provider}/for-verification", get(list).post(select))
}

struct ProviderPath(PacticipantName);

impl FromPath for ProviderPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("provider").map(Self)
    }
}

/// What verifiers read first, only for its own address; old clients say here what they want.
async fn list(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    provider: Named<ProviderPath>,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let wanted = VerificationRequest::parse(&body_of(&query)?)?;
    answer(app, principal, base, request, provider, &wanted, Client::Old).await
}

/// What a body would say of the same.
fn body_of(query: &QueryPairs) -> Result<Value, Problems> {
    const SELECTORS: &str = "consumer_version_selectors";
    let mut problems = Problems::none();
    let mut selectors = Vec::new();
    for (index, pairs) in nested_lists(query, SELECTORS).into_iter().enumerate() {
        let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        if value("tag").is_none() {
            problems.push(Problem::at("tag", "is missing").under(index).under(SELECTORS));
        }
        let latest = true_or_false("latest", value("latest")).map_err(|problem| problem.under(index).under(SELECTORS));
        selectors.push(without_nulls(json!({
            "tag": value("tag"),
            "latest": problems.note(latest).flatten(),
            "fallbackTag": value("fallback_tag"),
            "consumer": value("consumer"),
        })));
    }
    let pending = "include_pending_status";
    let pending = problems.note(true_or_false(pending, query.last(pending))).flatten();
    problems.or(without_nulls(json!({
        "consumerVersionSelectors": selectors,
        "providerVersionTags": query.list("provider_version_tags"),
        "includePendingStatus": pending,
        "includeWipPactsSince": query.last("include_wip_pacts_since"),
    })))
}

fn true_or_false(name: &str, text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::at(name, "must be one of: true, false")),
    }
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
    answer(app, principal, base, request, provider, &wanted, Client::New).await
}

/// The answer to `wanted`; old clients are warned in every pact.
async fn answer(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(ProviderPath(provider)): Named<ProviderPath>,
    wanted: &VerificationRequest,
    client: Client,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let (steps, mut asked) = asked(wanted);
    let mut tx = app.read().await?;
    let mut selection = selected::list_selected(&mut tx, tenant, &provider, &steps).await?;
    let Some(provider_id) = selection.provider else {
        return Err(Error::NoSuchPacticipant { role: "provider", name: provider.to_string() });
    };
    check_environments(wanted, &selection.environments)?;
    let has_line = wanted.provider_version_branch.is_some() || !wanted.provider_version_tags.is_empty();
    if let Some(since) = wanted.include_wip_pacts_since.filter(|_| has_line) {
        let heads = selected::list_heads_since(&mut tx, tenant, provider_id, since).await?;
        selection.chosen.extend(heads.into_iter().map(|head| in_progress(head, asked.len())));
        asked.push(Asked { in_progress: true, ..Asked::default() });
    }
    let chosen = without_superseded_fallbacks(&selection.chosen, &asked);
    let in_question = in_question(&chosen);
    let lines = Lines::of(wanted.provider_version_branch.as_ref(), &wanted.provider_version_tags);
    let described = selected::list_described(&mut tx, tenant, provider_id, &in_question, &lines).await?;
    drop(tx);

    let contents = merged(&chosen, &in_question, &described)?;
    let pacts = contents.iter().map(|content| pact(&base, &provider, content, wanted, client)).collect();
    let own = Link::to(request.without_query).title("Pacts to be verified");
    Hal::json(&Answer { embedded: Embedded { pacts }, links: OwnLink::to(own) }).map_err(Error::internal)
}

#[derive(Clone, Copy, PartialEq)]
enum Client {
    Old,
    New,
}

fn check_environments(wanted: &VerificationRequest, known: &[String]) -> Result<(), Error> {
    let known: Vec<EnvironmentName> = known.iter().filter_map(|name| EnvironmentName::parse(name).ok()).collect();
    Ok(wanted.check_environments(&known)?)
}

/// A fallback counts for consumers of which the step that it stands in for finds nothing.
fn without_superseded_fallbacks<'s>(chosen: &'s [Chosen], asked: &'s [Asked]) -> Vec<(&'s Chosen, &'s Asked)> {
    let found: HashSet<(usize, &str)> = chosen.iter().map(|one| (one.ordinal, one.consumer.as_str())).collect();
    let counting = chosen.iter().filter_map(|one| {
        let asked = asked.get(one.ordinal)?;
        let superseded = asked.stands_in_for.is_some_and(|step| found.contains(&(step, one.consumer.as_str())));
        (!superseded).then_some((one, asked))
    });
    counting.collect()
}

/// Each content and version once. What was asked for is not work in progress.
fn in_question(chosen: &[(&Chosen, &Asked)]) -> Vec<InQuestion> {
    let asked_for: HashSet<i64> =
        chosen.iter().filter(|(_, asked)| !asked.in_progress).map(|(one, _)| one.content_id).collect();
    let counting = chosen.iter().filter(|(one, asked)| !(asked.in_progress && asked_for.contains(&one.content_id)));
    let contracts: BTreeSet<InQuestion> = counting
        .map(|(one, asked)| InQuestion {
            content_id: one.content_id,
            version_id: one.version_id,
            in_progress: asked.in_progress,
        })
        .collect();
    contracts.into_iter().collect()
}

/// One content with the selectors that chose it.
struct Content {
    consumer: PacticipantName,
    sha: String,
    /// Of the publication with the highest position.
    version: String,
    position: i64,
    selectors: Vec<ResolvedSelector>,
    in_progress: bool,
    /// Whether a failure fails the build.
    settled: bool,
}

/// Equal content once, with all selectors that chose it; sorted by consumer, then by position of the version that
/// represents it, work in progress last.
fn merged(
    chosen: &[(&Chosen, &Asked)],
    in_question: &[InQuestion],
    described: &[Described],
) -> Result<Vec<Content>, Error> {
    let in_progress: HashSet<i64> =
        in_question.iter().filter(|one| one.in_progress).map(|one| one.content_id).collect();
    let described: HashMap<(i64, i64), &Described> =
        described.iter().map(|one| ((one.content_id, one.version_id), one)).collect();
    let mut rows: Vec<(&Chosen, &Asked, &Described)> = Vec::new();
    for (one, asked) in chosen {
        // What is asked for and in progress is the former.
        if asked.in_progress != in_progress.contains(&one.content_id) {
            continue;
        }
        match described.get(&(one.content_id, one.version_id)) {
            Some(described) => rows.push((one, asked, described)),
            None if asked.in_progress => {}
            None => return Err(Error::internal("a contract that was chosen is not described")),
        }
    }
    rows.sort_by_key(|(one, _, described)| (one.ordinal, described.position));
    let mut contents: HashMap<i64, Content> = HashMap::new();
    for (one, asked, described) in rows {
        let (consumer, selector) = resolved(one, asked, described)?;
        let content = contents.entry(one.content_id).or_insert_with(|| Content {
            consumer,
            sha: described.sha.clone(),
            version: described.number.clone(),
            position: described.position,
            selectors: Vec::new(),
            in_progress: asked.in_progress,
            settled: described.settled,
        });
        if described.position > content.position {
            (content.version, content.position) = (described.number.clone(), described.position);
        }
        if !content.selectors.contains(&selector) {
            content.selectors.push(selector);
        }
    }
    let mut contents: Vec<Content> = contents.into_values().collect();
    contents.sort_by_cached_key(|content| {
        let name = content.consumer.to_string();
        (content.in_progress, name.to_lowercase(), name, content.position, content.sha.clone())
    });
    for content in &mut contents {
        sort(&mut content.selectors);
    }
    Ok(contents)
}

/// What a step of the selection came from.
#[derive(Default)]
struct Asked {
    consumer: Option<PacticipantName>,
    /// The step that it is the fallback of: it counts for consumers of which that one finds nothing.
    stands_in_for: Option<usize>,
    instead_of_branch: Option<BranchName>,
    instead_of_tag: Option<TagName>,
    /// Nobody asked: it is in progress.
    in_progress: bool,
}

/// Without selectors the main branch (or the latest), and what is deployed and released.
fn asked(wanted: &VerificationRequest) -> (Vec<Step>, Vec<Asked>) {
    let everywhere =
        ConsumerVersionSelector { criterion: Criterion::DeployedOrReleased { environment: None }, consumer: None };
    if wanted.selectors.is_empty() {
        let steps = [Some(Step::main_branch_or_latest()), Step::of(&everywhere, None)];
        return steps.into_iter().flatten().map(|step| (step, Asked::default())).unzip();
    }
    let mut asked: Vec<(Step, Asked)> = Vec::new();
    for selector in &wanted.selectors {
        let Some(step) = Step::of(selector, wanted.provider_version_branch.as_ref()) else { continue };
        let stands_in_for = Some(asked.len());
        asked.push((step, Asked { consumer: selector.consumer.clone(), ..Asked::default() }));
        let (instead_of_branch, instead_of_tag) = match &selector.criterion {
            Criterion::Branch { branch, .. } => (Some(branch.clone()), None),
            Criterion::LatestTagged { tag, .. } => (None, Some(tag.clone())),
            _ => (None, None),
        };
        if let Some(step) = fallback(selector).and_then(|fallback| Step::of(&fallback, None)) {
            let consumer = selector.consumer.clone();
            let asked_instead =
                Asked { consumer, stands_in_for, instead_of_branch, instead_of_tag, in_progress: false };
            asked.push((step, asked_instead));
        }
    }
    asked.into_iter().unzip()
}

fn in_progress(head: Head, ordinal: usize) -> Chosen {
    Chosen {
        ordinal,
        reason: if head.branch.is_some() { "branch" } else { "latest_tagged" }.to_string(),
        consumer: head.consumer,
        version_id: head.version_id,
        content_id: head.content_id,
        branch: head.branch,
        tag: head.tag,
        environment: None,
        production: None,
    }
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
fn resolved(row: &Chosen, asked: &Asked, described: &Described) -> Result<(PacticipantName, ResolvedSelector), Error> {
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
        version: VersionNumber::parse(&described.number).map_err(Error::internal)?,
        position: described.position,
    };
    Ok((PacticipantName::parse(&row.consumer).map_err(Error::internal)?, selector))
}

#[derive(Serialize)]
struct Answer {
    #[serde(rename = "_embedded")]
    embedded: Embedded,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Embedded {
    pacts: Vec<Pact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pact {
    short_description: String,
    verification_properties: Properties,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    wip: bool,
    notices: Vec<VerificationNotice>,
}

fn pact(
    base: &BaseUrl,
    provider: &PacticipantName,
    content: &Content,
    wanted: &VerificationRequest,
    client: Client,
) -> Pact {
    let consumer = content.consumer.as_str();
    let state = match (wanted.include_pending_status, content.settled) {
        _ if content.in_progress => Forgiven::WorkInProgress,
        (false, _) => Forgiven::NotAsked,
        (true, true) => Forgiven::Verified,
        (true, false) => Forgiven::Pending,
    };
    let pending = wanted.include_pending_status.then_some(content.in_progress || !content.settled);
    let metadata =
        if content.in_progress { Metadata::for_wip() } else { Metadata::for_selectors(&content.selectors, pending) };
    let metadata = metadata.encode();
    let url_of = |metadata: Option<&str>| urls::content(base, provider.as_str(), consumer, &content.sha, metadata);
    let url = url_of(content.in_progress.then_some(metadata.as_str()));
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
    let mut notices = verification_notices(&verifiable);
    if !wanted.include_pending_status {
        // The first says why it is verified; the others what pending means.
        notices.truncate(1);
    }
    if client == Client::Old {
        notices.insert(0, beta_notice());
    }
    let own = Link::to(url_of(Some(&metadata))).name(view::name(consumer, &content.version, provider.as_str()));
    Pact {
        short_description: short_description(&content.selectors),
        verification_properties: Properties { pending, wip: content.in_progress, notices },
        links: OwnLink::to(own),
    }
}
