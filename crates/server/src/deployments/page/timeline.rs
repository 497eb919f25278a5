//! The timeline: every deployment and release, the newest first, with the verdict at that moment where it was recorded.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::Problem;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::deployments::store::{self, Part, Said};
use crate::deployments::view::{self, Embedded};
use crate::deployments::{Deployment, Kind};
use crate::edge::{
    BaseUrl, Error, Hal, Link, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key, timestamp, urls,
    without_nulls,
};
use crate::environments::{self, Environment};
use crate::ids::TenantId;
use crate::pacticipants;
use crate::ui::parts::{
    Choice, Filter, Filters, Happening, Verdict, chip, command, counted, empty, link, panel, timeline,
};
use crate::ui::{Page, Section, Viewer, nearest};
use crate::verdicts;

/// On a page, and beside the board.
const SHOWN: i64 = 50;
const LATEST: i64 = 8;
/// Names that may have been meant.
const MOST_MEANT: usize = 3;

/// Deployments with what allowed them.
struct Story {
    deployments: Vec<Deployment>,
    verdicts: HashMap<Uuid, verdicts::Verdict>,
    environments: Vec<Environment>,
    /// Whether what the gate says is kept.
    are_recorded: bool,
    /// Where the next page begins.
    next: Option<Uuid>,
}

async fn read(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    query: &QueryPairs,
    limit: i64,
) -> Result<Story, Error> {
    let environments = environments::list(db, tenant, None).await?;
    let text = |name: &str| query.last(name).filter(|value| !value.is_empty());
    let environment = text("environment").map(|name| {
        let found = environments.iter().find(|environment| environment.name == name);
        found.map(|one| one.id).ok_or_else(|| Problem::at("environment", format!("{name} doesn't exist")))
    });
    let pacticipant = match text("pacticipant") {
        None => None,
        Some(name) => {
            let parsed = PacticipantName::parse(name).map_err(|error| Problem::at("pacticipant", error.to_string()))?;
            let missing = || Error::NoSuchPacticipant { role: "pacticipant", name: name.to_owned() };
            Some(pacticipants::find_id(db, tenant, &parsed).await?.ok_or_else(missing)?)
        }
    };
    let before = text("before")
        .map(|id| Uuid::parse_str(id).map_err(|_| Problem::at("before", "is not the id of a deployment")));
    let said = text("verdict").map(|word| said_by_word(word).ok_or_else(|| wrong_word(word)));
    let part = Part {
        environment: environment.transpose()?,
        pacticipant,
        said: said.transpose()?,
        before: before.transpose()?,
        limit: limit + 1,
    };
    let mut deployments = store::list_timeline(db, tenant, part).await?;
    let has_more = i64::try_from(deployments.len()).is_ok_and(|count| count > limit);
    if has_more {
        deployments.pop();
    }
    let ids: Vec<Uuid> = deployments.iter().filter_map(|one| one.verdict_id).collect();
    let found = if ids.is_empty() { Vec::new() } else { verdicts::list_by_ids(db, tenant, &ids).await? };
    let verdicts = found.into_iter().map(|verdict| (verdict.id, verdict)).collect();
    let next = deployments.last().map(|last| last.id).filter(|_| has_more);
    Ok(Story { deployments, verdicts, environments, are_recorded: app.settings.record_verdicts, next })
}

/// What the address calls it.
const SAID: [(&str, Said, &str); 4] = [
    ("yes", Said::Yes, "yes"),
    ("no", Said::No, "no"),
    ("not-known", Said::NotKnown, "not known"),
    ("none", Said::Nothing, "nothing: it was not asked"),
];

fn said_by_word(word: &str) -> Option<Said> {
    SAID.iter().find(|(own, ..)| *own == word).map(|(_, said, _)| *said)
}

fn wrong_word(word: &str) -> Problem {
    let words = SAID.map(|(own, ..)| own).join(", ");
    Problem::at("verdict", format!("{word} is not one of {words}"))
}

