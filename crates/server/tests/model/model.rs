//! The definition, read directly: all that ever happened in plain lists, and answers found by looking at all of it. Slow,
//! and nothing is kept that could be wrong: what is latest, current or a head is searched for each time.

use std::collections::BTreeSet;

use crate::history::{Event, Named};
use crate::question::{Criterion, LatestBy, Question};

/// Who published a contract with whom, and what stands in it.
#[derive(Clone, Copy, Debug)]
struct Contract {
    consumer: Named,
    provider: usize,
    content: u8,
}

/// A provider version's result for a content.
#[derive(Clone, Copy, Debug)]
struct Verification {
    consumer: usize,
    content: u8,
    provider: Named,
    success: bool,
}

#[derive(Clone, Copy, Debug)]
struct Deployment {
    version: Named,
    environment: usize,
    instance: usize,
    is_current: bool,
}

#[derive(Clone, Copy, Debug)]
struct Release {
    version: Named,
    environment: usize,
    is_supported: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// In the order of their creation.
    versions: Vec<Named>,
    contracts: Vec<Contract>,
    verifications: Vec<Verification>,
    /// In the order in which versions were put on branches: pacticipant, branch, version.
    on_branch: Vec<(usize, Named)>,
    tagged: Vec<(usize, Named)>,
    /// Pacticipant and branch; the last counts.
    main_branches: Vec<(usize, usize)>,
    deployments: Vec<Deployment>,
    releases: Vec<Release>,
    /// Everybody who took part in anything.
    pacticipants: BTreeSet<usize>,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) consumer: Named,
    pub(crate) provider: usize,
    pub(crate) provider_version: Option<u8>,
    pub(crate) success: Option<bool>,
}

/// The answer, and the rows that it is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) deployable: Option<bool>,
    pub(crate) success: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    /// In order; those that are shown.
    pub(crate) rows: Vec<Row>,
    /// How many of them are shown.
    pub(crate) shown: usize,
}

