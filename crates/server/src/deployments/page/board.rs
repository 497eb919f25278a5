//! The board: a row for each application, a column for each environment.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use sqlx::PgConnection;
use uuid::Uuid;

use super::timeline::latest;
use crate::app::App;
use crate::deployments::store::{self, Running};
use crate::edge::{Error, Principal, urls};
use crate::environments::{self, Environment};
use crate::ids::TenantId;
use crate::integrations;
use crate::kept::Kept;
use crate::ui::parts::{
    Choice, Column, Filter, Filters, Verdict, chip, command, counted, empty, head, link, page_of, shape_alone,
    verdict_saying, word,
};
use crate::ui::{Page, Section, Viewer};

const ROWS: usize = 50;
/// With more applications only those are shown first that run differently.
const MANY: usize = 100;

struct Board {
    /// In the order in which versions go through them.
    environments: Vec<Environment>,
    rows: Arc<Vec<Row>>,
}

/// What the board shows, by tenant and environments.
#[derive(Clone, Default)]
pub(crate) struct Rows(Kept<(TenantId, Vec<Uuid>), Vec<Row>>);

impl Rows {
    async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        environments: &[Environment],
    ) -> sqlx::Result<Arc<Vec<Row>>> {
        let ids: Vec<Uuid> = environments.iter().map(|environment| environment.id).collect();
        let key = (tenant, ids.clone());
        if let Some(kept) = app.board_rows.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let running = store::list_running(db, tenant).await?;
        let standings = integrations::list_standings_in(app, db, tenant, ids).await?;
        let rows = rows(environments, running, &standings);
        Ok(app.board_rows.0.put(key, rows, started, app.now()))
    }
}

struct Row {
    name: String,
    /// For each environment.
    cells: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    running: Vec<(Running, Option<Verdict>)>,
    /// The environment to the left that has only older versions.
    ahead_of: Option<usize>,
}

impl Row {
    /// Not everywhere the same.
    fn differs(&self) -> bool {
        let numbers = self.cells.iter().flat_map(|cell| &cell.running).map(|(running, _)| running.number.as_str());
        numbers.collect::<BTreeSet<_>>().len() > 1 || self.cells.iter().any(|cell| cell.running.is_empty())
    }

    fn worst(&self) -> Option<Verdict> {
        let verdicts = self.cells.iter().flat_map(|cell| &cell.running).filter_map(|(_, verdict)| *verdict);
        verdicts.min_by_key(|verdict| badness(*verdict))
    }

    /// When something came last.
    fn changed(&self) -> Option<DateTime<Utc>> {
        self.cells.iter().flat_map(|cell| &cell.running).map(|(running, _)| running.since).max()
    }

    fn is_ahead(&self) -> bool {
        self.cells.iter().any(|cell| cell.ahead_of.is_some())
    }
}

/// What to look at first has the least.
fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::NotVerified => 1,
        _ => 2,
    }
}

const NO_VERDICT: u8 = 3;