pub(super) async fn as_json(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let story = read(&mut db, &app, principal.tenant, &query, size_by_key(&query)?).await?;
    let shown: Vec<Value> = story.deployments.iter().map(|one| story.view(&base, one)).collect();
    let mut links = json!({"self": Link::to(request.with_query()).title("Deployments and releases")});
    if let Some(last) = story.next {
        links["next"] = Link::to(next_by_key(&request, &query, "before", &last.to_string())).title("Next page").into();
    }
    Ok(Hal::ok(&json!({"_embedded": {"deployments": shown}, "_links": links})))
}

impl Story {
    fn environment(&self, deployment: &Deployment) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.id == deployment.environment_id)
    }

    /// The verdict that let it in.
    fn verdict(&self, deployment: &Deployment) -> Option<&verdicts::Verdict> {
        self.verdicts.get(&deployment.verdict_id?)
    }

    fn view(&self, base: &BaseUrl, deployment: &Deployment) -> Value {
        let embedded = self.environment(deployment).map_or(Embedded::Version, Embedded::All);
        let mut body = view::deployment(base, deployment, &embedded);
        body["kind"] = if deployment.kind == Kind::Deployed { "deployed" } else { "released" }.into();
        if let Some(verdict) = self.verdict(deployment) {
            body["verdict"] = without_nulls(json!({
                "deployable": verdict.deployable,
                "askedBy": verdict.actor,
                "createdAt": timestamp(verdict.created_at),
            }));
        }
        body
    }

    fn happenings(&self, viewer: &Viewer) -> Vec<Happening> {
        self.deployments.iter().map(|one| self.happening(viewer, one)).collect()
    }

    fn happening(&self, viewer: &Viewer, one: &Deployment) -> Happening {
        let allowed = self.verdict(one);
        let verdict = match allowed.map(|verdict| verdict.deployable) {
            None => Verdict::NotApplicable,
            Some(Some(true)) => Verdict::Passed,
            Some(Some(false)) => Verdict::Failed,
            Some(None) => Verdict::NotVerified,
        };
        let name = urls::segment(&one.pacticipant);
        let version = viewer.at(&format!("/pacticipants/{name}/versions/{}", urls::segment(&one.number)));
        let sentence = html! {
            a .name .plain href=(viewer.at(&format!("/pacticipants/{name}"))) title=(one.pacticipant) { (one.pacticipant) }
            " " (chip(&version, &one.number))
            @if one.kind == Kind::Deployed { " to " } @else { " released in " }
            span .target title=(one.environment_display_name) { (one.environment_display_name) }
            @if let Some(instance) = &one.application_instance { ", " (instance) }
            @if let Some(ended) = one.ended_at { span .quiet { " · until " (viewer.ago(ended)) } }
        };
        let by = html! {
            @match allowed {
                Some(allowed) => {
                    "The gate said "
                    a href=(viewer.at(&format!("/verdicts/{}", allowed.id))) { (said(allowed)) }
                    " to " (allowed.actor) ", " (viewer.ago(allowed.created_at))
                }
                None => @if self.are_recorded { "The gate was not asked" },
            }
        };
        Happening { verdict, sentence, by: Some(by), age: viewer.ago(one.created_at) }
    }
}

fn said(verdict: &verdicts::Verdict) -> &'static str {
    match verdict.deployable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

pub(super) async fn as_page(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let story = match read(&mut db, &app, principal.tenant, &viewer.query, SHOWN).await {
        Err(Error::NoSuchPacticipant { name, .. }) => {
            // Somebody is still writing the name.
            let environments = environments::list(&mut db, principal.tenant, None).await?;
            let names = pacticipants::list_names(&mut db, principal.tenant).await?;
            return Ok(unknown(&viewer, &environments, &name, &names));
        }
        other => other?,
    };
    drop(db);

    let is_narrowed = ["environment", "pacticipant", "verdict", "before"]
        .iter()
        .any(|name| viewer.query.last(name).is_some_and(|value| !value.is_empty()));
    let content = html! {
        @if story.deployments.is_empty() && !is_narrowed { (nothing(&viewer)) } @else {
            (filters(&viewer, &story.environments))
            section .panel #timeline aria-label="Timeline" {
                @if story.deployments.is_empty() {
                    (empty("Nothing was deployed as this address asks.", None, Some((&viewer.at("/deployments"), "The whole timeline"))))
                } @else {
                    (timeline(&story.happenings(&viewer), true))
                    @if !story.are_recorded && story.verdicts.is_empty() { (how_to_record_verdicts()) }
                    (foot(&viewer, &story))
                }
            }
        }
    };
    Ok(page(&viewer, content).show(&viewer))
}

