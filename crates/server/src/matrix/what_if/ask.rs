//! From a hypothesis to an answer: look up what it names, change that by what it assumes, decide; and find an order for
//! versions that go together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{
    Candidate, Criterion, Found, Ignore, Integration, Origin, Question, Reason, Selector, VersionRef, Wait, decide,
    safe_order,
};
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems, Step};
use sqlx::PgConnection;

use super::super::ask::{self, Answer, WhatIf, complete, find_passing, in_order};
use super::super::compared::find_findings;
use super::super::query::Query;
use super::super::requested::find_requested;
use super::super::rows::MatrixRow;
use super::super::store::{self, Resolution, Shas};
use super::body::{ContractOf, Contracts, Given, Going, Hypothesis};
use super::lookups;
use super::state::{ComparedForNow, Known, State, without_replaced};
use crate::edge::Error;
use crate::ids::TenantId;

/// One step of an order.
pub(crate) type Turn = (PacticipantName, VersionNumber);

/// In which order versions that go together can go.
pub(crate) enum Order {
    /// One after the other, all being well at each moment.
    Safe(Vec<Turn>),
    /// They don't fit together, so there is no good end.
    NoGoodEnd,
    /// Only all at the same moment.
    Circle(Vec<Circle>),
}

/// A part of a smallest circle: a version that can't go while another pacticipant is still what it was.
pub(crate) struct Circle {
    pub(crate) going: Turn,
    pub(crate) waits_for: Turn,
    /// What stands in the way, and what would break the circle.
    pub(crate) reasons: Vec<Reason>,
}

/// `db` must be in a transaction that sees one moment. `compared` is what came of contracts that are not kept.
pub(super) async fn ask(
    db: &mut PgConnection,
    tenant: TenantId,
    (hypothesis, compared): (&Hypothesis, &[ComparedForNow]),
    now: DateTime<Utc>,
) -> Result<Answer, Error> {
    let query = lookups::query(hypothesis)?;
    let resolution = store::resolve(db, tenant, &query).await?;
    refuse_unknown(hypothesis, &query, &resolution)?;
    let mut state = read_state(db, tenant, hypothesis, &query, &resolution).await?;
    state.add_compared(compared);
    state.assume(hypothesis)?;

    let together = Together::of(&state, hypothesis, &query, &resolution)?;
    let rows = together.rows();
    let mut question = together.question(&rows);
    let mut verdict = decide(&question);
    let order = together.order(verdict.deployable);
    if verdict.deployable != Some(true) {
        question.passing = find_passing(db, tenant, &question, &resolution, &rows).await?;
        question.requested = find_requested(db, tenant, &question, &resolution, &rows, now).await?;
        question.findings = find_findings(db, tenant, &question).await?;
        verdict = decide(&question);
    }
    let rows = in_order(rows, &question);
    let reasons = ask::reasons(&question, &verdict, &rows);
    let surroundings = complete(db, tenant, Vec::new(), &rows).await?;
    Ok(Answer { question, verdict, reasons, rows, surroundings, what_if: Some(WhatIf { order }) })
}

fn refuse_unknown(hypothesis: &Hypothesis, query: &Query, resolution: &Resolution) -> Result<(), Problems> {
    let mut problems = Problems::none();
    if resolution.environments.is_empty() {
        problems.push(Problem::at("to", format!("is no environment: there is none called {}", hypothesis.to)));
    }
    let exists = |name: &PacticipantName| {
        resolution.asked.iter().any(|(ordinal, _)| query.selectors[*ordinal].pacticipant == *name)
            || hypothesis.versions.iter().any(|assumed| assumed.pacticipant == *name)
    };
    let going = hypothesis.going.iter().map(|one| &one.asked.pacticipant).enumerate();
    let in_going = going.map(|(at, name)| (vec!["pacticipants".into(), Step::Index(at), "pacticipant".into()], name));
    let in_assumed = |list: &'static str, at: usize, key: &'static str| -> Vec<Step> {
        vec!["assume".into(), list.into(), Step::Index(at), key.into()]
    };
    let deployed = hypothesis.deployed.iter().map(|one| &one.pacticipant).enumerate();
    let deployed = deployed.map(|(at, name)| (in_assumed("deployed", at, "pacticipant"), name));
    let undeployed = hypothesis.undeployed.iter().map(|one| &one.pacticipant).enumerate();
    let undeployed = undeployed.map(|(at, name)| (in_assumed("undeployed", at, "pacticipant"), name));
    let results = hypothesis.results.iter().enumerate().flat_map(|(at, one)| {
        [(in_assumed("results", at, "consumer"), &one.consumer), (in_assumed("results", at, "provider"), &one.provider)]
    });
    for (path, name) in in_going.chain(deployed).chain(undeployed).chain(results) {
        if !exists(name) {
            problems.push(Problem::along(path, format!("does not match an existing pacticipant: {name}")));
        }
    }
    problems.or(())
}

