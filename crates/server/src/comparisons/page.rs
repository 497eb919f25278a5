//! The page of a comparison: what does not fit, where it stands in both texts, and who can change it.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use pactolus_domain::gate::Comparison;

use super::api::{ADDRESS, Beside};
use super::finding::{Finding, Spot};
use super::place::{in_contract, in_document};
use super::store::shown::Shown;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Named, Principal, urls};
use crate::ui::parts::{Node, Verdict, badge, chip, counted, panel, sentence, short, tree, verdict_saying};
use crate::ui::{Page, Section, Viewer};

pub(crate) fn routes() -> Router<App> {
    Router::new().route(ADDRESS, get(show))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(path): Named<Beside>,
) -> Result<Response, Error> {
    let (_, shown) = path.find(&app, principal.tenant, &viewer.base).await?;
    let findings = Finding::list(shown.findings.as_deref()).map_err(Error::internal)?;
    Ok(Told { viewer: &viewer, path: &path, shown: &shown, findings }.show())
}

struct Told<'a> {
    viewer: &'a Viewer,
    path: &'a Beside,
    shown: &'a Shown,
    /// The worst first.
    findings: Vec<Finding>,
}

impl Told<'_> {
    fn show(&self) -> Response {
        let viewer = self.viewer;
        let (consumer, provider) = (self.path.consumer.as_str(), self.path.provider.as_str());
        let number = self.path.version.as_str();
        let (verdict, words) = self.outcome();
        let title = format!("{words}: {consumer} and {provider} {}", short(number));
        let heading = html! {
            (consumer) " and what " (provider) " " span title=(number) { (short(number)) } " offers"
        };
        let page = Page {
            crumbs: vec![
                ("Applications", viewer.at("/pacticipants")),
                (provider, urls::pacticipant(&self.base(), provider)),
                (number, urls::version(&self.base(), provider, number)),
                ("Comparison", String::new()),
            ],
            twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
            badge: Some(badge(verdict, words)),
            facts: Some(self.facts()),
            ..Page::new(&title, Section::OpenApi, heading, self.content())
        };
        page.show(viewer)
    }

    fn base(&self) -> BaseUrl {
        BaseUrl(self.viewer.root.clone())
    }

    fn outcome(&self) -> (Verdict, &'static str) {
        match self.shown.comparison() {
            Comparison::Compatible => (Verdict::Passed, "Fits"),
            Comparison::Incompatible => (Verdict::Failed, "Does not fit"),
            Comparison::Undecided => (Verdict::NotVerified, "Can’t be told"),
            Comparison::Pending => (Verdict::Pending, "Being compared"),
        }
    }

    fn facts(&self) -> Markup {
        let base = self.base();
        let (consumer, provider) = (self.path.consumer.as_str(), self.path.provider.as_str());
        let (number, sha) = (self.path.version.as_str(), self.path.sha.as_str());
        let own = match self.shown.kept {
            Some(true) => verdict_saying(Verdict::Passed, "own tests passed"),
            Some(false) => verdict_saying(Verdict::Failed, "own tests failed"),
            None => verdict_saying(Verdict::NotVerified, "nobody has told of own tests"),
        };
        html! {
            span { "Contract " (chip(&urls::content(&base, provider, consumer, sha, None), sha)) }
            span { "Provider contract " (chip(&urls::provider_contract(&base, provider, number), number)) }
            (own)
            @if let Some(at) = self.shown.compared_at { span { "compared " (self.viewer.ago(at)) } }
            span { a .link href=(urls::of_pair(&base, "matrix", provider, consumer)) { "Matrix" } }
        }
    }

    fn content(&self) -> Markup {
        let (consumer, provider) = (self.path.consumer.as_str(), self.path.provider.as_str());
        let says = match (self.shown.comparison(), self.shown.kept) {
            (Comparison::Pending, _) => {
                "The two are being compared in the background. Look again in a minute.".to_owned()
            }
            (_, Some(false)) => format!(
                "{provider} failed its own tests against this document, so what the document says of {consumer} can’t \
                 be relied on."
            ),
            (Comparison::Compatible, None) => format!(
                "Nobody has told whether {provider} keeps this document: the gate says yes once the results of its own \
                 tests are published with it, or {consumer}’s contract is verified."
            ),
            (Comparison::Compatible, Some(true)) => {
                format!(
                    "Nothing that {consumer} expects goes beyond what {provider} offers, and {provider} keeps that."
                )
            }
            (Comparison::Incompatible, _) => {
                format!(
                    "{consumer} expects what {provider} does not offer. Each error below has to go, on one side or the other."
                )
            }
            (Comparison::Undecided, _) => {
                "Comparing can’t tell, so the contract has to be verified: replay it against the provider.".to_owned()
            }
        };
        let verdict = match self.shown.success() {
            Some(true) => Verdict::Passed,
            Some(false) => Verdict::Failed,
            None => Verdict::NotVerified,
        };
        html! {
            div .panel .notice { (sentence(verdict, &html! { (says) })) }
            @if !self.findings.is_empty() { (self.found()) }
        }
    }

    /// By interaction, in the order in which the worst of each comes.
    fn found(&self) -> Markup {
        let mut groups: Vec<(Option<&str>, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            let interaction = finding.interaction.as_deref();
            match groups.iter_mut().find(|(of, _)| *of == interaction) {
                Some((_, of_interaction)) => of_interaction.push(finding),
                None => groups.push((interaction, vec![finding])),
            }
        }
        let count = |number: Option<i32>| i64::from(number.unwrap_or(0));
        let counts = [
            (count(self.shown.errors), "error", "errors"),
            (count(self.shown.warnings), "warning", "warnings"),
            (count(self.shown.infos), "info", "infos"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| counted(*number, one, many))
            .collect();
        let all: i64 = counts.iter().map(|(number, ..)| number).sum();
        let more = all - i64::try_from(self.findings.len()).unwrap_or(i64::MAX);
        let content = html! {
            @for (interaction, of_interaction) in &groups { (self.group(*interaction, of_interaction)) }
            @if more > 0 { div .foot-of-list { span { "The worst are kept; " (counted(more, "other is", "others are")) " only counted." } } }
        };
        panel("Found", Some(&told.join(", ")), None, &content)
    }

    fn group(&self, interaction: Option<&str>, findings: &[&Finding]) -> Markup {
        let states = findings.first().map(|first| first.states.join(", ")).filter(|states| !states.is_empty());
        let worst = findings.first().map_or(Verdict::NotApplicable, |first| verdict_of(first));
        let root = Node {
            verdict: worst,
            title: html! {
                span .name { (interaction.unwrap_or("The whole")) }
                @if let Some(states) = states { " " span .second { "given " (states) } }
            },
            word: None,
            age: None,
            evidence: None,
            facts: Vec::new(),
            reasons: findings.iter().map(|finding| self.node(finding)).collect(),
        };
        tree(&root)
    }

    fn node(&self, finding: &Finding) -> Node {
        let mut facts = vec![("Code", html! { code { (finding.code) } })];
        let spots = [
            ("Contract", &finding.contract, in_contract as fn(&str) -> String),
            ("Document", &finding.document, in_document),
        ];
        for (name, spot, words) in spots {
            if let Some(Spot { pointer, line, column }) = spot {
                let place = words(pointer);
                facts.push((
                    name,
                    html! {
                        @if !place.is_empty() { code title=(pointer) { (place) } " " }
                        span .second { "line " (line) ", column " (column) }
                    },
                ));
            }
        }
        facts.push(("Change", html! { (self.who(&finding.fix_by)) ": " (finding.edit) }));
        Node {
            verdict: verdict_of(finding),
            title: html! { (finding.message) },
            word: Some(match finding.severity.as_str() {
                "error" => "Error",
                "warning" => "Warning",
                _ => "Info",
            }),
            age: None,
            evidence: None,
            facts,
            reasons: Vec::new(),
        }
    }

    fn who(&self, fix_by: &str) -> Markup {
        let (consumer, provider) = (self.path.consumer.as_str(), self.path.provider.as_str());
        match fix_by {
            "consumer" => html! { b { (consumer) } },
            "provider" => html! { b { (provider) } },
            _ => html! { b { (consumer) } " or " b { (provider) } },
        }
    }
}

fn verdict_of(finding: &Finding) -> Verdict {
    match finding.severity.as_str() {
        "error" => Verdict::Failed,
        "warning" => Verdict::Warning,
        _ => Verdict::NotApplicable,
    }
}