impl Model {
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Publish { consumer, branch, tag, contracts } => {
                self.ensure(*consumer);
                for (provider, content) in contracts {
                    self.pacticipants.insert(*provider);
                    if self.content(*consumer, *provider).is_none() {
                        let (consumer, provider, content) = (*consumer, *provider, *content);
                        self.contracts.push(Contract { consumer, provider, content });
                    }
                }
                if let Some(branch) = branch {
                    self.put_on_branch(*consumer, *branch);
                }
                self.tagged.extend(tag.map(|tag| (tag, *consumer)));
            }
            Event::Branch { version, branch } => {
                self.ensure(*version);
                self.put_on_branch(*version, *branch);
            }
            Event::Tag { version, tag } => {
                self.ensure(*version);
                self.tagged.push((*tag, *version));
            }
            Event::MainBranch { of, branch } => {
                self.pacticipants.insert(*of);
                self.main_branches.push((*of, *branch));
            }
            Event::Verify { contract, provider, success } => {
                self.ensure(*provider);
                let content = self.content(*contract, provider.of).expect("only what is published is verified");
                let (consumer, provider, success) = (contract.of, *provider, *success);
                self.verifications.push(Verification { consumer, content, provider, success });
            }
            Event::Deploy { version, environment, instance } => self.deploy(*version, *environment, *instance),
            Event::Undeploy { version, environment, instance } => {
                for one in &mut self.deployments {
                    let there = (one.version, one.environment, one.instance);
                    one.is_current &= there != (*version, *environment, *instance);
                }
            }
            Event::Release { version, environment } => {
                let (version, environment) = (*version, *environment);
                self.releases.retain(|one| (one.version, one.environment) != (version, environment));
                self.releases.push(Release { version, environment, is_supported: true });
            }
            Event::EndSupport { version, environment } => {
                for one in &mut self.releases {
                    one.is_supported &= (one.version, one.environment) != (*version, *environment);
                }
            }
        }
    }

    fn ensure(&mut self, version: Named) {
        self.pacticipants.insert(version.of);
        if !self.has(version) {
            self.versions.push(version);
        }
    }

    /// One that is on it already stays where it is.
    fn put_on_branch(&mut self, version: Named, branch: usize) {
        if !self.on_branch.contains(&(branch, version)) {
            self.on_branch.push((branch, version));
        }
    }

    /// What was there under the same name is replaced.
    fn deploy(&mut self, version: Named, environment: usize, instance: usize) {
        for one in &mut self.deployments {
            let same = (one.version.of, one.environment, one.instance) == (version.of, environment, instance);
            one.is_current &= !same;
        }
        self.deployments.push(Deployment { version, environment, instance, is_current: true });
    }

    pub(crate) fn has(&self, version: Named) -> bool {
        self.versions.contains(&version)
    }

    pub(crate) fn numbers(&self, of: usize) -> Vec<u8> {
        self.versions.iter().filter(|one| one.of == of).map(|one| one.number).collect()
    }

    pub(crate) fn knows(&self, pacticipant: usize) -> bool {
        self.pacticipants.contains(&pacticipant)
    }

    pub(crate) fn content(&self, consumer: Named, provider: usize) -> Option<u8> {
        let found = self.contracts.iter().find(|one| one.consumer == consumer && one.provider == provider);
        found.map(|one| one.content)
    }

    /// Who published, with which provider.
    pub(crate) fn published(&self) -> Vec<(Named, usize)> {
        self.contracts.iter().map(|one| (one.consumer, one.provider)).collect()
    }

    pub(crate) fn deployed(&self) -> Vec<(Named, usize, usize)> {
        let current = self.deployments.iter().filter(|one| one.is_current);
        current.map(|one| (one.version, one.environment, one.instance)).collect()
    }

    pub(crate) fn released(&self) -> Vec<(Named, usize)> {
        let supported = self.releases.iter().filter(|one| one.is_supported);
        supported.map(|one| (one.version, one.environment)).collect()
    }

    fn position(&self, version: Named) -> usize {
        self.versions.iter().position(|one| *one == version).expect("it exists")
    }

    /// The versions that a criterion chooses.
    fn chosen(&self, of: usize, criterion: Criterion) -> Vec<Named> {
        let all: Vec<Named> = self.versions.iter().copied().filter(|one| one.of == of).collect();
        let main = self.main_branches.iter().rev().find(|(whose, _)| *whose == of).map(|(_, branch)| *branch);
        let has_tag = |version: &Named, tag: usize| self.tagged.contains(&(tag, *version));
        let is_on = |version: &Named, branch: Option<usize>| {
            branch.is_some_and(|branch| self.on_branch.contains(&(branch, *version)))
        };
        let head = |branch: Option<usize>| {
            let put = self.on_branch.iter().rev().find(|(on, version)| Some(*on) == branch && version.of == of);
            put.map(|(_, version)| *version).into_iter().collect()
        };
        match criterion {
            Criterion::Any => all,
            Criterion::Number(number) => all.into_iter().filter(|one| one.number == number).collect(),
            Criterion::Latest => all.last().copied().into_iter().collect(),
            Criterion::LatestTag(tag) => all.into_iter().rfind(|one| has_tag(one, tag)).into_iter().collect(),
            Criterion::Tag(tag) => all.into_iter().filter(|one| has_tag(one, tag)).collect(),
            Criterion::LatestBranch(branch) => head(Some(branch)),
            Criterion::Branch(branch) => all.into_iter().filter(|one| is_on(one, Some(branch))).collect(),
            Criterion::LatestMainBranch => head(main),
            Criterion::MainBranch => all.into_iter().filter(|one| is_on(one, main)).collect(),
            Criterion::Environment(environment) => {
                let deployed = self.deployed().into_iter().filter(|(_, place, _)| *place == environment);
                let deployed = deployed.map(|(version, ..)| version);
                let released = self.released().into_iter().filter(|(_, place)| *place == environment);
                let there: Vec<Named> = deployed.chain(released.map(|(version, _)| version)).collect();
                all.into_iter().filter(|one| there.contains(one)).collect()
            }
        }
    }

    /// Pacticipants that have ever had a contract with each other.
    fn integrations(&self) -> BTreeSet<(usize, usize)> {
        self.contracts.iter().map(|one| (one.consumer.of, one.provider)).collect()
    }
}

/// A selector with what it chose; `specified` when the asker named it.
struct Chosen {
    of: usize,
    criterion: Criterion,
    versions: Vec<Named>,
}

impl Chosen {
    /// Its versions are in one place at the same time, so that each needs a result.
    fn is_together(&self) -> bool {
        matches!(self.criterion, Criterion::Environment(_) | Criterion::Tag(_))
    }
}

