//! HTTP of deleting.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::delete;
use pactolus_domain::content::ContentSha;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use serde_json::{Value, json};

use super::batches::{self, BranchesToDelete, Party};
use super::store::{self, Of};
use crate::app::App;
use crate::audit;
use crate::contracts::{self, ChosenContract};
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, QueryPairs, urls};
use crate::ids::PacticipantId;
use crate::jobs;
use crate::pacticipants;
use crate::tenants;

/// Whatever the client accepts: most of the answers have no body.
pub(crate) fn routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let results = format!("{pair}/pact-version/{{sha}}/verification-results");
    let result_with_metadata =
        format!("{pair}/pact-version/{{sha}}/metadata/{{metadata}}/verification-results/{{number}}");
    Router::new()
        .route("/pacticipants/{pacticipant}", delete(pacticipant))
        .route("/pacticipants/{pacticipant}/versions/{version}", delete(version))
        .route("/pacticipants/{pacticipant}/branches", delete(branches))
        .route("/pacticipants/{pacticipant}/branches/{branch}", delete(branch))
        .route("/pacticipants/{pacticipant}/branches/{branch}/versions/{version}", delete(branch_version))
        .route(&format!("{pair}/version/{{version}}"), delete(contract))
        .route(&format!("{pair}/versions/{{version}}"), delete(contract))
        .route(&format!("{}/version/{{version}}", pair.replace("/pacts", "/pact")), delete(contract))
        .route(&format!("{pair}/versions"), delete(contracts_of_pair))
        .route(&format!("{pair}/tag/{{tag}}"), delete(contracts_with_tag))
        .route(&format!("{pair}/branch/{{branch}}"), delete(contracts_on_branch))
        .route(&format!("{pair}/branch/versions"), delete(contracts_on_main_branch))
        .route(&format!("{pair}/branch/{{branch}}/latest/versions"), delete(contract_of_branch_head))
        .route(&format!("{pair}/branch/latest/versions"), delete(contract_of_main_branch_head))
        .route(&format!("{results}/latest"), delete(latest_verification))
        .route(&format!("{pair}/version/{{version}}/verification-results/latest"), delete(latest_of_contract))
        .route(&format!("{pair}/latest/verification-results/latest"), delete(latest_of_contract))
        .route(&format!("{pair}/latest/{{tag}}/verification-results/latest"), delete(latest_of_contract))
        .route(&format!("{results}/{{number}}"), delete(verification))
        .route(&result_with_metadata, delete(verification))
        .route("/integrations", delete(everything))
        .route(&pair.replace("/pacts", "/integrations"), delete(integration))
}

struct VersionPath {
    pacticipant: PacticipantName,
    version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, version: names.version("version")? })
    }
}

struct BranchPath {
    pacticipant: PacticipantName,
    branch: BranchName,
}

impl FromPath for BranchPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, branch: names.branch("branch")? })
    }
}

struct BranchVersionPath {
    branch: BranchPath,
    version: VersionNumber,
}

impl FromPath for BranchVersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { branch: BranchPath::from_path(names)?, version: names.version("version")? })
    }
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

/// A pair, and what of it.
struct PartOfPair<T> {
    pair: Pair,
    part: T,
}

impl FromPath for PartOfPair<VersionNumber> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, part: names.version("version")? })
    }
}

impl FromPath for PartOfPair<TagName> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, part: names.tag("tag")? })
    }
}

impl FromPath for PartOfPair<BranchName> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, part: names.branch("branch")? })
    }
}

impl FromPath for PartOfPair<ContentSha> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        // What is no sha identifies nothing.
        let sha = ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?;
        Ok(Self { pair: Pair::from_path(names)?, part: sha })
    }
}

/// One of the results for a content.
struct ResultPath {
    content: PartOfPair<ContentSha>,
    number: i64,
}

impl FromPath for ResultPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let number = names.text("number").parse().map_err(|_| Error::NotFound)?;
        Ok(Self { content: PartOfPair::<ContentSha>::from_path(names)?, number })
    }
}

async fn find(app: &App, principal: &Principal, name: &PacticipantName) -> Result<PacticipantId, Error> {
    let mut db = app.db.acquire().await?;
    pacticipants::find_id(&mut db, principal.tenant, name).await?.ok_or(Error::NotFound)
}

async fn find_pair<'a>(app: &App, principal: &Principal, pair: &'a Pair) -> Result<batches::Pair<'a>, Error> {
    let consumer = Party { id: find(app, principal, &pair.consumer).await?, name: &pair.consumer };
    let provider = Party { id: find(app, principal, &pair.provider).await?, name: &pair.provider };
    Ok(batches::Pair { consumer, provider })
}

fn done_unless_missing(was_there: bool) -> Result<StatusCode, Error> {
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Error::NotFound) }
}

