//! The applications and contracts that are asked for, with a verdict for each, the worst first.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use pactolus_domain::system_map;

use super::question::Question;
use crate::edge::Error;
use crate::integrations::store::{Application, Promise};
use crate::ui::parts::Verdict;

/// A label that begins so says whose application it is.
pub(super) const TEAM: &str = "team:";

pub(super) struct Scene {
    pub(super) applications: Vec<Node>,
    /// The worst first.
    pub(super) contracts: Vec<Contract>,
    /// Of all applications with a contract.
    pub(super) teams: BTreeSet<String>,
    /// Of all applications with a contract, in order.
    pub(super) names: Vec<String>,
    /// Applications that use each other.
    pub(super) cycles: Vec<Vec<usize>>,
}

pub(super) struct Node {
    pub(super) name: String,
    pub(super) team: Option<String>,
    pub(super) versions: BTreeSet<String>,
    /// Whether a contract that is asked for is its.
    pub(super) is_shown: bool,
    pub(super) cycle: Option<usize>,
    as_provider: Option<Verdict>,
    as_consumer: Option<Verdict>,
}

impl Node {
    /// Whether it keeps what is expected of it; for one of whom nothing is expected, whether its own expectations are kept.
    pub(super) fn verdict(&self) -> Verdict {
        self.as_provider.or(self.as_consumer).unwrap_or(Verdict::NotApplicable)
    }
}

pub(super) struct Contract {
    /// Its place among the applications.
    pub(super) consumer: usize,
    pub(super) provider: usize,
    pub(super) verdict: Verdict,
    pub(super) is_in_cycle: bool,
    pub(super) promise: Promise,
}

impl Contract {
    /// Since when it stands so.
    pub(super) fn since(&self) -> DateTime<Utc> {
        self.promise.verified_at.unwrap_or(self.promise.published_at)
    }
}

/// The worse, the less.
pub(super) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::NotVerified => 1,
        Verdict::Pending => 2,
        Verdict::Warning => 3,
        Verdict::Passed => 4,
        Verdict::NotApplicable => 5,
    }
}

pub(super) fn worse(one: Option<Verdict>, other: Verdict) -> Option<Verdict> {
    one.filter(|one| rank(*one) <= rank(other)).or(Some(other))
}

pub(super) fn verdict(promise: &Promise) -> Verdict {
    match (promise.success, promise.pending) {
        (None, _) => Verdict::NotVerified,
        (Some(true), _) => Verdict::Passed,
        (Some(false), Some(true)) => Verdict::Pending,
        (Some(false), _) => Verdict::Failed,
    }
}

impl Scene {
    pub(super) fn of(applications: Vec<Application>, promises: Vec<Promise>, asked: &Question) -> Result<Self, Error> {
        let places: HashMap<i64, usize> = applications.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
        let applications: Vec<Node> = applications.into_iter().map(node).collect();
        // A pacticipant that came between two statements is in the next answer.
        let contracts = promises.into_iter().filter_map(|promise| {
            let (consumer, provider) = (*places.get(&promise.consumer)?, *places.get(&promise.provider)?);
            Some(Contract { consumer, provider, verdict: verdict(&promise), is_in_cycle: false, promise })
        });
        let mut scene = Self {
            applications,
            contracts: contracts.collect(),
            teams: BTreeSet::new(),
            names: Vec::new(),
            cycles: Vec::new(),
        };
        scene.mark();
        scene.narrow(asked)?;
        scene.judge();
        scene.contracts.sort_by_key(|contract| {
            (rank(contract.verdict), !contract.is_in_cycle, contract.consumer, contract.provider)
        });
        Ok(scene)
    }

    pub(super) fn is_nothing_known(&self) -> bool {
        self.contracts.is_empty() && self.names.is_empty() && self.applications.is_empty()
    }

    /// Places of the applications that are asked for.
    pub(super) fn shown(&self) -> impl Iterator<Item = usize> {
        self.applications.iter().enumerate().filter(|(_, node)| node.is_shown).map(|(at, _)| at)
    }

    /// Notes who uses each other, and what can be chosen.
    fn mark(&mut self) {
        let edges: Vec<(usize, usize)> = self.contracts.iter().map(|one| (one.consumer, one.provider)).collect();
        self.cycles = system_map::cycles(self.applications.len(), &edges);
        for (cycle, places) in self.cycles.iter().enumerate() {
            for place in places {
                self.applications[*place].cycle = Some(cycle);
            }
        }
        for contract in &mut self.contracts {
            let [consumer, provider] = [contract.consumer, contract.provider].map(|at| self.applications[at].cycle);
            contract.is_in_cycle = consumer.is_some() && consumer == provider;
        }
        let with_contract: BTreeSet<usize> =
            edges.iter().flat_map(|(consumer, provider)| [*consumer, *provider]).collect();
        self.names = with_contract.iter().map(|at| self.applications[*at].name.clone()).collect();
        self.teams = with_contract.iter().filter_map(|at| self.applications[*at].team.clone()).collect();
    }

    fn narrow(&mut self, asked: &Question) -> Result<(), Error> {
        let near = asked.around.as_deref().map(|name| self.near(name, asked.steps)).transpose()?;
        let has_team = |node: &Node| asked.team.as_ref().is_none_or(|team| node.team.as_ref() == Some(team));
        let has_text = |node: &Node| asked.q.as_ref().is_none_or(|q| node.name.to_lowercase().contains(q));
        let applications = &self.applications;
        self.contracts.retain(|contract| {
            let ends = [contract.consumer, contract.provider];
            let either = |holds: &dyn Fn(&Node) -> bool| ends.iter().any(|at| holds(&applications[*at]));
            asked.verdict.is_none_or(|verdict| contract.verdict == verdict)
                && near.as_ref().is_none_or(|near| ends.iter().all(|at| near[*at]))
                && either(&has_team)
                && either(&has_text)
        });
        Ok(())
    }

    /// Which applications are within so many steps of the named one, in either direction.
    fn near(&self, name: &str, steps: usize) -> Result<Vec<bool>, Error> {
        let missing = || Error::NoSuchPacticipant { role: "pacticipant", name: name.to_owned() };
        let root = self.applications.iter().position(|node| node.name == name).ok_or_else(missing)?;
        let mut near = vec![false; self.applications.len()];
        near[root] = true;
        for _ in 0..steps {
            let before = near.clone();
            for contract in &self.contracts {
                near[contract.consumer] |= before[contract.provider];
                near[contract.provider] |= before[contract.consumer];
            }
        }
        Ok(near)
    }

    fn judge(&mut self) {
        for contract in &self.contracts {
            let promise = &contract.promise;
            let consumer = &mut self.applications[contract.consumer];
            consumer.is_shown = true;
            consumer.versions.insert(promise.consumer_version.clone());
            consumer.as_consumer = worse(consumer.as_consumer, contract.verdict);
            let provider = &mut self.applications[contract.provider];
            provider.is_shown = true;
            provider.versions.extend(promise.provider_version.clone());
            provider.as_provider = worse(provider.as_provider, contract.verdict);
        }
    }
}

fn node(application: Application) -> Node {
    let team = application.team_label.as_deref().and_then(|label| label.strip_prefix(TEAM)).map(str::trim);
    Node {
        team: team.filter(|team| !team.is_empty()).map(String::from),
        name: application.name,
        versions: BTreeSet::new(),
        is_shown: false,
        cycle: None,
        as_provider: None,
        as_consumer: None,
    }
}