impl Model {
    pub(crate) fn answer(&self, question: &Question) -> Verdict {
        let choose = |of: usize, criterion: Criterion| Chosen { of, criterion, versions: self.chosen(of, criterion) };
        let specified: Vec<Chosen> = question.selectors.iter().map(|(of, criterion)| choose(*of, *criterion)).collect();
        let asked: BTreeSet<usize> = specified.iter().map(|one| one.of).collect();
        let widened = specified.len() == 1 || question.destination.is_some();
        let required: BTreeSet<(usize, usize)> = if widened { self.needs(&specified) } else { BTreeSet::new() };
        let pairs: BTreeSet<(usize, usize)> = if widened {
            let provided = self.integrations().into_iter().filter(|(_, provider)| asked.contains(provider));
            provided.chain(required.iter().copied()).collect()
        } else {
            let both = |pair: &(usize, usize)| asked.contains(&pair.0) && asked.contains(&pair.1);
            self.integrations().into_iter().filter(both).collect()
        };
        let mut chosen = specified;
        let specified_count = chosen.len();
        if let Some(destination) = question.destination {
            let others: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
            chosen.extend(others.difference(&asked).map(|of| choose(*of, destination)));
        }

        let alone = specified_count == 1 && question.destination.is_none();
        let mut rows = if alone { self.rows_alone(&chosen[0]) } else { self.rows(&pairs, &chosen) };
        rows = self.counting(rows, question);

        let ignores = |of: usize, number: Option<u8>| {
            question.ignore.is_some_and(|(ignored, version)| {
                ignored == of && version.is_none_or(|version| number == Some(version))
            })
        };
        let is_ignored = |row: &Row| {
            ignores(row.consumer.of, Some(row.consumer.number)) || ignores(row.provider, row.provider_version)
        };
        let with_row: BTreeSet<(usize, usize)> = rows.iter().map(|row| (row.consumer.of, row.provider)).collect();
        let missing = required
            .iter()
            .filter(|pair| !with_row.contains(pair))
            .filter(|(consumer, provider)| !ignores(*consumer, None) && !ignores(*provider, None))
            .count();
        let count = |wanted: Option<bool>| rows.iter().filter(|row| !is_ignored(row) && row.success == wanted).count();
        let (success, failed, unknown) = (count(Some(true)), count(Some(false)), count(None) + missing);
        let absent = chosen[..specified_count]
            .iter()
            .any(|one| one.versions.is_empty() && one.criterion != Criterion::Any && !ignores(one.of, None));
        let deployable = match (absent, unknown, failed) {
            (true, ..) => Some(false),
            (false, 0, failed) => Some(failed == 0),
            (false, ..) => None,
        };
        rows.retain(|row| question.success.is_empty() || question.success.contains(&row.success));
        rows.sort();
        let most = question.limit.unwrap_or(if question.as_can_i_deploy { usize::MAX } else { 100 });
        let shown = rows.len().min(most);
        Verdict { deployable, success, failed, unknown, rows, shown }
    }

    /// What the specified versions cannot do without: the providers of their contracts.
    fn needs(&self, specified: &[Chosen]) -> BTreeSet<(usize, usize)> {
        let versions: Vec<Named> = specified.iter().flat_map(|one| one.versions.clone()).collect();
        let theirs = self.contracts.iter().filter(|one| versions.contains(&one.consumer));
        theirs.map(|one| (one.consumer.of, one.provider)).collect()
    }

    /// Each contract of a chosen consumer version with each result of a chosen provider version.
    fn rows(&self, pairs: &BTreeSet<(usize, usize)>, chosen: &[Chosen]) -> Vec<Row> {
        let of = |pacticipant: usize| chosen.iter().filter(move |one| one.of == pacticipant);
        let mut rows = Vec::new();
        for contract in &self.contracts {
            let consumer = contract.consumer;
            let in_question = of(consumer.of).any(|one| one.versions.contains(&consumer));
            if !in_question || !pairs.contains(&(consumer.of, contract.provider)) {
                continue;
            }
            let versions: BTreeSet<Named> = of(contract.provider).flat_map(|one| one.versions.clone()).collect();
            let together: BTreeSet<Named> =
                of(contract.provider).filter(|one| one.is_together()).flat_map(|one| one.versions.clone()).collect();
            let row = |version: Option<u8>, success| Row {
                consumer,
                provider: contract.provider,
                provider_version: version,
                success,
            };
            let before = rows.len();
            for version in versions {
                let results = self.results(contract, version);
                if results.is_empty() && together.contains(&version) {
                    rows.push(row(Some(version.number), None));
                }
                rows.extend(results.into_iter().map(|success| row(Some(version.number), Some(success))));
            }
            if rows.len() == before {
                rows.push(row(None, None));
            }
        }
        rows
    }

