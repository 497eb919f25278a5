//! The matrix of two applications: consumer versions by provider versions, each cell with its evidence.

mod board;
mod changes;
mod evidence;
mod heat;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use pactolus_domain::gate::Finding;
use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;

use self::board::{Basis, Board, Shape};
use super::super::api::Pair;
use super::super::compared::list_findings;
use super::super::store;
use super::{address, base, pair, word};
use crate::app::App;
use crate::comparisons;
use crate::edge::{Error, Named, Principal, urls};
use crate::ids::TenantId;
use crate::matrix::page::gate::Cause;
use crate::ui::parts::{Choice, Filter, Filters, Verdict, count, counted, empty, icon, panel, verdict, verdict_saying};
use crate::ui::{Page, Section, Viewer};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/matrix/provider/{provider}/consumer/{consumer}", get(show))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(Pair { consumer, provider }): Named<Pair>,
) -> Result<Response, Error> {
    let tenant = principal.tenant;
    let board = settled(&app, tenant, &viewer, (&consumer, &provider)).await?;
    let chosen = board.chosen(viewer.query.last("cell"));
    let mut db = app.read().await?;
    let known = match chosen {
        Some(chosen) => Known::read(&mut db, tenant, &board, chosen).await?,
        None => Known::default(),
    };
    drop(db);
    Ok(PairPage { viewer: &viewer, board: &board, chosen, known }.show())
}

/// What is shown and nobody has compared yet is compared for it, as for whoever asks the API; what takes longer goes on
/// in the background.
async fn settled(
    app: &App,
    tenant: TenantId,
    viewer: &Viewer,
    (consumer, provider): (&PacticipantName, &PacticipantName),
) -> Result<Board, Error> {
    let wanted = board::Wanted::of(&viewer.query);
    let mut db = app.read().await?;
    let board = Board::read(&mut db, tenant, (consumer, provider), &wanted).await?;
    drop(db);
    let pending = board.pending();
    if pending.is_empty() {
        return Ok(board);
    }
    if let Err(error) = comparisons::settle_shown(app, tenant, &viewer.base, &pending).await {
        comparisons::warn(&error);
        return Ok(board);
    }
    let mut db = app.read().await?;
    Board::read(&mut db, tenant, (consumer, provider), &wanted).await
}

/// What is told of the selected pair beside its verdict.
#[derive(Default)]
struct Known {
    /// By its verifier.
    said: Option<store::Said>,
    /// The worst that a comparison found.
    finding: Option<Finding>,
}

impl Known {
    async fn read(db: &mut PgConnection, tenant: TenantId, board: &Board, at: At) -> Result<Self, Error> {
        let Some(tried) = board.tried(at) else { return Ok(Self::default()) };
        let said = match tried.verified {
            Some(verified) => store::list_said(db, tenant, &[verified.number]).await?.into_iter().next(),
            None => None,
        };
        let versions = (board.columns[at.0].version_id, board.rows[at.1].version_id);
        let finding = match tried.offer {
            Some(_) => list_findings(db, tenant, &[versions]).await?.remove(&versions),
            None => None,
        };
        Ok(Self { said, finding })
    }
}

pub(super) use self::heat::mark_of;

/// A place in the heat map: column and row.
type At = (usize, usize);

struct PairPage<'a> {
    viewer: &'a Viewer,
    board: &'a Board,
    chosen: Option<At>,
    known: Known,
}

