//! The system map: who depends on whom, and where it is broken; drawn, as a table, and for programs.

mod draw;
mod figure;
mod promises;
mod question;
mod scene;
mod standing;
mod table;
mod twin;

pub(crate) use promises::Promises;
pub(crate) use standing::list_standings_in;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use self::draw::Within;
use self::figure::Figure;
use self::question::Question;
use self::scene::Scene;
use super::store;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Hal, Principal, QueryPairs, RequestUrl};
use crate::environments::{self, Environment};
use crate::ids::TenantId;
use crate::ui::parts::{
    Choice, Filter, Filters, Verdict, command, count, counted, icon, link, shape, verdict_saying, word,
};
use crate::ui::{Page, Section, Viewer, drawing};

/// So many applications are drawn without being asked for; teams stand for more.
const MOST_AT_ONCE: usize = 80;
/// So many are drawn at all.
const MOST_DRAWN: usize = 400;
/// So many can be chosen from without a search.
const MOST_CHOICES: usize = 200;

pub(crate) fn map_routes() -> Router<App> {
    Router::new().route("/map", get(as_json))
}

/// The drawing alone, whatever the client accepts.
pub(crate) fn svg_routes() -> Router<App> {
    Router::new().route("/map.svg", get(as_svg))
}

pub(crate) fn page_routes() -> Router<App> {
    Router::new().route("/map", get(as_page))
}

/// What both are made of.
struct Read {
    question: Question,
    environments: Vec<Environment>,
    scene: Scene,
}

async fn read(app: &App, tenant: TenantId, query: &QueryPairs) -> Result<Read, Error> {
    let mut db = app.read().await?;
    let environments = environments::list(&mut db, tenant, None).await?;
    let question = Question::of(query, &environments)?;
    let applications = store::list_applications(&mut db, tenant, scene::TEAM).await?;
    let of_these = question.environment.map(|at| vec![environments[at].id]);
    let promises = Promises::read(app, &mut db, tenant, of_these).await?;
    drop(db);
    let scene = Scene::of(applications, promises.to_vec(), &question)?;
    Ok(Read { question, environments, scene })
}

async fn as_json(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let read = read(&app, principal.tenant, &query).await?;
    let environment = read.question.environment.map(|at| &read.environments[at]);
    Ok(Hal::ok(&twin::of(&base, &request.with_query(), environment, &read.scene)))
}

async fn as_svg(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let read = read(&app, principal.tenant, &viewer.query).await?;
    let viewer = viewer.seen_elsewhere("/map");
    let picture = match figure(&viewer, &read) {
        _ if read.scene.contracts.is_empty() => {
            draw::sentences(&["No contract is between applications that this address asks for.".into()])
        }
        Ok(figure) => draw::svg(&figure, Within::Nothing),
        Err(shown) => draw::sentences(&too_many(shown, &read.question)),
    };
    Ok(drawing::alone(picture))
}

async fn as_page(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let read = read(&app, principal.tenant, &viewer.query).await?;
    let Read { question, environments, scene } = &read;
    let place = question.environment.map(|at| environments[at].display_name.as_str());
    let content = html! {
        @if scene.is_nothing_known() {
            (nothing(&viewer))
        } @else {
            (filters(&viewer, &read))
            div #map-and-table {
                @if scene.contracts.is_empty() { (no_match(&viewer, place, question)) } @else {
                    (picture(&viewer, &read)) (table::of(&viewer, scene, place))
                }
            }
        }
    };
    let crumbs = match place {
        None => vec![("Map", String::new())],
        Some(name) => vec![("Map", viewer.at("/map")), (name, String::new())],
    };
    let page = Page {
        crumbs,
        twins: vec![("JSON", viewer.as_json()), ("SVG", viewer.as_svg()), ("HAL", viewer.as_hal())],
        facts: (!scene.contracts.is_empty()).then(|| tally(scene)),
        ..Page::new("System map", Section::Map, html! { "System map" }, content)
    };
    Ok(page.show(&viewer))
}