    /// A single selector without a destination meets whatever its neighbours have.
    fn rows_alone(&self, chosen: &Chosen) -> Vec<Row> {
        let mut rows = Vec::new();
        for contract in &self.contracts {
            let row = |version: Option<u8>, success| Row {
                consumer: contract.consumer,
                provider: contract.provider,
                provider_version: version,
                success,
            };
            let mut verified = false;
            for version in self.versions.iter().filter(|one| one.of == contract.provider) {
                let touches = chosen.versions.contains(&contract.consumer) || chosen.versions.contains(version);
                for success in self.results(contract, *version) {
                    verified = true;
                    rows.extend(touches.then(|| row(Some(version.number), Some(success))));
                }
            }
            let any = chosen.criterion == Criterion::Any && chosen.of == contract.provider;
            if !verified && (chosen.versions.contains(&contract.consumer) || any) {
                rows.push(row(None, None));
            }
        }
        rows
    }

    /// In their order.
    fn results(&self, contract: &Contract, provider: Named) -> Vec<bool> {
        let found = self.verifications.iter().filter(|one| {
            (one.consumer, one.content, one.provider) == (contract.consumer.of, contract.content, provider)
                && provider.of == contract.provider
        });
        found.map(|one| one.success).collect()
    }

    /// Of several results those that count: for versions that the asker names as a set each counts for itself.
    fn counting(&self, rows: Vec<Row>, question: &Question) -> Vec<Row> {
        let is_set = |criterion: Criterion| {
            matches!(
                criterion,
                Criterion::Environment(_) | Criterion::Tag(_) | Criterion::Branch(_) | Criterion::MainBranch
            )
        };
        let is_asked_for = |of: usize| question.selectors.iter().any(|(one, _)| *one == of);
        let chosen_as_set = |of: usize| {
            question.selectors.iter().any(|(one, criterion)| *one == of && is_set(*criterion))
                || !is_asked_for(of) && question.destination.is_some_and(is_set)
        };
        let position = |row: &Row| row.provider_version.map(|number| self.position(Named { of: row.provider, number }));
        let each = |row: &Row| question.latest_by == LatestBy::Cvpv || chosen_as_set(row.provider);
        let replaces = |newer: &Row, older: &Row| match question.latest_by {
            LatestBy::All => false,
            _ if each(newer) => newer.provider_version == older.provider_version,
            _ => position(newer) >= position(older),
        };
        let mut kept: Vec<Row> = Vec::new();
        for row in rows {
            let same = |one: &Row| (one.consumer, one.provider) == (row.consumer, row.provider);
            if question.latest_by == LatestBy::Cvp
                && !each(&row)
                && kept.iter().any(|one| same(one) && !replaces(&row, one))
            {
                continue;
            }
            kept.retain(|one| !(same(one) && replaces(&row, one)));
            kept.push(row);
        }
        kept
    }
}

impl Model {
    /// Whether an event could have happened, when others before it did not.
    pub(crate) fn allows(&self, event: &Event) -> bool {
        match event {
            Event::Publish { consumer, contracts, .. } => contracts.iter().all(|(provider, content)| {
                self.content(*consumer, *provider).is_none_or(|published| published == *content)
            }),
            Event::Verify { contract, provider, .. } => self.content(*contract, provider.of).is_some(),
            Event::Deploy { version, .. } | Event::Release { version, .. } => self.has(*version),
            Event::Undeploy { version, environment, instance } => {
                self.deployed().contains(&(*version, *environment, *instance))
            }
            Event::EndSupport { version, environment } => self.released().contains(&(*version, *environment)),
            Event::Branch { .. } | Event::Tag { .. } | Event::MainBranch { .. } => true,
        }
    }
}
