//! HTTP of what differs between two contracts: the lines, or what is promised.

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::content::{Content, ContentError, ContentSha};
use pactolus_domain::contract_diff::contract_diff;
use pactolus_domain::difference::difference;
use pactolus_domain::names::VersionNumber;
use tokio::sync::Semaphore;

use super::api::Pair;
use super::store::served::{Served, Wanted, find_served};
use super::view::diffs::{self, Compared};
use crate::app::App;
use crate::edge::{
    BaseUrl, DIFF, Error, FromPath, Hal, Named, PathNames, Principal, QueryPairs, RequestUrl, TEXT, choose, plain_text,
};

pub(super) fn routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/version/{{version}}/diff/previous-distinct"), get(with_previous_distinct))
        .route(&format!("{pair}/version/{{version}}/diff/version/{{otherVersion}}"), get(with_version))
        .route(&format!("{pair}/pact-version/{{sha}}/diff/pact-version/{{otherSha}}"), get(with_content))
}

struct VersionPath {
    pair: Pair,
    version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, version: names.version("version")? })
    }
}

struct VersionsPath {
    of: VersionPath,
    other: VersionNumber,
}

impl FromPath for VersionsPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { of: VersionPath::from_path(names)?, other: names.version("otherVersion")? })
    }
}

struct ContentsPath {
    pair: Pair,
    sha: ContentSha,
    other: ContentSha,
}

impl FromPath for ContentsPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let pair = Pair::from_path(names)?;
        let sha = ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?;
        // What is not a sha identifies nothing.
        let other = names.text("otherSha");
        let other = ContentSha::parse(other).map_err(|_| missing(&pair, &format!("with the content {other}")))?;
        Ok(Self { pair, sha, other })
    }
}

/// How the difference is told.
#[derive(Clone, Copy)]
enum Form {
    Lines,
    Semantic,
    /// As this type.
    Json(&'static str),
}

/// How the client gets it.
struct ToldAs {
    base: BaseUrl,
    own: String,
    form: Form,
}

impl FromRequestParts<App> for ToldAs {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Ok(query) = QueryPairs::from_request_parts(parts, app).await;
        let Ok(request) = RequestUrl::from_request_parts(parts, app).await;
        let text_form = match query.last("format") {
            None | Some("lines") => Form::Lines,
            Some("semantic") => Form::Semantic,
            Some(_) => return Err(Error::invalid("format", "must be one of: lines, semantic")),
        };
        let form = match choose(&parts.headers, DIFF) {
            None | Some(TEXT) => text_form,
            Some(json) => Form::Json(json),
        };
        Ok(Self { base: BaseUrl::of(app, &parts.headers), own: request.without_query, form })
    }
}

async fn with_previous_distinct(
    State(app): State<App>,
    principal: Principal,
    told_as: ToldAs,
    Named(VersionPath { pair, version }): Named<VersionPath>,
) -> Result<Response, Error> {
    let wanted = Wanted::Version(version.as_str());
    let previous = Wanted::PreviousDistinct(version.as_str());
    match find(&app, &principal, &pair, &wanted, &previous).await? {
        (shown, Some(other)) => tell(told_as, shown, other).await,
        (shown, None) => Ok(tell_none(&told_as, &shown)),
    }
}

async fn with_version(
    State(app): State<App>,
    principal: Principal,
    told_as: ToldAs,
    Named(VersionsPath { of: VersionPath { pair, version }, other }): Named<VersionsPath>,
) -> Result<Response, Error> {
    let (wanted, wanted_other) = (Wanted::Version(version.as_str()), Wanted::Version(other.as_str()));
    let (shown, found) = find(&app, &principal, &pair, &wanted, &wanted_other).await?;
    let found = found.ok_or_else(|| missing(&pair, &format!("of version {other}")))?;
    tell(told_as, shown, found).await
}

async fn with_content(
    State(app): State<App>,
    principal: Principal,
    told_as: ToldAs,
    Named(ContentsPath { pair, sha, other }): Named<ContentsPath>,
) -> Result<Response, Error> {
    let wanted = Wanted::Content { sha: sha.as_str(), version: None };
    let wanted_other = Wanted::Content { sha: other.as_str(), version: None };
    let (shown, found) = find(&app, &principal, &pair, &wanted, &wanted_other).await?;
    let found = found.ok_or_else(|| missing(&pair, &format!("with the content {other}")))?;
    tell(told_as, shown, found).await
}

/// The contract that is asked about, and the one to compare it with.
async fn find(
    app: &App,
    principal: &Principal,
    pair: &Pair,
    wanted: &Wanted<'_>,
    other: &Wanted<'_>,
) -> Result<(Served, Option<Served>), Error> {
    let mut db = app.read().await?;
    let shown = find_served(&mut db, principal.tenant, pair.as_served(), wanted).await?.ok_or(Error::NotFound)?;
    let other = find_served(&mut db, principal.tenant, pair.as_served(), other).await?;
    Ok((shown, other))
}

fn missing(pair: &Pair, which: &str) -> Error {
    let Pair { consumer, provider } = pair;
    Error::Missing(format!("There is no pact between {consumer} and {provider} {which} to compare with"))
}

/// Each holds two contracts and what they are parsed to; more would only share the processors.
static COMPARISONS: Semaphore = Semaphore::const_new(4);

/// Large contracts take a tenth of a second: meanwhile the thread would serve nobody else.
async fn tell(told_as: ToldAs, shown: Served, other: Served) -> Result<Response, Error> {
    let turn = COMPARISONS.acquire().await.map_err(Error::internal)?;
    let told = tokio::task::spawn_blocking(move || {
        // Kept to the end, also when the client goes away.
        let _turn = turn;
        compare(&told_as, &shown, &other)
    });
    told.await.map_err(Error::internal)?
}

fn compare(told_as: &ToldAs, shown: &Served, other: &Served) -> Result<Response, Error> {
    let compared = Compared { base: &told_as.base, shown, other };
    let (new, old) = (content(shown)?, content(other)?);
    match told_as.form {
        Form::Lines => Ok(plain_text(diffs::lines(&compared, &difference(&old, &new)))),
        Form::Semantic => Ok(plain_text(diffs::semantic(&compared, &contract_diff(&old, &new)))),
        Form::Json(offer) => {
            let diff = contract_diff(&old, &new);
            let body = Hal::json(&diffs::Body::of(&compared, &told_as.own, &diff)).map_err(Error::internal)?;
            Ok(body.offered_as(offer).into_response())
        }
    }
}

fn content(served: &Served) -> Result<Content, Error> {
    Content::parse(served.content.as_str()).map_err(|error: ContentError| Error::internal(error))
}

fn tell_none(told_as: &ToldAs, shown: &Served) -> Response {
    match told_as.form {
        Form::Lines | Form::Semantic => plain_text(diffs::none(&told_as.base, shown)),
        Form::Json(offer) => {
            Hal::ok(&diffs::no_body(&told_as.base, &told_as.own, shown)).offered_as(offer).into_response()
        }
    }
}
