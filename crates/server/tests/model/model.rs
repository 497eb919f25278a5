//! The definition, read directly: all that ever happened in plain lists, and nothing that could be wrong is kept:
//! what is latest, current or a head is searched for each time. Slow.

use std::collections::BTreeSet;

use crate::history::{Event, Named};
use crate::question::Criterion;

/// Who published a contract with whom, and what stands in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contract {
    pub(crate) consumer: Named,
    pub(crate) provider: usize,
    pub(crate) content: u8,
}

/// A provider version's result for a content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verification {
    pub(crate) consumer: usize,
    pub(crate) content: u8,
    pub(crate) provider: Named,
    pub(crate) success: bool,
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
    pub(crate) versions: Vec<Named>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) verifications: Vec<Verification>,
    /// In the order in which versions were put on branches: pacticipant, branch, version.
    on_branch: Vec<(usize, Named)>,
    tagged: Vec<(usize, Named)>,
    /// Pacticipant and branch; the last counts.
    main_branches: Vec<(usize, usize)>,
    deployments: Vec<Deployment>,
    releases: Vec<Release>,
    /// Who ever had a content with whom, as long as both are there.
    contents: BTreeSet<(usize, usize)>,
    /// Everybody who took part in anything.
    pacticipants: BTreeSet<usize>,
}

impl Model {
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Publish { consumer, branch, tag, contracts } => {
                self.ensure(*consumer);
                for (provider, content) in contracts {
                    self.pacticipants.insert(*provider);
                    self.contents.insert((consumer.of, *provider));
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
            Event::Untag { version, tag } => self.tagged.retain(|one| one != &(*tag, *version)),
            Event::DeleteVersion { version } => self.forget(|one| one == *version),
            Event::DeleteBranch { of, branch } => {
                self.on_branch.retain(|(on, version)| (*on, version.of) != (*branch, *of));
            }
            Event::TakeOffBranch { version, branch } => self.take_off(*version, *branch),
            Event::DeleteContract { consumer, provider } => {
                self.contracts.retain(|one| (one.consumer, one.provider) != (*consumer, *provider));
            }
            Event::DeleteIntegration { consumer, provider } => {
                self.separate(*consumer, *provider);
                for of in [*consumer, *provider] {
                    self.forget_bare_versions(of);
                    if !self.has_anything(of) {
                        self.forget_pacticipant(of);
                    }
                }
            }
            Event::DeletePacticipant { of } => self.forget_pacticipant(*of),
        }
    }

    /// Versions with all that hangs on them. Contents keep the results of others.
    fn forget(&mut self, goes: impl Fn(Named) -> bool) {
        let gone: Vec<(usize, Named)> = self.on_branch.iter().copied().filter(|(_, version)| goes(*version)).collect();
        for (branch, version) in gone {
            self.take_off(version, branch);
        }
        self.versions.retain(|one| !goes(*one));
        self.contracts.retain(|one| !goes(one.consumer));
        self.verifications.retain(|one| !goes(one.provider));
        self.tagged.retain(|(_, version)| !goes(*version));
        self.deployments.retain(|one| !goes(one.version));
        self.releases.retain(|one| !goes(one.version));
    }

    /// If it was the head, the newest version that is left is the head from now on.
    fn take_off(&mut self, version: Named, branch: usize) {
        let is_of = |one: &&(usize, Named)| one.0 == branch && one.1.of == version.of;
        let was_head = self.on_branch.iter().rev().find(is_of) == Some(&(branch, version));
        self.on_branch.retain(|one| one != &(branch, version));
        let newest = self.on_branch.iter().filter(is_of).max_by_key(|(_, one)| self.position(*one)).copied();
        if let Some(newest) = newest.filter(|_| was_head) {
            self.on_branch.retain(|one| *one != newest);
            self.on_branch.push(newest);
        }
    }

    /// Contracts of the two, their contents and the results of these.
    fn separate(&mut self, consumer: usize, provider: usize) {
        self.contracts.retain(|one| (one.consumer.of, one.provider) != (consumer, provider));
        self.verifications.retain(|one| (one.consumer, one.provider.of) != (consumer, provider));
        self.contents.remove(&(consumer, provider));
    }

    fn forget_bare_versions(&mut self, of: usize) {
        let (contracts, verifications) = (self.contracts.clone(), self.verifications.clone());
        self.forget(|version| {
            version.of == of
                && !contracts.iter().any(|one| one.consumer == version)
                && !verifications.iter().any(|one| one.provider == version)
        });
    }

    fn has_anything(&self, of: usize) -> bool {
        self.versions.iter().any(|one| one.of == of)
            || self.contents.iter().any(|(consumer, provider)| *consumer == of || *provider == of)
    }

    fn forget_pacticipant(&mut self, of: usize) {
        self.forget(|version| version.of == of);
        self.contracts.retain(|one| one.provider != of);
        self.verifications.retain(|one| one.consumer != of && one.provider.of != of);
        self.main_branches.retain(|(whose, _)| *whose != of);
        self.contents.retain(|(consumer, provider)| *consumer != of && *provider != of);
        self.pacticipants.remove(&of);
    }

    pub(crate) fn versions(&self) -> Vec<Named> {
        self.versions.clone()
    }

    pub(crate) fn branched(&self) -> Vec<(usize, Named)> {
        self.on_branch.clone()
    }

    pub(crate) fn tagged(&self) -> Vec<(usize, Named)> {
        self.tagged.clone()
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

    pub(crate) fn position(&self, version: Named) -> usize {
        self.versions.iter().position(|one| *one == version).expect("it exists")
    }

    pub(crate) fn main_branch(&self, of: usize) -> Option<usize> {
        self.main_branches.iter().rev().find(|(whose, _)| *whose == of).map(|(_, branch)| *branch)
    }

    /// The result of a provider version for a content that was published last.
    pub(crate) fn last_result(&self, consumer: usize, content: u8, provider: Named) -> Option<bool> {
        let of_both = |one: &&Verification| (one.consumer, one.content, one.provider) == (consumer, content, provider);
        self.verifications.iter().rev().find(of_both).map(|one| one.success)
    }

    /// The versions that a criterion chooses.
    pub(crate) fn chosen(&self, of: usize, criterion: Criterion) -> Vec<Named> {
        let all: Vec<Named> = self.versions.iter().copied().filter(|one| one.of == of).collect();
        let main = self.main_branch(of);
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
    pub(crate) fn integrations(&self) -> BTreeSet<(usize, usize)> {
        self.contracts.iter().map(|one| (one.consumer.of, one.provider)).collect()
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
            Event::Deploy { version, .. } | Event::Release { version, .. } | Event::DeleteVersion { version } => {
                self.has(*version)
            }
            Event::Undeploy { version, environment, instance } => {
                self.deployed().contains(&(*version, *environment, *instance))
            }
            Event::EndSupport { version, environment } => self.released().contains(&(*version, *environment)),
            Event::Branch { .. } | Event::Tag { .. } | Event::MainBranch { .. } => true,
            Event::Untag { version, tag } => self.tagged.contains(&(*tag, *version)),
            Event::DeleteBranch { of, branch } => {
                self.on_branch.iter().any(|(on, one)| (*on, one.of) == (*branch, *of))
            }
            Event::TakeOffBranch { version, branch } => self.on_branch.contains(&(*branch, *version)),
            Event::DeleteContract { consumer, provider } => self.content(*consumer, *provider).is_some(),
            Event::DeleteIntegration { consumer, provider } => self.integrations().contains(&(*consumer, *provider)),
            Event::DeletePacticipant { of } => self.knows(*of),
        }
    }
}