async fn read_state(
    db: &mut PgConnection,
    tenant: TenantId,
    hypothesis: &Hypothesis,
    query: &Query,
    resolution: &Resolution,
) -> Result<State, Error> {
    let specified = resolution.specified.iter().map(|(_, version)| version.id);
    let inferred = resolution.inferred.iter().flat_map(|one| one.versions.iter().map(|version| version.id));
    let versions: BTreeSet<i64> = specified.chain(inferred).collect();
    let versions: Vec<i64> = versions.into_iter().collect();
    let contracts = store::list_known_contracts(db, tenant, &versions, &shas(hypothesis)).await?;
    let contents: BTreeSet<i64> = contracts.iter().map(|known| known.content_id).collect();
    let contents: Vec<i64> = contents.into_iter().collect();
    let results = store::list_known_results(db, tenant, &contents, &versions).await?;
    let offers = store::list_known_offers(db, tenant, &contents, &versions).await?;
    State::of(hypothesis.to.clone(), query, resolution, Known { contracts, results, offers })
}

/// The contents that the hypothesis names.
fn shas(hypothesis: &Hypothesis) -> Shas {
    let mut shas = Shas::default();
    let mut add = |consumer: &PacticipantName, provider: &PacticipantName, sha: &str| {
        shas.consumers.push(consumer.to_string());
        shas.providers.push(provider.to_string());
        shas.digits.push(sha.to_owned());
    };
    for unpublished in &hypothesis.versions {
        if let Contracts::Given(given) = &unpublished.contracts {
            for Given { provider, sha, .. } in given {
                add(&unpublished.pacticipant, provider, sha.as_str());
            }
        }
    }
    for result in &hypothesis.results {
        if let ContractOf::Content(sha) = &result.contract {
            add(&result.consumer, &result.provider, sha.as_str());
        }
    }
    shas
}

/// What goes together, and what it meets.
struct Together<'s> {
    state: &'s State,
    to: Criterion,
    going: Vec<OnTheWay<'s>>,
    /// Consumers of what goes.
    integrations: Vec<Integration>,
    ignore: Vec<Ignore>,
}

struct OnTheWay<'s> {
    pacticipant: &'s PacticipantName,
    criterion: &'s Criterion,
    /// `None` when there is no such version.
    version: Option<&'s VersionRef>,
    /// What is in the environment before it comes.
    before: Vec<Candidate>,
    /// What is there beside it.
    beside: Vec<Candidate>,
}

impl<'s> Together<'s> {
    fn of(state: &'s State, hypothesis: &'s Hypothesis, query: &Query, resolution: &Resolution) -> Result<Self, Error> {
        let going = hypothesis.going.iter().map(|one| OnTheWay::of(state, one)).collect();
        let is_going = |name: &str| hypothesis.going.iter().any(|one| one.asked.pacticipant.as_str() == name);
        let pairs = resolution.pairs.iter().filter(|pair| is_going(&pair.provider));
        let mut integrations: Vec<Integration> =
            pairs.map(ask::integration).collect::<Result<_, _>>().map_err(Error::internal)?;
        // Which are required follows from the contracts of what goes.
        for one in &mut integrations {
            one.required = false;
        }
        Ok(Self {
            state,
            to: Criterion::Environment(hypothesis.to.clone()),
            going,
            integrations,
            ignore: ask::ignore(query, resolution),
        })
    }

