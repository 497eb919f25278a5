//! The gate: can X go to Y? The word large, the smallest fix first, then why, and what would be if.

mod because;
mod cause;
mod form;
mod question;
mod side;
mod steps;
mod unknown;

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use pactolus_domain::gate::{Comparison, Criterion, Finding, Kind, Reason};
use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;

pub(super) use self::cause::Cause;
use self::question::{Asking, Read};
use super::super::api::{BranchToEnvironment, TagToTag, ask_settled};
use super::super::ask::{Answer, Unknown};
use super::super::rows::MatrixRow;
use super::super::store::{self, Said};
use super::super::what_if;
use super::{address, base};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::ids::TenantId;
use crate::ui::parts::{Verdict, command, number_only, panel, shape, short, verdict_saying};
use crate::ui::{Page, Section, Viewer};
use crate::verdicts;

/// Of failed results so many are looked into.
const MOST_CAUSES: usize = 400;
/// So many recorded verdicts are shown.
const MOST_BEFORE: i64 = 8;
/// Among so many versions the nearest are looked for.
const NEWEST_VERSIONS: i64 = 1_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/can-i-deploy", get(by_query))
        .route("/pacticipants/{pacticipant}/latest-version/{tag}/can-i-deploy/to/{to}", get(tag_to_tag))
        .route(
            "/pacticipants/{pacticipant}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}",
            get(branch_to_environment),
        )
        .route("/pacticipants/{pacticipant}/main-branch/can-i-merge", get(can_i_merge))
}

async fn by_query(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    match Read::of(&viewer.query) {
        Read::Something(asking) => answer(&app, &principal, &viewer, &asking).await,
        Read::Nothing => form::show(&app, &principal, &viewer, &[]).await,
        Read::Wrong(wrong) => form::show(&app, &principal, &viewer, &wrong).await,
    }
}

async fn tag_to_tag(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(path): Named<TagToTag>,
) -> Result<Response, Error> {
    let (asked, to) = (Criterion::LatestTag(path.tag), Criterion::LatestTag(path.to));
    answer(&app, &principal, &viewer, &Asking::plain(path.pacticipant, asked, to)).await
}

async fn branch_to_environment(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(path): Named<BranchToEnvironment>,
) -> Result<Response, Error> {
    let (asked, to) = (Criterion::LatestBranch(path.branch), Criterion::Environment(path.environment));
    answer(&app, &principal, &viewer, &Asking::plain(path.pacticipant, asked, to)).await
}

async fn can_i_merge(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<Response, Error> {
    let asking = Asking::plain(pacticipant, Criterion::LatestMainBranch, Criterion::LatestMainBranch);
    answer(&app, &principal, &viewer, &asking).await
}

/// Whoever looks at a page wants to know; nothing is recorded of it, and no webhook is told.
async fn answer(app: &App, principal: &Principal, viewer: &Viewer, asking: &Asking) -> Result<Response, Error> {
    let tenant = principal.tenant;
    let answer = answer_to(app, tenant, viewer, asking).await;
    let mut db = app.read().await?;
    let answer = match answer {
        Ok(answer) => answer,
        Err(Unknown::Pacticipants(names)) => return unknown::pacticipant(&mut db, tenant, viewer, &names).await,
        Err(Unknown::Environment(name)) => return unknown::environment(&mut db, tenant, viewer, &name).await,
        Err(Unknown::Error(Error::Invalid(problems))) if !asking.assumed.is_empty() => {
            return Ok(unknown::assumption(viewer, asking, &problems));
        }
        Err(Unknown::Error(error)) => return Err(error),
    };
    let said = list_said_of_failures(&mut db, tenant, &answer).await?;
    let before = match asking.environment().filter(|_| app.settings.record_verdicts) {
        Some(environment) => verdicts::list_about(&mut db, tenant, asking.name(), environment, MOST_BEFORE).await?,
        None => Vec::new(),
    };
    let newest = if answer.nothing_specified_exists() {
        store::list_newest_numbers(&mut db, tenant, asking.name(), NEWEST_VERSIONS).await?
    } else {
        Vec::new()
    };
    drop(db);
    let causes = causes(said).await?;
    Ok(Shown { viewer, asking, answer: &answer, causes, before, newest }.show())
}

async fn answer_to(app: &App, tenant: TenantId, viewer: &Viewer, asking: &Asking) -> Result<Answer, Unknown> {
    if asking.assumed.is_empty() {
        return ask_settled(app, tenant, &viewer.base, &asking.query()).await;
    }
    let hypothesis = asking.hypothesis().map_err(Error::from)?;
    Ok(what_if::ask_settled(app, tenant, &viewer.base, &hypothesis).await?)
}

/// What verifiers said of the results that failed.
async fn list_said_of_failures(db: &mut PgConnection, tenant: TenantId, answer: &Answer) -> Result<Vec<Said>, Error> {
    let failed = answer.rows.iter().filter(|one| one.row.success == Some(false));
    let numbers: Vec<i64> = failed.filter_map(|one| Some(one.result?.0)).take(MOST_CAUSES).collect();
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store::list_said(db, tenant, &numbers).await?)
}