async fn pacticipant(
    State(app): State<App>,
    principal: Principal,
    Named(name): Named<PacticipantName>,
) -> Result<StatusCode, Error> {
    let party = Party { id: find(&app, &principal, &name).await?, name: &name };
    done_unless_missing(batches::delete_pacticipant(&app, &principal, party).await?)
}

async fn version(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<VersionPath>,
) -> Result<StatusCode, Error> {
    let tenant = principal.tenant;
    let pacticipant = find(&app, &principal, &path.pacticipant).await?;

    let mut tx = app.db.begin().await?;
    tenants::hold_deletions(&mut tx, tenant).await?;
    let version = store::hold_version(&mut tx, tenant, pacticipant, &path.version).await?.ok_or(Error::NotFound)?;
    store::delete_versions(&mut tx, tenant, &[version.0]).await?;
    let subject = format!("{} {}", path.pacticipant, path.version);
    audit::record(&mut tx, &app, &principal, "version.deleted", &subject, &json!({})).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

async fn branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<BranchPath>,
) -> Result<StatusCode, Error> {
    let party = Party { id: find(&app, &principal, &path.pacticipant).await?, name: &path.pacticipant };
    done_unless_missing(batches::delete_branch(&app, &principal, &base, party, &path.branch).await?)
}

/// All but the main branch and those that `exclude[]` names, after the answer.
async fn branches(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    query: QueryPairs,
    Named(name): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let pacticipant = find(&app, &principal, &name).await?;
    let keep: Vec<String> = query.list("exclude").into_iter().map(String::from).collect();

    let mut tx = app.db.begin().await?;
    let all = store::list_branches(&mut tx, tenant, pacticipant, &keep).await?;
    let (stay, go): (Vec<_>, Vec<_>) = all.into_iter().partition(|branch| branch.stays);
    let [stay, go] = [stay, go].map(|branches| branches.into_iter().map(|one| one.name).collect::<Vec<String>>());
    let (count, remaining) = (go.len(), if stay.is_empty() { "none".to_string() } else { stay.join(", ") });
    if !go.is_empty() {
        let detail = json!({"branches": go});
        audit::record(&mut tx, &app, &principal, "branches.deletion_asked", name.as_str(), &detail).await?;
        let payload = BranchesToDelete {
            pacticipant,
            name: name.to_string(),
            branches: go,
            actor: principal.name.to_string(),
            base: base.as_str().to_owned(),
        };
        let payload = serde_json::to_value(&payload).map_err(Error::internal)?;
        jobs::enqueue(&mut tx, &app, tenant, jobs::Kind::BranchDeletion, "deletion", &payload).await?;
    }
    tx.commit().await?;
    app.jobs_written.notify_one();

    let text =
        format!("Scheduled deletion of {count} branches for pacticipant {name}. Remaining branches are: {remaining}");
    Ok(Hal::ok(&json!({"notices": [{"type": "success", "text": text}]})).status(StatusCode::ACCEPTED))
}

async fn branch_version(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<BranchVersionPath>,
) -> Result<StatusCode, Error> {
    let tenant = principal.tenant;
    let BranchPath { pacticipant: name, branch } = &path.branch;
    let pacticipant = find(&app, &principal, name).await?;

    let mut tx = app.db.begin().await?;
    tenants::hold_deletions(&mut tx, tenant).await?;
    let version = store::hold_version(&mut tx, tenant, pacticipant, &path.version).await?.ok_or(Error::NotFound)?;
    store::hold_branch(&mut tx, tenant, pacticipant, branch).await?;
    if !store::delete_branch_version(&mut tx, tenant, pacticipant, version, branch).await? {
        return Err(Error::NotFound);
    }
    let subject = format!("{name} {}", path.version);
    let detail = json!({"branch": branch});
    audit::record(&mut tx, &app, &principal, "version.removed_from_branch", &subject, &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

async fn delete_contracts(app: &App, principal: &Principal, pair: &Pair, of: Of<'_>) -> Result<u64, Error> {
    let pair = find_pair(app, principal, pair).await?;
    batches::delete_contracts(app, principal, pair, of).await
}

/// Where to go on.
async fn links(app: &App, principal: &Principal, base: &BaseUrl, pair: &Pair) -> Result<Hal, Error> {
    let mut links = json!({"index": Value::from(Link::to(base.as_str()))});
    let mut db = app.db.acquire().await?;
    if contracts::has_contract(&mut db, principal.tenant, &pair.consumer, &pair.provider).await? {
        let latest = format!("{}/latest", urls::pair(base, pair.provider.as_str(), pair.consumer.as_str()));
        links["pb:latest-pact-version"] = Link::to(latest).title("Latest pact").into();
    }
    Ok(Hal::ok(&json!({"_links": links})))
}

async fn contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<PartOfPair<VersionNumber>>,
) -> Result<Hal, Error> {
    if delete_contracts(&app, &principal, &path.pair, Of::Version(&path.part)).await? == 0 {
        return Err(Error::NotFound);
    }
    links(&app, &principal, &base, &path.pair).await
}

async fn contracts_of_pair(
    State(app): State<App>,
    principal: Principal,
    Named(pair): Named<Pair>,
) -> Result<StatusCode, Error> {
    delete_contracts(&app, &principal, &pair, Of::All).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn contracts_with_tag(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<PartOfPair<TagName>>,
) -> Result<Hal, Error> {
    delete_contracts(&app, &principal, &path.pair, Of::Tag(&path.part)).await?;
    links(&app, &principal, &base, &path.pair).await
}

async fn contracts_on_branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<PartOfPair<BranchName>>,
) -> Result<Hal, Error> {
    delete_contracts(&app, &principal, &path.pair, Of::Branch(&path.part)).await?;
    links(&app, &principal, &base, &path.pair).await
}

/// Of a consumer without a main branch there are none.
async fn contracts_on_main_branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(pair): Named<Pair>,
) -> Result<Hal, Error> {
    let consumer = find(&app, &principal, &pair.consumer).await?;
    let mut db = app.db.acquire().await?;
    let main_branch = store::find_main_branch(&mut db, principal.tenant, consumer).await?;
    drop(db);
    if let Some(branch) = main_branch {
        let branch = BranchName::parse(branch).map_err(Error::internal)?;
        delete_contracts(&app, &principal, &pair, Of::Branch(&branch)).await?;
    }
    links(&app, &principal, &base, &pair).await
}

