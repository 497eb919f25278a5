//! HTTP of badges. A badge stands in a page of somebody else: what is wrong is drawn, too, never an error status.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use pactolus_domain::badge::{Badge, Tone};
use pactolus_domain::gate::Criterion;
use pactolus_domain::names::{BranchName, EnvironmentName, PacticipantName, TagName};

use super::store::{self, Which};
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Named, PathNames, Principal, QueryPairs};
use crate::matrix::{self, Outcome};
use crate::pacticipants;

/// For clients that say in `Accept` that they want a picture.
pub(crate) fn routes() -> Router<App> {
    addresses("")
}

/// For everybody.
pub(crate) fn routes_with_suffix() -> Router<App> {
    addresses(".svg")
}

fn addresses(suffix: &str) -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let of_version = "/pacticipants/{pacticipant}";
    let addresses: [(String, MethodRouter<App>); 8] = [
        (format!("{pair}/latest/badge"), get(latest)),
        (format!("{pair}/latest/{{tag}}/badge"), get(tagged)),
        (format!("{pair}/latest-untagged/badge"), get(untagged)),
        (
            "/matrix/provider/{provider}/latest/{provider_tag}/consumer/{consumer}/latest/{tag}/badge".into(),
            get(matrix),
        ),
        (format!("{of_version}/latest-version/{{tag}}/can-i-deploy/to/{{to}}/badge"), get(tag_to_tag)),
        (
            format!(
                "{of_version}/branches/{{branch}}/latest-version/can-i-deploy/to-environment/{{environment}}/badge"
            ),
            get(branch_to_environment),
        ),
        (format!("{of_version}/main-branch/can-i-merge/badge"), get(can_i_merge)),
        (format!("{of_version}/main-branch/provider-contract/badge"), get(provider_contract)),
    ];
    addresses.into_iter().fold(Router::new(), |router, (path, method)| router.route(&format!("{path}{suffix}"), method))
}

type Picture = ([(HeaderName, &'static str); 2], String);

/// Browsers ask again each time.
const FRESH: &str = "no-cache";
const FOR_SECONDS: &str = "max-age=30";

fn picture(badge: &Badge, cache: &'static str) -> Picture {
    ([(header::CONTENT_TYPE, SVG_UTF8), (header::CACHE_CONTROL, cache)], badge.to_svg())
}

/// As the Pact Broker names it.
const SVG_UTF8: &str = "image/svg+xml;charset=utf-8";

fn not_found(what: &str) -> Badge {
    Badge { label: what.into(), message: "not found".into(), tone: Tone::Unknown }
}

struct Pair {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

struct TaggedPair {
    pair: Pair,
    tag: TagName,
}

impl FromPath for TaggedPair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, tag: names.tag("tag")? })
    }
}

struct MatrixPath {
    of_consumer: TaggedPair,
    provider_tag: TagName,
}

impl FromPath for MatrixPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { of_consumer: TaggedPair::from_path(names)?, provider_tag: names.tag("provider_tag")? })
    }
}

/// A contract, and the tags by which its two versions were chosen.
struct Contract<'a> {
    pair: &'a Pair,
    which: Which<'a>,
    consumer_tag: Option<&'a str>,
    provider_tag: Option<&'a str>,
}

impl Contract<'_> {
    /// Its badge: `foo/bar pact` and what the latest result says.
    async fn badge(&self, app: &App, principal: &Principal, query: &QueryPairs) -> Result<Badge, Error> {
        let tenant = principal.tenant;
        let mut db = app.read().await?;
        let consumer = pacticipants::find_id(&mut db, tenant, &self.pair.consumer).await?;
        let provider = pacticipants::find_id(&mut db, tenant, &self.pair.provider).await?;
        let unknown = Badge { label: "pact not found".into(), message: "unknown".into(), tone: Tone::Unknown };
        let Some(ids) = consumer.zip(provider) else { return Ok(unknown) };
        let Some(content) = store::find_content(&mut db, tenant, ids, self.which).await? else { return Ok(unknown) };
        let label = self.label(query);
        let result = store::find_result(&mut db, tenant, content, ids.1, self.provider_tag).await?;
        if let Some(result) = result {
            let (message, tone) = match (result.success, result.pending) {
                (true, _) => ("verified", Tone::Good),
                (false, true) => ("failed (pending)", Tone::Bad),
                (false, false) => ("failed", Tone::Bad),
            };
            return Ok(Badge { label, message: message.into(), tone });
        }
        // Of a certain provider version only its own result counts.
        let before = match self.provider_tag {
            Some(_) => None,
            None => store::find_result_of_pair(&mut db, tenant, ids).await?,
        };
        let (message, tone) = match before.map(|before| before.success) {
            Some(true) => ("changed", Tone::Stale),
            Some(false) => ("failed", Tone::Bad),
            None => ("unknown", Tone::Unknown),
        };
        Ok(Badge { label, message: message.into(), tone })
    }

    fn label(&self, query: &QueryPairs) -> String {
        let initials = query.last("initials") == Some("true");
        let named = |name: &PacticipantName, tag: Option<&str>| {
            let name = if initials { initials_of(name.as_str()) } else { name.as_str().to_lowercase() };
            tag.map_or_else(|| name.clone(), |tag| format!("{name} ({tag})"))
        };
        let consumer = named(&self.pair.consumer, self.consumer_tag);
        let provider = named(&self.pair.provider, self.provider_tag);
        match query.last("label") {
            Some("consumer") => format!("{consumer} pact"),
            Some("provider") => format!("{provider} pact"),
            _ => format!("{consumer}/{provider} pact"),
        }
    }
}

