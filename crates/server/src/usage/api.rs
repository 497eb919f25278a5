//! HTTP of who uses what.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::names::{EnvironmentName, PacticipantName};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::usage::{Element, Part, may_be};
use serde_json::{Map, json};

use super::store::Wanted;
use super::{find, store, view};
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/usage/provider/{provider}", get(list))
}

pub(super) struct ProviderPath(pub(super) PacticipantName);

impl FromPath for ProviderPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("provider").map(Self)
    }
}

/// What was asked.
struct Question<'q> {
    wanted: Wanted<'q>,
    method: Option<String>,
    path: Option<&'q str>,
    environment: Option<EnvironmentName>,
    after: &'q str,
    most: usize,
}

impl<'q> Question<'q> {
    fn of(query: &'q QueryPairs) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let part = query.last("part");
        if part.is_some_and(|part| Part::find(part).is_none_or(|part| part == Part::More)) {
            let parts = Part::ALL.iter().filter(|part| **part != Part::More).map(|part| part.as_str());
            let parts = parts.collect::<Vec<_>>().join(", ");
            problems.push(Problem::at("part", format!("must be one of {parts}")));
        }
        let status = query.last("status").map(|status| match status.parse::<u16>() {
            Ok(status) => Ok(i32::from(status)),
            Err(_) => Err(Problem::at("status", "must be a number")),
        });
        let status = status.and_then(|status| problems.note(status));
        let environment = environment(query, &mut problems);
        let most = problems.note(size_by_key(query));
        let question = Self {
            wanted: Wanted { method: None, status, part, name: query.last("field") },
            method: query.last("method").map(str::to_ascii_uppercase),
            path: query.last("path"),
            environment,
            after: query.last("after").unwrap_or_default(),
            most: most.and_then(|most| usize::try_from(most).ok()).unwrap_or_default(),
        };
        problems.or(question)
    }

    /// A path may be given as the document writes it, or as a request has it; a message's is compared as it is.
    fn means(&self, element: &Element) -> bool {
        self.path.is_none_or(|path| element.path == path || may_be(path, &element.path))
    }
}

pub(super) fn environment(query: &QueryPairs, problems: &mut Problems) -> Option<EnvironmentName> {
    let parsed = query
        .last("environment")
        .map(|name| EnvironmentName::parse(name).map_err(|error| Problem::at("environment", error.to_string())));
    parsed.and_then(|parsed| problems.note(parsed))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(ProviderPath(provider)): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let question = Question::of(&query)?;
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let id = find::provider(&mut db, tenant, &provider).await?;
    let environment = find::environment(&mut db, tenant, question.environment.as_ref()).await?;
    let versions = find::counting(&mut db, tenant, id, environment.map(|environment| environment.id)).await?;
    let contents: Vec<i64> = versions.iter().map(|version| version.content_id).collect();
    let unread = store::count_unread(&mut db, tenant, &contents).await?;
    let wanted = Wanted { method: question.method.as_deref(), ..question.wanted };
    let found = find::using(&mut db, tenant, id, versions, &wanted, |used| question.means(used)).await?;
    let (mut consumers, is_complete) = (found.consumers, unread == 0 && found.unknown == 0);
    drop(db);

    let total = consumers.len();
    consumers.retain(|consumer| consumer.name.as_str() > question.after);
    let has_more = consumers.len() > question.most;
    consumers.truncate(question.most);
    let shown: Vec<_> = consumers.iter().map(|consumer| view::consumer(&base, consumer)).collect();
    let mut links = Map::new();
    links.insert("self".into(), Link::to(request.with_query()).title(format!("Who uses {provider}")).into());
    if let Some(last) = consumers.last().filter(|_| has_more) {
        let next = next_by_key(&request, &query, "after", &last.name);
        links.insert("next".into(), Link::to(next).title("Next page").into());
    }
    Ok(Hal::ok(&json!({
        "consumerCount": total,
        "unread": unread,
        "isComplete": is_complete,
        "hasMore": has_more,
        "_embedded": {"consumers": shown},
        "_links": links,
    })))
}
