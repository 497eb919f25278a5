//! All applications in one environment, consumers by providers; where they are too many, their labels first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::store::{self, InEnvironment};
use super::pair::mark_of;
use super::{address, base, pair};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::environments::{self, Environment};
use crate::ids::TenantId;
use crate::kept::Kept;
use crate::ui::parts::{Choice, Filter, Filters, Verdict, counted, empty, panel, verdict, verdict_saying};
use crate::ui::{Page, Section, Viewer, no_page};

/// A side of the map has at most so many.
const MOST: usize = 60;
/// So many pairs are told below the map.
const MOST_TOLD: usize = 50;
/// What applications without a label stand under.
const WITHOUT: &str = "no label";

/// By tenant and environment.
#[derive(Clone, Default)]
pub(crate) struct Pairs(Kept<(TenantId, Uuid), Vec<InEnvironment>>);

impl Pairs {
    async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        environment: Uuid,
    ) -> sqlx::Result<Arc<Vec<InEnvironment>>> {
        let key = (tenant, environment);
        if let Some(kept) = app.pairs.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let pairs = store::list_in_environment(db, tenant, environment).await?;
        Ok(app.pairs.0.put(key, pairs, started, app.now()))
    }
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/matrix", get(show))
}

/// A question with selectors has no page: it is answered as for programs, with its links to follow.
async fn show(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    if viewer.query.iter().any(|(name, _)| name == "q" || name.starts_with("q[")) {
        return Ok(no_page());
    }
    let mut db = app.read().await?;
    let environments = environments::in_order(&mut db, principal.tenant).await?;
    let asked = viewer.query.last("environment");
    let chosen = match asked {
        Some(name) => environments.iter().find(|one| one.name == name),
        None => environments::usual(&environments),
    };
    let (pairs, labels) = match chosen {
        Some(environment) => (
            Pairs::read(&app, &mut db, principal.tenant, environment.id).await?.to_vec(),
            store::list_labels(&mut db, principal.tenant).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    drop(db);
    let overview = Overview {
        viewer: &viewer,
        environments: &environments,
        chosen,
        pairs: narrowed(&viewer, pairs, &labels),
        labels,
    };
    Ok(overview.show())
}

/// Those with an application that has the label, and with the wanted verdict.
fn narrowed(viewer: &Viewer, pairs: Vec<InEnvironment>, labels: &[(String, String)]) -> Vec<InEnvironment> {
    let wanted = match viewer.query.last("result") {
        Some("failed") => Some(Verdict::Failed),
        Some("none") => Some(Verdict::NotVerified),
        Some("passed") => Some(Verdict::Passed),
        _ => None,
    };
    let labelled: Option<BTreeSet<&str>> = viewer.query.last("label").map(|label| {
        if label == WITHOUT {
            let with: BTreeSet<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
            let all = pairs.iter().flat_map(|one| [one.consumer.as_str(), one.provider.as_str()]);
            return all.filter(|name| !with.contains(name)).collect();
        }
        labels.iter().filter(|(_, own)| own == label).map(|(name, _)| name.as_str()).collect()
    });
    let is_kept: Vec<bool> = pairs
        .iter()
        .map(|one| {
            let is_labelled =
                |names: &BTreeSet<&str>| names.contains(one.consumer.as_str()) || names.contains(one.provider.as_str());
            labelled.as_ref().is_none_or(is_labelled) && wanted.is_none_or(|wanted| verdict_of(one) == wanted)
        })
        .collect();
    pairs.into_iter().zip(is_kept).filter_map(|(one, is_kept)| is_kept.then_some(one)).collect()
}

fn verdict_of(one: &InEnvironment) -> Verdict {
    match (one.failed, one.unknown) {
        (0, 0) => Verdict::Passed,
        (0, _) => Verdict::NotVerified,
        _ => Verdict::Failed,
    }
}

struct Overview<'a> {
    viewer: &'a Viewer,
    environments: &'a [Environment],
    chosen: Option<&'a Environment>,
    pairs: Vec<InEnvironment>,
    labels: Vec<(String, String)>,
}

/// A map of names by names.
struct Map {
    consumers: Vec<String>,
    providers: Vec<String>,
    cells: HashMap<(String, String), InEnvironment>,
}

impl Map {
    fn of(pairs: impl IntoIterator<Item = InEnvironment>) -> Self {
        let mut cells: HashMap<(String, String), InEnvironment> = HashMap::new();
        for one in pairs {
            let key = (one.consumer.clone(), one.provider.clone());
            match cells.get_mut(&key) {
                Some(sum) => {
                    sum.passed += one.passed;
                    sum.failed += one.failed;
                    sum.unknown += one.unknown;
                }
                None => {
                    cells.insert(key, one);
                }
            }
        }
        let consumers: BTreeSet<String> = cells.keys().map(|(consumer, _)| consumer.clone()).collect();
        let providers: BTreeSet<String> = cells.keys().map(|(_, provider)| provider.clone()).collect();
        Self { consumers: consumers.into_iter().collect(), providers: providers.into_iter().collect(), cells }
    }

    fn is_too_large(&self) -> bool {
        self.consumers.len() > MOST || self.providers.len() > MOST
    }
}

impl Overview<'_> {
    fn show(&self) -> Response {
        let viewer = self.viewer;
        let place = self.chosen.map_or("No environment", |one| one.display_name.as_str());
        let failed = self.pairs.iter().filter(|one| verdict_of(one) == Verdict::Failed).count();
        let heading = match (self.chosen, failed) {
            (None, _) => html! { "Matrix" },
            (Some(_), 0) => html! { "Nothing fails in " (place) },
            (Some(_), _) => {
                html! { (counted(i64_of(failed), "pair", "pairs")) " of applications " (if failed == 1 { "fails" } else { "fail" }) " in " (place) }
            }
        };
        let title = format!("Matrix: {place}");
        // The map has the same contracts.
        let twin = |one: &Environment| ("JSON", address(viewer, "/map.json", &[pair("environment", &one.name)]));
        let page = Page {
            crumbs: vec![("Matrix", String::new())],
            twins: self.chosen.map(twin).into_iter().collect(),
            facts: Some(self.tally()),
            tabs: vec![("All applications, by environment", None, None)],
            is_wide: true,
            ..Page::new(&title, Section::Matrix, heading, self.content())
        };
        page.show(viewer)
    }

    fn tally(&self) -> Markup {
        let of = |wanted: Verdict| self.pairs.iter().filter(|one| verdict_of(one) == wanted).count();
        html! {
            span { (counted(i64_of(self.pairs.len()), "pair", "pairs")) " of consumer and provider" }
            @for wanted in [Verdict::Failed, Verdict::NotVerified, Verdict::Passed] {
                @if of(wanted) > 0 { (verdict_saying(wanted, &format!("{} {}", of(wanted), wanted.word().to_lowercase()))) }
            }
        }
    }

    fn content(&self) -> Markup {
        let to_create = "pactolus create-environment --name production --display-name Production --production";
        if self.environments.is_empty() {
            let text =
                "The matrix shows what runs in an environment, consumers by providers. There is no environment yet.";
            return html! { section .panel { (empty(text, Some(to_create), None)) } };
        }
        html! {
            (self.filters())
            div #matrix {
                @if self.chosen.is_none() {
                    section .panel { (empty("There is no such environment. Choose one above.", None, None)) }
                } @else if self.pairs.is_empty() {
                    section .panel { (empty(
                        "No consumer with a contract runs here, or none that the filters leave.",
                        Some("pactolus record-deployment --pacticipant NAME --version VERSION --environment NAME"),
                        None,
                    )) }
                } @else { (self.map()) (self.table()) }
            }
        }
    }

    fn filters(&self) -> Markup {
        let chosen = self.chosen.map_or("", |one| one.name.as_str());
        // The first holds without a choice: what is shown now, if nobody chose.
        let is_asked = self.viewer.query.last("environment").is_some();
        let default = environments::usual(self.environments);
        let default = default.map(|one| (String::new(), one.display_name.clone(), one.name.clone()));
        let mut environments: Vec<(String, String)> = Vec::new();
        let default_name = default.as_ref().map(|(_, _, name)| name.clone()).unwrap_or_default();
        environments.extend(default.map(|(value, words, _)| (value, words)));
        let others = self.environments.iter().filter(|one| one.name != default_name);
        environments.extend(others.map(|one| (one.name.clone(), one.display_name.clone())));
        if is_asked && chosen == default_name {
            environments.push((default_name.clone(), default_name));
        }
        let labels: BTreeSet<&str> = self.labels.iter().map(|(_, label)| label.as_str()).collect();
        let any = || (String::new(), "any".to_owned());
        let labels = std::iter::once(any()).chain(labels.into_iter().map(|label| (label.to_owned(), label.to_owned())));
        let results = [("failed", "failed"), ("none", "not verified"), ("passed", "passed")];
        let results = std::iter::once(any()).chain(results.map(|(value, words)| (value.to_owned(), words.to_owned())));
        let choice = |name, label, options| Filter::Choice(Choice { name, label, options });
        let filters = Filters {
            fields: vec![
                choice("environment", "Environment", environments),
                choice("label", "Label", labels.collect()),
                choice("result", "Result", results.collect()),
            ],
            target: "matrix",
            end: None,
        };
        filters.show(self.viewer)
    }

    fn map(&self) -> Markup {
        let map = Map::of(self.pairs.iter().cloned());
        if !map.is_too_large() {
            return heat(
                &map,
                "Providers",
                |consumer, provider| self.pair_href(consumer, provider),
                |name| urls::pacticipant(&base(self.viewer), name),
            );
        }
        let by_label = Map::of(self.by_label());
        let words = counted(i64_of(map.consumers.len().max(map.providers.len())), "application", "applications");
        if by_label.is_too_large() || by_label.consumers.len() < 2 && by_label.providers.len() < 2 {
            let text = format!(
                "{words} are too many for a map. Give them labels, or choose one above; the worst pairs stand below."
            );
            return html! { section .panel { (empty(&text, None, None)) } };
        }
        let narrow = |label: &str| self.viewer.here_with(&[("label", Some(label))]);
        html! {
            p .second .after-filters { (words) ": by label. A label shows its own." }
            (heat(&by_label, "Labels of providers", |_, provider| narrow(provider), narrow))
        }
    }

    /// The pairs, each application under its first label.
    fn by_label(&self) -> Vec<InEnvironment> {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, label) in &self.labels {
            first.entry(name).or_insert(label);
        }
        let label = |name: &str| first.get(name).copied().unwrap_or(WITHOUT).to_owned();
        let pairs = self.pairs.iter();
        pairs
            .map(|one| InEnvironment { consumer: label(&one.consumer), provider: label(&one.provider), ..one.clone() })
            .collect()
    }

    fn pair_href(&self, consumer: &str, provider: &str) -> String {
        let path = urls::of_pair(&base(self.viewer), "matrix", provider, consumer);
        let path = path.strip_prefix(&self.viewer.root).unwrap_or(&path).to_owned();
        let mark = self.chosen.map(|one| pair("mark", &one.name));
        address(self.viewer, &path, &mark.into_iter().collect::<Vec<_>>())
    }

    /// The same as a table, the worst first.
    fn table(&self) -> Markup {
        let mut pairs: Vec<&InEnvironment> = self.pairs.iter().collect();
        pairs.sort_by_key(|one| {
            (verdict_of(one) != Verdict::Failed, verdict_of(one) == Verdict::Passed, &one.consumer, &one.provider)
        });
        let more = pairs.len().saturating_sub(MOST_TOLD);
        pairs.truncate(MOST_TOLD);
        panel(
            "The same as a table",
            Some("the worst first"),
            None,
            &html! {
                div .scroll { table .list {
                    thead { tr { th scope="col" { "Consumer" } th scope="col" { "Provider" } th scope="col" { "Verdict" } th scope="col" .number { "Failed" } th scope="col" .number { "Not verified" } th scope="col" .number { "Passed" } } }
                    tbody { @for one in pairs { tr {
                        th scope="row" { a href=(self.pair_href(&one.consumer, &one.provider)) title=(one.consumer) .cut { (one.consumer) } }
                        td { span .cut title=(one.provider) { (one.provider) } }
                        td { (verdict(verdict_of(one))) }
                        td .number { (one.failed) } td .number { (one.unknown) } td .number { (one.passed) }
                    } } }
                } }
                @if more > 0 { div .foot-of-list { span { (more) " more: choose a label or a result above" } } }
            },
        )
    }
}