fn page(viewer: &Viewer, content: Markup) -> Page<'static> {
    Page {
        crumbs: vec![("Environments", viewer.at("/environments")), ("Deployments", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        ..Page::new("Deployments", Section::Environments, html! { "What was let in, and when" }, content)
    }
}

/// Nothing is called so; what may have been meant leads to its deployments.
fn unknown(viewer: &Viewer, environments: &[Environment], name: &str, names: &[String]) -> Response {
    let meant = nearest(name, names.iter(), |name| name, MOST_MEANT);
    let content = html! {
        (filters(viewer, environments))
        section .panel #timeline aria-label="Timeline" {
            div .empty {
                p {
                    "No application is called " (name) "."
                    @if !meant.is_empty() { " Did you mean one of these?" }
                }
                @for one in meant { p { (link(&viewer.here_with(&[("pacticipant", Some(one)), ("before", None)]), one)) } }
            }
        }
    };
    page(viewer, content).show(viewer)
}

fn how_to_record_verdicts() -> Markup {
    html! { p .second .in { "What the gate said is not kept here. " code { "pactolus serve --record-verdicts" } " keeps it from then on." } }
}

fn foot(viewer: &Viewer, story: &Story) -> Markup {
    let shown = i64::try_from(story.deployments.len()).unwrap_or(i64::MAX);
    html! {
        div .foot-of-list {
            span { (counted(shown, "deployment", "deployments")) }
            nav aria-label="Pages of deployments" {
                @if viewer.query.has("before") { a .button href=(viewer.here_with(&[("before", None)])) { "Newest" } }
                @if let Some(last) = story.next { a .button href=(viewer.here_with(&[("before", Some(&last.to_string()))])) { "Older" } }
            }
        }
    }
}

fn filters(viewer: &Viewer, environments: &[Environment]) -> Markup {
    let all = [(String::new(), "all".to_owned())];
    let options = environments.iter().map(|one| (one.name.clone(), one.display_name.clone()));
    let environment =
        Choice { name: "environment", label: "Environment", options: all.into_iter().chain(options).collect() };
    let any = std::iter::once((String::new(), "anything".to_owned()));
    let words = SAID.iter().map(|(own, _, words)| ((*own).to_owned(), (*words).to_owned()));
    let verdict = Choice { name: "verdict", label: "The gate said", options: any.chain(words).collect() };
    let fields = vec![
        Filter::Text { name: "pacticipant", label: "Application, by its whole name" },
        Filter::Choice(environment),
        Filter::Choice(verdict),
    ];
    Filters { fields, target: "timeline", end: None }.show(viewer)
}

fn nothing(viewer: &Viewer) -> Markup {
    html! {
        section .panel {
            div .empty {
                p { "No deployment yet. Record each from the job that makes it:" }
                (command(&format!(
                    "pactolus record-deployment --pacticipant shop --version $(git rev-parse HEAD) --environment production --broker-base-url {}",
                    viewer.base.as_str()
                )))
                (link(&viewer.at("/environments"), "Environments"))
            }
        }
    }
}

/// The newest few, beside the board.
pub(super) async fn latest(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    viewer: &Viewer,
) -> Result<Markup, Error> {
    let story = read(db, app, tenant, &QueryPairs::parse(""), LATEST).await?;
    if story.deployments.is_empty() {
        return Ok(html! {});
    }
    let all = link(&viewer.at("/deployments"), "All deployments");
    Ok(panel(
        "Deployments",
        story.are_recorded.then_some("with the verdict at that moment"),
        Some(&all),
        &timeline(&story.happenings(viewer), true),
    ))
}