/// Why results failed, by their numbers. There may be megabytes to read: meanwhile the thread would serve nobody else.
async fn causes(said: Vec<Said>) -> Result<HashMap<i64, Cause>, Error> {
    if said.is_empty() {
        return Ok(HashMap::new());
    }
    let read = || said.into_iter().filter_map(|one| Some((one.number, Cause::read(one.test_results.as_deref()?)?)));
    tokio::task::spawn_blocking(move || read().collect()).await.map_err(Error::internal)
}

/// An answer with all that its page says.
struct Shown<'a> {
    viewer: &'a Viewer,
    asking: &'a Asking,
    answer: &'a Answer,
    causes: HashMap<i64, Cause>,
    before: Vec<verdicts::Verdict>,
    /// Versions that exist, where the one that was asked about does not.
    newest: Vec<String>,
}

impl Shown<'_> {
    fn show(&self) -> Response {
        let (viewer, name) = (self.viewer, self.asking.name());
        let number = self.number();
        let title = format!("{}: {name} {} to {}", self.verdict().gate_word(), short(number), self.place());
        let mut twins = Vec::new();
        // What is assumed stands only in the page's address: the same address gives programs another answer.
        if self.asking.assumed.is_empty() {
            twins = vec![("JSON", self.json()), ("HAL", self.hal())];
        }
        let page = Page {
            crumbs: vec![
                ("Applications", viewer.at("/pacticipants")),
                (name, urls::pacticipant(&base(viewer), name)),
                (number, urls::version(&base(viewer), name, number)),
                ("Gate", String::new()),
            ],
            twins,
            facts: Some(self.tally()),
            ..Page::new(&title, Section::Gate, self.heading(), self.content())
        };
        page.show(viewer)
    }

    fn number(&self) -> &str {
        self.asking.number(self.answer).unwrap_or("none")
    }

    /// The address of this question about this version, as long as either is there.
    fn permanent(&self) -> String {
        match self.asking.of_version(self.number()).filter(|_| !self.answer.nothing_specified_exists()) {
            Some(mut pairs) => {
                pairs.extend(self.asking.supposed(None, None));
                address(self.viewer, "/can-i-deploy", &pairs)
            }
            None => self.viewer.here_with(&[]),
        }
    }

    fn json(&self) -> String {
        let permanent = self.permanent();
        match permanent.split_once('?') {
            Some((path, query)) => format!("{path}.json?{query}"),
            None => format!("{permanent}.json"),
        }
    }

    fn hal(&self) -> String {
        let permanent = self.permanent();
        let path = permanent.strip_prefix(&self.viewer.root).unwrap_or(&permanent);
        self.viewer.at(&format!("/hal-browser/browser.html#{path}"))
    }

    fn verdict(&self) -> Verdict {
        match self.answer.verdict.deployable {
            Some(true) if self.is_unchecked() => Verdict::Warning,
            Some(true) => Verdict::Passed,
            Some(false) => Verdict::Failed,
            None => Verdict::NotVerified,
        }
    }

    /// Whether it is a yes because nothing was there to be checked.
    fn is_unchecked(&self) -> bool {
        self.answer.verdict.deployable == Some(true) && self.answer.verdict.success == 0
    }

    /// Where it is to go.
    fn place(&self) -> String {
        match &self.asking.to {
            Criterion::Environment(name) => name.to_string(),
            Criterion::LatestTag(tag) => format!("where tag {tag} is"),
            _ => "the main branches".into(),
        }
    }

    fn heading(&self) -> Markup {
        let verdict = self.verdict();
        let word = if verdict == Verdict::Warning { "Yes" } else { verdict.gate_word() };
        html! {
            span .answer {
                (shape(verdict))
                span class={ "word " (verdict.class()) } { (word) }
                span .vh { ": " }
                span .says { (self.sentence()) }
            }
        }
    }

    fn sentence(&self) -> Markup {
        let subject = html! { b title=(self.number()) { (self.asking.name()) " " (short(self.number())) } };
        let place = html! { b { (self.place()) } };
        if self.asking.to == Criterion::LatestMainBranch {
            return match self.verdict() {
                Verdict::Passed => html! { (subject) " goes with the main branches of its partners" },
                Verdict::Warning => html! { (subject) " goes with the main branches, but nothing was checked" },
                Verdict::Failed => html! { (subject) " doesn’t go with the main branches of its partners yet" },
                _ => html! { (subject) " isn’t verified with all main branches yet" },
            };
        }
        match self.verdict() {
            Verdict::Passed => html! { (subject) " can go to " (place) },
            Verdict::Warning => html! { (subject) " can go to " (place) ", but nothing was checked" },
            Verdict::Failed if self.answer.nothing_specified_exists() => {
                html! { (subject) " can’t go to " (place) ": there is no such version" }
            }
            Verdict::Failed => html! { (subject) " can’t go to " (place) " yet" },
            _ => html! { "Results are missing to let " (subject) " go to " (place) },
        }
    }

    fn tally(&self) -> Markup {
        if self.answer.nothing_specified_exists() {
            return html! { span { "Nothing could be checked" } };
        }
        let counts = &self.answer.verdict;
        let of = |verdict, count: usize, words: &str| {
            html! { @if count > 0 { (verdict_saying(verdict, &format!("{count} {words}"))) } }
        };
        html! {
            (of(Verdict::Failed, counts.failed, "failed"))
            (of(Verdict::NotVerified, counts.unknown, "not verified"))
            (of(Verdict::Passed, counts.success, "passed"))
            (of(Verdict::NotApplicable, counts.ignored, "left out"))
            @if counts.failed + counts.unknown + counts.success + counts.ignored == 0 { span { "No contract counts here" } }
        }
    }

    fn content(&self) -> Markup {
        html! {
            div .gate {
                div .gate-main {
                    (self.warnings())
                    @if self.answer.nothing_specified_exists() {
                        (self.nearest())
                    } @else {
                        @match self.answer.verdict.deployable { Some(true) => (self.next()), _ => (self.fix()) }
                        (self.because())
                    }
                }
                aside .side aria-label="About this answer" { (self.side()) }
            }
        }
    }

    /// What makes the answer less reliable than it could be.
    fn warnings(&self) -> Markup {
        let warnings = self.answer.verdict.reasons.iter().filter(|reason| reason.kind.notice_type() == "warning");
        html! {
            @for reason in warnings {
                div .panel .notice { (crate::ui::parts::sentence(Verdict::Warning, &html! { (reason.text.trim_start_matches("WARN: ")) })) }
            }
        }
    }

    /// After a yes.
    fn next(&self) -> Markup {
        let what = if self.is_unchecked() {
            "No contract binds this version to anything there, so this answer says nothing about what it may break. \
             Publish its contracts, or let its consumers publish theirs."
        } else {
            "Every contract with what runs there is satisfied. Once it is there, say so: the next answers count on it."
        };
        let Some(environment) = self.asking.environment() else { return html! {} };
        let to_run = format!(
            "pactolus record-deployment --pacticipant {} --version {} --environment {}",
            super::word(self.asking.name()),
            super::word(self.number()),
            super::word(environment)
        );
        panel("Next", None, None, &html! { div .in { p .second { (what) } (command(&to_run)) } })
    }

    /// The versions that are written nearly as the one that is not there, and how it comes to be there.
    fn nearest(&self) -> Markup {
        let asked = self.number();
        let near = crate::ui::nearest(asked, self.newest.iter(), |number| number, 6);
        let is_near = !near.is_empty();
        let shown: Vec<&String> = if is_near { near } else { self.newest.iter().take(6).collect() };
        let name = self.asking.name();
        let link = |number: &str| {
            let pairs = self.asking.of_version(number).unwrap_or_default();
            address(self.viewer, "/can-i-deploy", &pairs)
        };
        let to_run = format!("pactolus publish pacts --consumer-app-version {}", super::word(asked));
        let content = html! {
            div .in {
                @if shown.is_empty() {
                    p { b { (name) } " has no version yet." }
                } @else {
                    p { @if is_near { "Nearly so called" } @else { "The newest versions of " b { (name) } } ":" }
                    p .chips { @for number in shown { (number_only(&link(number), number, "chip")) " " } }
                }
                p .second { "A version is there once its build has published a contract, a result, or a branch." }
                (command(&to_run))
            }
        };
        panel(&format!("There is no version {} of {name}", short(asked)), None, None, &content)
    }

    /// Rows with what is said of each; then what is said without a row.
    fn said(&self) -> impl Iterator<Item = (&Reason, Option<&MatrixRow>)> {
        let rows = self.answer.rows.iter().map(Some).chain(std::iter::repeat(None));
        self.answer.reasons.iter().zip(rows)
    }

    fn cause(&self, row: Option<&MatrixRow>) -> Option<&Cause> {
        self.causes.get(&row?.result?.0)
    }

    /// The worst that was found where the row's contract was held against what the provider offers.
    fn finding(&self, row: Option<&MatrixRow>) -> Option<&Finding> {
        let row = &row?.row;
        self.answer.question.findings.get(&(row.consumer_version.key, row.provider_version.as_ref()?.key))
    }

    /// Where what came of the comparison stands, if the row says what it says because of that.
    fn comparison(&self, row: Option<&MatrixRow>) -> Option<String> {
        let row = &row?.row;
        let offer = row.offer.filter(|offer| offer.verified.is_none() || offer.verified != row.success)?;
        // Of a contract that nobody has published nothing is kept.
        let is_kept = offer.comparison == Comparison::Pending || !row.consumer_version.is_assumed();
        let version = row.provider_version.as_ref().filter(|_| is_kept)?.number.as_str();
        let (consumer, provider) = (row.consumer.as_str(), row.provider.as_str());
        Some(urls::comparison(&base(self.viewer), (provider, version), consumer, row.sha.as_str()))
    }
}

/// What stands in the way: neither a yes nor a warning.
fn is_obstacle(kind: Kind) -> bool {
    kind.notice_type() == "error"
}