async fn contract_of_branch_head(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<PartOfPair<BranchName>>,
) -> Result<Hal, Error> {
    delete_head(&app, &principal, &path.pair, Some(path.part.as_str())).await?;
    links(&app, &principal, &base, &path.pair).await
}

async fn contract_of_main_branch_head(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(pair): Named<Pair>,
) -> Result<Hal, Error> {
    delete_head(&app, &principal, &pair, None).await?;
    links(&app, &principal, &base, &pair).await
}

/// Deletes the contract of the version at the head of the branch, if it has one.
async fn delete_head(app: &App, principal: &Principal, pair: &Pair, branch: Option<&str>) -> Result<(), Error> {
    let (consumer, provider) = find_pair(app, principal, pair).await?.ids();
    let mut db = app.db.acquire().await?;
    let head = contracts::find_branch_head(&mut db, principal.tenant, consumer, provider, branch).await?;
    drop(db);
    if let Some(head) = head {
        let version = VersionNumber::parse(head).map_err(Error::internal)?;
        delete_contracts(app, principal, pair, Of::Version(&version)).await?;
    }
    Ok(())
}

async fn verification(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<ResultPath>,
) -> Result<StatusCode, Error> {
    delete_result(&app, &principal, &path.content, Some(path.number)).await
}

async fn latest_verification(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<PartOfPair<ContentSha>>,
) -> Result<StatusCode, Error> {
    delete_result(&app, &principal, &path, None).await
}

async fn latest_of_contract(
    State(app): State<App>,
    principal: Principal,
    Named(contract): Named<ChosenContract>,
) -> Result<StatusCode, Error> {
    let mut db = app.db.acquire().await?;
    let found = contract.find(&mut db, principal.tenant).await?.ok_or(Error::NotFound)?;
    drop(db);
    let part = ContentSha::parse(found.sha).map_err(Error::internal)?;
    let pair = Pair { consumer: contract.consumer, provider: contract.provider };
    delete_result(&app, &principal, &PartOfPair { pair, part }, None).await
}

/// The latest one, if no number is given.
async fn delete_result(
    app: &App,
    principal: &Principal,
    path: &PartOfPair<ContentSha>,
    number: Option<i64>,
) -> Result<StatusCode, Error> {
    let tenant = principal.tenant;
    let pair = find_pair(app, principal, &path.pair).await?;
    let sha = path.part.as_str();

    let mut tx = app.db.begin().await?;
    tenants::hold_deletions(&mut tx, tenant).await?;
    let content = store::find_content(&mut tx, tenant, pair.ids(), sha).await?.ok_or(Error::NotFound)?;
    let number = match number {
        Some(number) => number,
        None => store::find_latest_result(&mut tx, tenant, content).await?.ok_or(Error::NotFound)?,
    };
    if !store::delete_result(&mut tx, tenant, content, number).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"sha": sha, "number": number});
    audit::record(&mut tx, app, principal, "verification.deleted", &pair.subject(), &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

async fn integration(
    State(app): State<App>,
    principal: Principal,
    Named(pair): Named<Pair>,
) -> Result<StatusCode, Error> {
    let pair = find_pair(&app, &principal, &pair).await?;
    batches::delete_integration(&app, &principal, pair).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Only administrators come this far.
async fn everything(State(app): State<App>, principal: Principal) -> Result<StatusCode, Error> {
    batches::delete_everything(&app, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}