fn heat(map: &Map, corner: &str, cell: impl Fn(&str, &str) -> String, head: impl Fn(&str) -> String) -> Markup {
    html! {
        section .panel {
            header .legend {
                @for one in [Verdict::Passed, Verdict::Failed, Verdict::NotVerified, Verdict::NotApplicable] {
                    span { span class={ "cell " (one.class()) } { (mark_of(one)) } @if one == Verdict::NotApplicable { "No contract" } @else { (one.word()) } }
                }
            }
            div .scroll .heat-frame tabindex="0" role="group" aria-label="Heat map, scrolls sideways" {
                table .heat .names {
                    caption .vh { "Consumers by providers" }
                    thead { tr .versions {
                        th scope="col" { (corner) ", by consumer" }
                        @for consumer in &map.consumers { th scope="col" { a href=(head(consumer)) title=(consumer) { (consumer) } } }
                    } }
                    tbody { @for provider in &map.providers { tr {
                        th scope="row" { a href=(head(provider)) title=(provider) { (provider) } }
                        @for consumer in &map.consumers { td { (one_cell(map, consumer, provider, &cell)) } }
                    } } }
                }
            }
        }
    }
}

fn one_cell(map: &Map, consumer: &str, provider: &str, href: impl Fn(&str, &str) -> String) -> Markup {
    let Some(one) = map.cells.get(&(consumer.to_owned(), provider.to_owned())) else {
        return html! { span .cell .na {} };
    };
    let verdict = verdict_of(one);
    let title = format!("{consumer} with {provider}: {}", verdict.word());
    html! {
        a class={ "cell " (verdict.class()) } href=(href(consumer, provider)) tabindex="-1" title=(title) {
            (mark_of(verdict)) (verdict.word())
        }
    }
}

fn i64_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