pub(super) async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let environments = environments::in_order(&mut db, principal.tenant).await?;
    let rows = Rows::read(&app, &mut db, principal.tenant, &environments).await?;
    let latest = latest(&mut db, &app, principal.tenant, &viewer).await?;
    drop(db);

    let board = Board { environments, rows };
    let content = html! {
        @if board.environments.is_empty() { (no_environment(&viewer)) } @else {
            (filters(&viewer, board.rows.len() > MANY))
            (table(&viewer, &board))
            (latest)
        }
    };
    let page = Page {
        crumbs: vec![("Environments", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        actions: (!board.rows.is_empty() && viewer.may_change()).then(|| how_to_record(&viewer, &board)),
        facts: (!board.rows.is_empty()).then(|| facts(&board)),
        ..Page::new("Environments", Section::Environments, html! { (heading(&board)) }, content)
    };
    Ok(page.show(&viewer))
}

fn rows(
    environments: &[Environment],
    running: Vec<Running>,
    standings: &HashMap<Uuid, HashMap<(i64, String), Verdict>>,
) -> Vec<Row> {
    let places: HashMap<Uuid, usize> = environments.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for one in running {
        let Some(&place) = places.get(&one.environment) else { continue };
        if rows.last().is_none_or(|row| row.name != one.pacticipant) {
            let cells = environments.iter().map(|_| Cell::default()).collect();
            rows.push(Row { name: one.pacticipant.clone(), cells });
        }
        let standing = standings.get(&one.environment);
        let verdict = standing.and_then(|standing| standing.get(&(one.pacticipant_id, one.number.clone()))).copied();
        if let Some(row) = rows.last_mut() {
            row.cells[place].running.push((one, verdict));
        }
    }
    rows.iter_mut().for_each(mark_drift);
    rows
}

/// What is newer than all that the environment before it has did not come through there.
fn mark_drift(row: &mut Row) {
    let newest = |cell: &Cell| cell.running.iter().map(|(running, _)| running.position).max();
    for at in 1..row.cells.len() {
        let before = (0..at).rev().find_map(|place| Some((place, newest(&row.cells[place])?)));
        if let (Some((place, before)), Some(own)) = (before, newest(&row.cells[at])) {
            row.cells[at].ahead_of = (own > before).then_some(place);
        }
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn heading(board: &Board) -> String {
    let failing = board.rows.iter().filter(|row| row.worst() == Some(Verdict::Failed)).count();
    let drifting = board.rows.iter().filter(|row| row.is_ahead()).count();
    match (failing, drifting) {
        (0, 0) => "What runs where".into(),
        (0, _) => format!("{} ahead of the environment before", applications(drifting)),
        (1, _) => "1 application runs beside one that it breaks with".into(),
        (count, _) => format!("{count} applications run beside one that they break with"),
    }
}

fn applications(count: usize) -> String {
    if count == 1 { "1 application is".into() } else { format!("{count} applications are") }
}

fn facts(board: &Board) -> Markup {
    let drifting = board.rows.iter().filter(|row| row.is_ahead()).count();
    html! {
        span { (counted(number(board.rows.len()), "application", "applications")) " in " (counted(number(board.environments.len()), "environment", "environments")) }
        @if drifting > 0 { (verdict_saying(Verdict::Warning, &format!("{} ahead", applications(drifting)))) }
    }
}

fn filters(viewer: &Viewer, is_many: bool) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let options = if is_many {
        vec![option("", "differences"), option("all", "everything")]
    } else {
        vec![option("", "everything"), option("differences", "differences")]
    };
    let show = Choice { name: "show", label: "Show", options };
    let orders = vec![option("", "name"), option("verdict", "worst first"), option("changed", "changed last")];
    let sort = Choice { name: "sort", label: "By", options: orders };
    let find = Filter::Text { name: "q", label: "Find an application" };
    let fields = vec![find, Filter::Choice(show), Filter::Choice(sort)];
    Filters { fields, target: "board", end: None }.show(viewer)
}

fn table(viewer: &Viewer, board: &Board) -> Markup {
    let q = viewer.query.last("q").map(str::to_lowercase).unwrap_or_default();
    let default = if board.rows.len() > MANY { "differences" } else { "all" };
    let only_differences =
        viewer.query.last("show").filter(|show| !show.is_empty()).unwrap_or(default) == "differences";
    let mut asked: Vec<&Row> = board
        .rows
        .iter()
        .filter(|row| row.name.to_lowercase().contains(&q) && (!only_differences || row.differs()))
        .collect();
    let sort = viewer.query.last("sort").unwrap_or("name");
    match sort.trim_start_matches('-') {
        "changed" => asked.sort_by_key(|row| std::cmp::Reverse(row.changed())),
        "verdict" => asked.sort_by_key(|row| row.worst().map_or(NO_VERDICT, badness)),
        _ => {}
    }
    if sort.starts_with('-') {
        asked.reverse();
    }
    let (shown, foot) = page_of(viewer, &asked, ROWS, ("application", "applications"));
    let places = board.environments.iter().map(|environment| Column::text(&environment.display_name));
    let columns: Vec<Column<'_>> =
        std::iter::once(Column::text("Application").sorts_by("name")).chain(places).collect();
    html! {
        section .panel #board aria-label="Board" {
            @if shown.is_empty() {
                (nothing_runs(viewer, board))
            } @else {
                div .scroll { table .list .tall .board { (head(viewer, &columns, sort)) tbody { @for row in shown { (one(viewer, board, row)) } } } }
                (foot.show())
            }
        }
    }
}

fn one(viewer: &Viewer, board: &Board, row: &Row) -> Markup {
    let href = viewer.at(&format!("/pacticipants/{}", urls::segment(&row.name)));
    html! {
        tr {
            th scope="row" { a .cut href=(href) title=(row.name) { (row.name) } }
            @for (at, of_row) in row.cells.iter().enumerate() { td { (cell(viewer, board, row, at, of_row)) } }
        }
    }
}

fn cell(viewer: &Viewer, board: &Board, row: &Row, at: usize, cell: &Cell) -> Markup {
    let environment = &board.environments[at];
    let map = viewer.at(&format!(
        "/map?environment={}&around={}",
        urls::segment(&environment.name),
        urls::segment(&row.name)
    ));
    html! {
        @if cell.running.is_empty() { span .absent { "none" } }
        @for (running, verdict) in &cell.running {
            div .runs {
                @let verdict = verdict.unwrap_or(Verdict::NotApplicable);
                @let label = if verdict == Verdict::NotApplicable { "No contract here" } else { verdict.word() };
                a .state href=(map) { (shape_alone(verdict, label)) }
                (chip(&viewer.at(&format!("/pacticipants/{}/versions/{}", urls::segment(&row.name), urls::segment(&running.number))), &running.number))
                @if running.is_release { span .quiet { "released" } }
                @if !running.application_instance.is_empty() { span .quiet .cut title=(running.application_instance) { (running.application_instance) } }
                span .quiet .since { (viewer.age(running.since)) }
            }
        }
        @if let Some(before) = cell.ahead_of {
            div .drift { (verdict_saying(Verdict::Warning, &format!("newer than in {}", board.environments[before].display_name))) }
        }
    }
}

fn nothing_runs(viewer: &Viewer, board: &Board) -> Markup {
    html! {
        @if board.rows.is_empty() {
            div .empty {
                p { "Nothing is recorded to run anywhere. Record a deployment from the job that makes it:" }
                (command(&record(viewer, board)))
            }
        } @else {
            (empty("No application is as this address asks.", None, Some((&viewer.at("/environments"), "The whole board"))))
        }
    }
}

fn record(viewer: &Viewer, board: &Board) -> String {
    let environment = board.environments.last().map_or("production", |environment| environment.name.as_str());
    let name = board.rows.first().map_or("shop", |row| row.name.as_str());
    let [name, environment] = [name, environment].map(word);
    format!(
        "pactolus record-deployment --pacticipant {name} --version $(git rev-parse HEAD) --environment {environment} --broker-base-url {}",
        viewer.base.as_str()
    )
}

fn how_to_record(viewer: &Viewer, board: &Board) -> Markup {
    html! {
        details .menu .told {
            summary .button .primary { "Record deployment" }
            div { p .second { "From the job that makes it, after the gate has said yes:" } (command(&record(viewer, board))) }
        }
    }
}

fn no_environment(viewer: &Viewer) -> Markup {
    html! {
        section .panel {
            div .empty {
                p { "No environment yet. Create the ones that your versions go through:" }
                (command("pactolus create-environment --name test --no-production"))
                (command("pactolus create-environment --name production --production"))
                (link(&viewer.at("/doc"), "By the API"))
            }
        }
    }
}
