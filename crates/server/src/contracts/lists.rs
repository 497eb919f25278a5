//! HTTP of lists of contracts: of all, of a provider, and between two.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::names::{BranchName, PacticipantName, TagName};
use sqlx::PgConnection;

use super::store::lists::{self, Which};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Named, PathNames, Principal, RequestUrl};
use crate::ids::{PacticipantId, TenantId};
use crate::pacticipants;

pub(super) fn routes() -> Router<App> {
    let provider = "/pacts/provider/{provider}";
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route("/pacts/latest", get(list_all_latest))
        .route(provider, get(list_all))
        .route(&format!("{provider}/tag/{{tag}}"), get(list_tagged))
        .route(&format!("{provider}/latest"), get(list_latest))
        .route(&format!("{provider}/latest/{{tag}}"), get(list_latest_tagged))
        .route(&format!("{provider}/branch"), get(list_on_main_branch))
        .route(&format!("{provider}/branch/latest"), get(list_main_branch_heads))
        .route(&format!("{provider}/branch/{{branch}}"), get(list_on_branch))
        .route(&format!("{provider}/branch/{{branch}}/latest"), get(list_branch_heads))
        .route(&format!("{pair}/versions"), get(list_all_between))
        .route(&format!("{pair}/tag/{{tag}}"), get(list_tagged_between))
        .route(&format!("{pair}/branch/versions"), get(list_on_main_branch_between))
        .route(&format!("{pair}/branch/latest/versions"), get(list_main_branch_head_between))
        .route(&format!("{pair}/branch/{{branch}}"), get(list_on_branch_between))
        .route(&format!("{pair}/branch/{{branch}}/latest/versions"), get(list_branch_head_between))
}

async fn list_all_latest(State(app): State<App>, principal: Principal, base: BaseUrl) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let listed = lists::list_latest(&mut db, principal.tenant).await?;
    drop(db);

    Hal::json(&view::Latest::of(&base, &listed)).map_err(Error::internal)
}

/// A provider, and which of its contracts.
pub(super) struct OfProvider<T> {
    pub(super) provider: PacticipantName,
    pub(super) part: T,
}

impl FromPath for OfProvider<()> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, part: () })
    }
}

impl FromPath for OfProvider<TagName> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, part: names.tag("tag")? })
    }
}

impl FromPath for OfProvider<BranchName> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, part: names.branch("branch")? })
    }
}

/// Two pacticipants, and which of the contracts between them.
struct Between<T> {
    consumer: PacticipantName,
    of: OfProvider<T>,
}

impl<T> FromPath for Between<T>
where
    OfProvider<T>: FromPath,
{
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { consumer: names.pacticipant("consumer")?, of: OfProvider::from_path(names)? })
    }
}

async fn list_all(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<()>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::All).await
}

async fn list_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<TagName>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::Tagged(of.part.as_str())).await
}

async fn list_latest(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<()>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::Latest).await
}

async fn list_latest_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<TagName>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::LatestTagged(of.part.as_str())).await
}

async fn list_on_main_branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<()>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::OnBranch(None)).await
}

async fn list_main_branch_heads(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<()>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::BranchHead(None)).await
}

async fn list_on_branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<BranchName>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::OnBranch(Some(of.part.as_str()))).await
}

async fn list_branch_heads(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(of): Named<OfProvider<BranchName>>,
) -> Result<Hal, Error> {
    list_of_provider(&app, &principal, &base, &request, &of.provider, &Which::BranchHead(Some(of.part.as_str()))).await
}

async fn list_of_provider(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    provider: &PacticipantName,
    which: &Which<'_>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let id = find(&mut db, principal.tenant, "provider", provider).await?;
    let listed = lists::list_of_provider(&mut db, principal.tenant, id, None, which).await?;
    drop(db);

    let title = provider_title(provider, which);
    let list = view::ProviderList::of(base, provider.as_str(), &request.without_query, &title, &listed);
    Hal::json(&list).map_err(Error::internal)
}

fn provider_title(provider: &PacticipantName, which: &Which<'_>) -> String {
    let (all, latest) = ("All pact versions for the provider", "Latest pact versions for the provider");
    match which {
        Which::All | Which::OnBranch(None) => format!("{all} {provider}"),
        Which::Latest | Which::BranchHead(None) => format!("{latest} {provider}"),
        Which::Tagged(tag) => format!("{all} {provider} with consumer version tag '{tag}'"),
        Which::LatestTagged(tag) => format!("{latest} {provider} with consumer version tag '{tag}'"),
        Which::OnBranch(Some(branch)) => format!("{all} {provider} with consumer version branch '{branch}'"),
        Which::BranchHead(Some(branch)) => format!("{latest} {provider} with consumer version branch '{branch}'"),
    }
}

async fn list_all_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<()>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &Which::All).await
}

async fn list_tagged_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<TagName>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    let which = Which::Tagged(of.part.as_str());
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &which).await
}

async fn list_on_main_branch_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<()>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &Which::OnBranch(None)).await
}

async fn list_main_branch_head_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<()>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &Which::BranchHead(None)).await
}

async fn list_on_branch_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<BranchName>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    let which = Which::OnBranch(Some(of.part.as_str()));
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &which).await
}

async fn list_branch_head_between(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(between): Named<Between<BranchName>>,
) -> Result<Hal, Error> {
    let Between { consumer, of } = between;
    let which = Which::BranchHead(Some(of.part.as_str()));
    list_between(&app, &principal, &base, &request, (&consumer, &of.provider), &which).await
}

async fn list_between(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    (consumer, provider): (&PacticipantName, &PacticipantName),
    which: &Which<'_>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let provider_id = find(&mut db, principal.tenant, "provider", provider).await?;
    let consumer_id = find(&mut db, principal.tenant, "consumer", consumer).await?;
    let mut listed = lists::list_of_provider(&mut db, principal.tenant, provider_id, Some(consumer_id), which).await?;
    drop(db);

    if matches!(which, Which::All | Which::Tagged(_)) {
        // The newest first, but not on branches: so the Pact Broker does.
        listed.reverse();
    }
    let names = (consumer.as_str(), provider.as_str());
    let list = view::PairList::of(base, names, &request.without_query, which, &listed);
    Hal::json(&list).map_err(Error::internal)
}

pub(super) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    role: &'static str,
    name: &PacticipantName,
) -> Result<PacticipantId, Error> {
    let missing = || Error::NoSuchPacticipant { role, name: name.to_string() };
    pacticipants::find_id(db, tenant, name).await?.ok_or_else(missing)
}