impl PairPage<'_> {
    fn show(&self) -> Response {
        let Board { consumer, provider, .. } = self.board;
        let viewer = self.viewer;
        let title = format!("{consumer} and {provider}");
        let page = Page {
            crumbs: vec![("Matrix", viewer.at("/matrix")), (&title, String::new())],
            twins: vec![
                ("JSON", format!("{}.json", viewer.at(viewer.path()))),
                ("HAL", viewer.at(&format!("/hal-browser/browser.html#{}", viewer.path()))),
            ],
            facts: Some(self.tally()),
            tabs: vec![
                ("Two applications, by version", None, None),
                ("All applications, by environment", Some(viewer.at("/matrix")), None),
            ],
            is_wide: true,
            ..Page::new(
                &title,
                Section::Matrix,
                html! { (consumer) " " (icon("right")) span .vh { " and its provider " } " " (provider) },
                self.content(),
            )
        };
        page.show(viewer)
    }

    fn tally(&self) -> Markup {
        let tally = self.board.tally();
        let all: usize = tally.iter().map(|(_, count)| count).sum();
        html! {
            span { (counted(i64_of(all), "pair", "pairs")) " on this page" }
            @for (verdict, number) in tally.iter().filter(|(_, count)| *count > 0) {
                (verdict_saying(*verdict, &format!("{} {}", count(i64_of(*number)), verdict.word().to_lowercase())))
            }
        }
    }

    fn content(&self) -> Markup {
        if self.board.total == 0 {
            return self.no_contract();
        }
        html! {
            (self.filters())
            div .beside #pair {
                div .beside-main {
                    @if self.board.rows.is_empty() || self.board.columns.is_empty() { (self.nothing_to_show()) }
                    @else if self.board.shape() == Shape::Small { (self.small()) }
                    @else { (self.heat()) }
                }
                aside .beside-side #evidence aria-label="The selected pair" aria-live="polite" {
                    @if let Some(at) = self.chosen { (self.evidence(at)) }
                    (self.changed())
                }
            }
        }
    }

    fn no_contract(&self) -> Markup {
        let Board { consumer, provider, .. } = self.board;
        let link = |name: &str| html! { a href=(urls::pacticipant(&base(self.viewer), name)) { (name) } };
        html! {
            section .panel {
                (empty(&format!("These two have no contract. {consumer} would publish it from its build:"), Some("pactolus publish pacts"), None))
                div .in { p { (link(consumer)) " · " (link(provider)) } }
            }
        }
    }

    fn nothing_to_show(&self) -> Markup {
        let Board { consumer, provider, wanted, .. } = self.board;
        let is_filtered =
            wanted.consumer_branch.is_some() || wanted.provider_branch.is_some() || wanted.result.is_some();
        let to_run = format!(
            "pactolus verify --provider-name {} --broker-url {} --publish",
            word(provider),
            self.viewer.base.as_str()
        );
        html! {
            section .panel {
                @if is_filtered {
                    (empty("No versions are left: take a filter back.", None, Some((&self.viewer.at(self.viewer.path()), "All versions"))))
                } @else {
                    (empty(&format!("{provider} has no version yet, so nothing of {consumer} is verified."), Some(&to_run), None))
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let Board { consumer, provider, .. } = self.board;
        let branches = |of: &[String]| {
            let any = (String::new(), "any branch".to_owned());
            std::iter::once(any).chain(of.iter().map(|name| (name.clone(), name.clone()))).collect()
        };
        let results = [("", "any"), ("failed", "failed"), ("passed", "passed"), ("none", "not verified")];
        let results = results.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
        let environments: BTreeSet<&str> = self.board.running.iter().map(|one| one.environment.as_str()).collect();
        let default = self.board.default_mark().unwrap_or("nothing").to_owned();
        let marks = std::iter::once((String::new(), default.clone())).chain(
            environments.into_iter().filter(|name| *name != default).map(|name| (name.to_owned(), name.to_owned())),
        );
        let (of_consumer, of_provider) = (format!("{consumer} on"), format!("{provider} on"));
        let choice = |name, label, options| Filter::Choice(Choice { name, label, options });
        let filters = Filters {
            fields: vec![
                choice("consumer_branch", &of_consumer, branches(&self.board.consumer_branches)),
                choice("provider_branch", &of_provider, branches(&self.board.provider_branches)),
                choice("result", "Result", results),
                choice("mark", "Mark", marks.collect()),
            ],
            target: "pair",
            end: None,
        };
        filters.show(self.viewer)
    }

    /// A few versions need no map.
    fn small(&self) -> Markup {
        let Board { consumer, provider, .. } = self.board;
        let mut pairs: Vec<At> = Vec::new();
        for column in (0..self.board.columns.len()).rev() {
            pairs.extend((0..self.board.rows.len()).map(|row| (column, row)));
        }
        let content = html! {
            div .scroll { table .list {
                thead { tr { th scope="col" { (consumer) } th scope="col" { (provider) } th scope="col" { "Result" } th scope="col" .number { "When" } } }
                tbody { @for at in pairs { (self.small_row(at)) } }
            } }
        };
        panel("Every version with every version", None, None, &content)
    }

    fn small_row(&self, at: At) -> Markup {
        let (column, row) = (&self.board.columns[at.0], &self.board.rows[at.1]);
        let href = self.cell_href(at);
        html! {
            tr {
                th scope="row" { a href=(href) { span .mono { (crate::ui::parts::short(&column.number)) } } (self.places(column.version_id)) }
                td { span .mono { (crate::ui::parts::short(&row.number)) } (self.places(row.version_id)) }
                td {
                    (verdict(self.board.verdict(at)))
                    @if let Some(basis) = self.board.basis_of_verdict(at).filter(|basis| *basis != Basis::Verification) { " " span .second { (basis.words()) } }
                }
                td .number { @match self.board.tried(at).and_then(known_at) { Some(at) => (self.viewer.ago(at)), None => "no result" } }
            }
        }
    }

    /// The names of the environments that a version is in.
    fn places(&self, version: i64) -> Markup {
        let names: Vec<&str> = self.board.places(version).collect();
        html! { @if !names.is_empty() { span .place { (names.join(", ")) } } }
    }

    fn cell_href(&self, at: At) -> String {
        let (column, row) = (&self.board.columns[at.0], &self.board.rows[at.1]);
        let own = board::cell_name(&column.number, &row.number);
        let kept = ["consumer_branch", "provider_branch", "result", "mark", "before", "rows_before"];
        let kept = kept.iter().filter_map(|name| Some(pair(name, self.viewer.query.last(name)?)));
        let pairs: Vec<(String, String)> = kept.chain([pair("cell", &own)]).collect();
        format!("?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    fn gate(&self, name: &str, number: &str) -> Option<String> {
        let environment = self.board.mark()?;
        let pairs = [pair("pacticipant", name), pair("version", number), pair("environment", environment)];
        Some(address(self.viewer, "/can-i-deploy", &pairs))
    }
}

/// When what is known of a pair became known last.
fn known_at(tried: &store::Tried) -> Option<DateTime<Utc>> {
    tried.verified.map(|verified| verified.at).max(tried.compared_at)
}

const VERDICTS: [Verdict; 4] = [Verdict::Passed, Verdict::Failed, Verdict::NotVerified, Verdict::Pending];

fn i64_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