/// What is not passed stands out; what there is none of is left out.
fn tally(scene: &Scene) -> Markup {
    let words = [
        (Verdict::Failed, "failed"),
        (Verdict::NotVerified, "not verified"),
        (Verdict::Pending, "pending"),
        (Verdict::Passed, "passed"),
    ];
    html! {
        @for (verdict, word) in words {
            @let number = number(scene.contracts.iter().filter(|contract| contract.verdict == verdict).count());
            @if number > 0 { (verdict_saying(verdict, &format!("{} {word}", count(number)))) }
        }
        @if !scene.cycles.is_empty() {
            span { (icon("cycle")) " " (counted(number(scene.cycles.len()), "cycle", "cycles")) }
        }
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn filters(viewer: &Viewer, Read { question, environments, scene }: &Read) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let running = environments.iter().map(|one| option(&one.name, &one.display_name));
    let teams = scene.teams.iter().map(|team| option(team, team));
    let names: Vec<&String> = scene.names.iter().collect();
    let near = if names.len() <= MOST_CHOICES { names.as_slice() } else { &[] };
    let chosen = question.around.iter().filter(|_| near.is_empty());
    let near = near.iter().copied().chain(chosen).map(|name| option(name, name));
    let verdicts = question::VERDICTS.iter().map(|(value, verdict)| option(value, verdict.word()));
    let choice = |name, label, all: &str, options: Vec<(String, String)>| {
        Filter::Choice(Choice { name, label, options: [option("", all)].into_iter().chain(options).collect() })
    };
    let mut fields = vec![
        Filter::Text { name: "q", label: "Find an application" },
        choice("environment", "Running in", "anywhere", running.collect()),
        choice("team", "Team", "all", teams.collect()),
        choice("verdict", "Verdict", "any", verdicts.collect()),
        choice("around", "Around", "everything", near.collect()),
    ];
    if question.around.is_some() {
        let steps = [option("2", "2"), option("3", "3")];
        fields.push(choice("steps", "Steps", "1", steps.into()));
    }
    Filters { fields, target: "map-and-table", end: Some(zoom()) }.show(viewer)
}

/// Without a script the map is scrolled at its size.
fn zoom() -> Markup {
    html! {
        div .zoom hidden data-zoom role="group" aria-label="Size of the map" {
            button type="button" data-by="0.8" aria-label="Smaller" { (icon("minus")) }
            button type="button" data-by="fit" { "Fit" }
            button type="button" data-by="1.25" aria-label="Larger" { (icon("plus")) }
        }
    }
}

/// What is drawn; where that would be too much, how many applications that were.
fn figure(viewer: &Viewer, Read { question, environments, scene }: &Read) -> Result<Figure, usize> {
    let environment = question.environment.map(|at| &environments[at]);
    let shown = scene.shown().count();
    let has_few = shown <= MOST_AT_ONCE;
    let is_narrowed = question.around.is_some() || question.team.is_some();
    match () {
        () if has_few || (is_narrowed && shown <= MOST_DRAWN) => {
            Ok(Figure::of_applications(viewer, scene, environment, question))
        }
        () if shown <= MOST_DRAWN && scene.teams.len() > 1 => Ok(Figure::of_teams(viewer, scene)),
        () => Err(shown),
    }
}

/// The map, or why there is none.
fn picture(viewer: &Viewer, read: &Read) -> Markup {
    let figure = match figure(viewer, read) {
        Ok(figure) => figure,
        Err(shown) => {
            let sentences = too_many(shown, &read.question).join(" ");
            return html! { section .panel aria-label="Map" { div .empty { p { (sentences) } } } };
        }
    };
    html! {
        section .panel .map-panel aria-label="Map" {
            header {
                span .quiet {
                    "Consumers left, providers right"
                    @if figure.is_of_teams { ". Each box is a team; follow one to see its applications." }
                }
                div .tools .legend {
                    @for verdict in [Verdict::Passed, Verdict::Failed, Verdict::NotVerified, Verdict::Pending] {
                        span { (shape(verdict)) " " (verdict.word()) }
                    }
                    span { (icon("cycle")) " Cycle" }
                }
            }
            div .map-room tabindex="0" role="region" aria-label="The map; it scrolls" { (draw::svg(&figure, Within::Page)) }
        }
    }
}

fn too_many(shown: usize, question: &Question) -> [String; 2] {
    let way = if question.around.is_some() {
        "Take fewer steps."
    } else {
        "Find one, or follow its name in the table, to see the map around it."
    };
    [format!("{} too many to draw.", counted(number(shown), "application is", "applications are")), way.into()]
}

fn no_match(viewer: &Viewer, place: Option<&str>, question: &Question) -> Markup {
    html! {
        section .panel {
            div .empty {
                @if let Some(place) = place.filter(|_| !question.narrows()) {
                    p { "No application with a contract runs in " (place) ". Record what was deployed:" }
                    (command(&format!("pactolus record-deployment --pacticipant shop --version 1.0.0 --environment {}", word(question.place.as_deref().unwrap_or("production")))))
                } @else {
                    p { "No contract is between applications that this address asks for." }
                }
                (link(&viewer.at("/map"), "The whole map"))
            }
        }
    }
}

/// Nobody has published anything.
fn nothing(viewer: &Viewer) -> Markup {
    let broker = viewer.base.as_str();
    html! {
        section .panel {
            div .empty {
                p { "The map shows who depends on whom, as soon as a consumer's build has published a contract:" }
                (command(&format!("pactolus publish ./pacts --consumer-app-version $(git rev-parse HEAD) --branch main --broker-base-url {broker}")))
                p { "and its provider's build has verified it:" }
                (command(&format!("pactolus verify --provider stock --provider-version $(git rev-parse HEAD) --provider-base-url http://localhost:8080 --publish --broker-base-url {broker}")))
                (link(&viewer.at("/pacticipants"), "Applications"))
            }
        }
    }
}