/// First letters of the words; a single word stays as it is.
fn initials_of(name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '-', '_']).filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        return name.to_lowercase();
    }
    words.iter().filter_map(|word| word.chars().next()).collect::<String>().to_lowercase()
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(pair): Named<Pair>,
) -> Result<impl IntoResponse, Error> {
    let contract = Contract { pair: &pair, which: Which::Latest, consumer_tag: None, provider_tag: None };
    Ok(picture(&contract.badge(&app, &principal, &query).await?, FRESH))
}

async fn tagged(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(path): Named<TaggedPair>,
) -> Result<impl IntoResponse, Error> {
    let which = Which::Tagged(path.tag.as_str());
    let contract = Contract { pair: &path.pair, which, consumer_tag: None, provider_tag: None };
    Ok(picture(&contract.badge(&app, &principal, &query).await?, FRESH))
}

async fn untagged(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(pair): Named<Pair>,
) -> Result<impl IntoResponse, Error> {
    let contract = Contract { pair: &pair, which: Which::Untagged, consumer_tag: None, provider_tag: None };
    Ok(picture(&contract.badge(&app, &principal, &query).await?, FRESH))
}

async fn matrix(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(path): Named<MatrixPath>,
) -> Result<impl IntoResponse, Error> {
    let tag = path.of_consumer.tag.as_str();
    let contract = Contract {
        pair: &path.of_consumer.pair,
        which: Which::Tagged(tag),
        consumer_tag: Some(tag),
        provider_tag: Some(path.provider_tag.as_str()),
    };
    Ok(picture(&contract.badge(&app, &principal, &query).await?, FRESH))
}

struct TagToTag {
    pacticipant: PacticipantName,
    tag: TagName,
    to: TagName,
}

impl FromPath for TagToTag {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, tag: names.tag("tag")?, to: names.tag("to")? })
    }
}

struct BranchToEnvironment {
    pacticipant: PacticipantName,
    branch: BranchName,
    environment: EnvironmentName,
}

impl FromPath for BranchToEnvironment {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pacticipant: names.pacticipant("pacticipant")?,
            branch: names.branch("branch")?,
            environment: names.environment("environment")?,
        })
    }
}

/// Green is only what is known to be right.
fn can_i_deploy(outcome: &Outcome, query: &QueryPairs, message: String) -> Badge {
    let tone = match outcome {
        Outcome::Decided(Some(true)) => Tone::Good,
        Outcome::Decided(_) => Tone::Bad,
        Outcome::NoPacticipant => return not_found("pacticipant"),
        Outcome::NoVersion => return not_found("version"),
        Outcome::NoEnvironment => return not_found("environment"),
    };
    Badge { label: query.last("label").unwrap_or("can-i-deploy").into(), message, tone }
}

async fn tag_to_tag(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    query: QueryPairs,
    Named(path): Named<TagToTag>,
) -> Result<impl IntoResponse, Error> {
    let message = format!("{} to {}", path.tag, path.to);
    let (asked, to) = (Criterion::LatestTag(path.tag), Criterion::LatestTag(path.to));
    let outcome = matrix::may_go(&app, &principal, &base, (path.pacticipant, asked), to).await?;
    Ok(picture(&can_i_deploy(&outcome, &query, message), FRESH))
}

async fn branch_to_environment(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    query: QueryPairs,
    Named(path): Named<BranchToEnvironment>,
) -> Result<impl IntoResponse, Error> {
    let message = format!("{} to {}", path.branch, path.environment);
    let (asked, to) = (Criterion::LatestBranch(path.branch), Criterion::Environment(path.environment));
    let outcome = matrix::may_go(&app, &principal, &base, (path.pacticipant, asked), to).await?;
    Ok(picture(&can_i_deploy(&outcome, &query, message), FRESH))
}

async fn can_i_merge(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    query: QueryPairs,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<impl IntoResponse, Error> {
    let (asked, to) = (Criterion::LatestMainBranch, Criterion::LatestMainBranch);
    let label = query.last("label").unwrap_or("can-i-merge").to_string();
    let (message, tone) = match matrix::may_go(&app, &principal, &base, (pacticipant, asked), to).await? {
        Outcome::Decided(Some(true)) => ("success", Tone::Good),
        Outcome::Decided(Some(false)) => ("failed", Tone::Bad),
        Outcome::Decided(None) => ("unknown", Tone::Unknown),
        Outcome::NoPacticipant => return Ok(picture(&not_found("pacticipant"), FOR_SECONDS)),
        Outcome::NoVersion | Outcome::NoEnvironment => {
            return Ok(picture(&not_found("main branch version"), FOR_SECONDS));
        }
    };
    Ok(picture(&Badge { label, message: message.into(), tone }, FOR_SECONDS))
}

/// What came of testing the head of the main branch against what it says that it offers.
async fn provider_contract(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<impl IntoResponse, Error> {
    let mut db = app.read().await?;
    let Some(id) = pacticipants::find_id(&mut db, principal.tenant, &pacticipant).await? else {
        return Ok(picture(&not_found("pacticipant"), FOR_SECONDS));
    };
    let Some(head) = store::find_offer_of_main_branch(&mut db, principal.tenant, id).await? else {
        return Ok(picture(&not_found("main branch version"), FOR_SECONDS));
    };
    let (message, tone) = match (head.has_provider_contract, head.success) {
        (false, _) => return Ok(picture(&not_found("provider contract"), FOR_SECONDS)),
        (true, Some(true)) => ("self-verified", Tone::Good),
        (true, Some(false)) => ("failed", Tone::Bad),
        (true, None) => ("unknown", Tone::Unknown),
    };
    let label = query.last("label").unwrap_or("provider contract").to_string();
    Ok(picture(&Badge { label, message: message.into(), tone }, FOR_SECONDS))
}