    fn find(&self, name: &PacticipantName) -> Option<&OnTheWay<'s>> {
        self.going.iter().find(|one| one.pacticipant == name)
    }

    /// What a version that goes meets of a pacticipant when all have arrived.
    fn met<'t>(&'t self, name: &PacticipantName) -> Vec<&'t VersionRef> {
        match self.find(name) {
            Some(one) => one.version.into_iter().chain(one.beside.iter().map(|there| &there.version)).collect(),
            None => self.state.residents.get(name).into_iter().flatten().map(|there| &there.version).collect(),
        }
    }

    /// The rows in which at least one side goes.
    fn rows(&self) -> Vec<MatrixRow> {
        let mut rows = Vec::new();
        for version in self.going.iter().filter_map(|one| one.version) {
            rows.extend(self.state.rows(version, |provider| Some(self.met(provider))));
        }
        let of_others = self.state.residents.iter().filter(|(name, _)| self.find(name).is_none());
        let beside = self.going.iter().map(|one| &one.beside);
        for there in of_others.map(|(_, there)| there).chain(beside).flatten() {
            rows.extend(self.state.rows(&there.version, |provider| Some(vec![self.find(provider)?.version?])));
        }
        rows
    }

    fn question(&self, rows: &[MatrixRow]) -> Question {
        let mut selectors: Vec<Selector> = Vec::new();
        let mut integrations = self.integrations.clone();
        for one in &self.going {
            selectors.push(one.selector());
            if !one.beside.is_empty() {
                selectors.push(self.inferred(one.pacticipant, one.beside.clone()));
            }
            for provider in one.version.into_iter().flat_map(|version| self.state.providers(version)) {
                let (consumer, provider) = (one.pacticipant.clone(), provider.clone());
                integrations.push(Integration { consumer, provider, required: true });
            }
        }
        let others: BTreeMap<&PacticipantName, Vec<Candidate>> = rows
            .iter()
            .flat_map(|one| [&one.row.consumer, &one.row.provider])
            .filter(|name| self.find(name).is_none())
            .map(|name| (name, self.state.residents.get(name).cloned().unwrap_or_default()))
            .collect();
        selectors.extend(others.into_iter().map(|(name, there)| self.inferred(name, there)));
        self.asked(selectors, integrations, rows)
    }

    fn inferred(&self, pacticipant: &PacticipantName, there: Vec<Candidate>) -> Selector {
        Selector {
            pacticipant: pacticipant.clone(),
            criterion: self.to.clone(),
            origin: Origin::Inferred,
            found: if there.is_empty() { Found::Nothing } else { Found::Versions(there) },
        }
    }

    fn asked(&self, selectors: Vec<Selector>, integrations: Vec<Integration>, rows: &[MatrixRow]) -> Question {
        Question {
            selectors,
            integrations,
            rows: rows.iter().map(|one| one.row.clone()).collect(),
            ignore: self.ignore.clone(),
            has_destination: true,
            passing: Vec::new(),
            requested: BTreeMap::new(),
            findings: BTreeMap::new(),
            assumptions: self.state.assumptions.clone(),
        }
    }

    /// `None` for one that goes alone.
    fn order(&self, deployable: Option<bool>) -> Option<Order> {
        if self.going.len() < 2 {
            return None;
        }
        if deployable != Some(true) {
            return Some(Order::NoGoodEnd);
        }
        let mut obstacles: BTreeMap<Wait, Vec<Reason>> = BTreeMap::new();
        for (at, one) in self.going.iter().enumerate() {
            for (of, other) in self.going.iter().enumerate().filter(|(of, _)| *of != at) {
                let reasons = self.obstacles_before(one, other);
                if !reasons.is_empty() {
                    obstacles.insert((at, of), reasons);
                }
            }
        }
        let turn = |at: usize| self.going.get(at).and_then(OnTheWay::turn);
        Some(match safe_order(self.going.len(), &obstacles.keys().copied().collect()) {
            Ok(order) => Order::Safe(order.into_iter().filter_map(turn).collect()),
            Err(circle) => {
                let next = circle.iter().cycle().skip(1);
                let parts = circle.iter().zip(next).filter_map(|(at, of)| {
                    let reasons = obstacles.remove(&(*at, *of))?;
                    Some(Circle { going: turn(*at)?, waits_for: turn(*of)?, reasons })
                });
                Order::Circle(parts.collect())
            }
        })
    }

    /// Why the one can't go while the other is still what it was; empty when it can.
    fn obstacles_before(&self, one: &OnTheWay<'s>, other: &OnTheWay<'s>) -> Vec<Reason> {
        let Some(version) = one.version else { return Vec::new() };
        let before = || other.before.iter().map(|there| &there.version);
        let mut rows = self.state.rows(version, |provider| (provider == other.pacticipant).then(|| before().collect()));
        for there in before() {
            rows.extend(self.state.rows(there, |provider| (provider == one.pacticipant).then(|| vec![version])));
        }
        let selectors = vec![one.selector(), self.inferred(other.pacticipant, other.before.clone())];
        let verdict = decide(&self.asked(selectors, Vec::new(), &rows));
        if verdict.deployable == Some(true) {
            return Vec::new();
        }
        verdict.reasons.into_iter().filter(|reason| reason.kind.notice_type() == "error").collect()
    }
}

impl<'s> OnTheWay<'s> {
    fn of(state: &'s State, going: &'s Going) -> Self {
        let Going { asked, replaces } = going;
        let version = state.chosen(&asked.pacticipant, &asked.criterion).first().copied();
        let before = state.residents.get(&asked.pacticipant).cloned().unwrap_or_default();
        let beside = match version {
            Some(version) => without_replaced(before.clone(), version, *replaces).0,
            None => before.clone(),
        };
        let beside = beside.into_iter().filter(|there| Some(&there.version) != version).collect();
        Self { pacticipant: &asked.pacticipant, criterion: &asked.criterion, version, before, beside }
    }

    fn selector(&self) -> Selector {
        let found = |version: &VersionRef| Found::Versions(vec![Candidate::of(version.clone())]);
        Selector {
            pacticipant: self.pacticipant.clone(),
            criterion: self.criterion.clone(),
            origin: Origin::Specified,
            found: self.version.map_or(Found::Nothing, found),
        }
    }

    fn turn(&self) -> Option<Turn> {
        Some((self.pacticipant.clone(), self.version?.number.clone()))
    }
}
