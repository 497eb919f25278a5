//! What happens in the world, in order of time: builds that publish, verify, branch off, merge, deploy and release.
//! Every row is added as the server would have written it in the end; heads and latest are kept along the way.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use pactolus_domain::content::ContentSha;

use crate::contract::contract;
use crate::random::Random;
use crate::tables::{Cell, Table, Tables, uuid};
use crate::world::{Pacticipant, World};

/// In the order in which a version passes through them.
const ENVIRONMENTS: [&str; 4] = ["test", "staging", "acceptance", "production"];
const PRODUCTION: usize = 3;
/// So many results come of one build in the middle; it spaces the builds over two years.
const RESULTS_PER_BUILD: usize = 6;
/// Released versions that are supported at once.
const SUPPORTED: usize = 3;

#[derive(Clone, Copy)]
struct Version {
    id: usize,
    position: usize,
}

#[derive(Clone)]
struct BranchOff {
    name: String,
    builds_left: usize,
    /// For each pair in which the pacticipant consumes, in the order of `consumes`.
    contents: Vec<usize>,
}

struct BranchState {
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    head: Version,
}

struct Deployment {
    id: String,
    version: Version,
    since: DateTime<Utc>,
}

#[derive(Default)]
struct Life {
    main_contents: Vec<usize>,
    open: Vec<BranchOff>,
    branches: BTreeMap<String, BranchState>,
    tag_heads: BTreeMap<String, Version>,
    main_head: Option<Version>,
    deployed: BTreeMap<(usize, &'static str), Deployment>,
    supported: VecDeque<Deployment>,
}

#[derive(Clone)]
struct PairState {
    /// Contents that a provider build verifies: of the main branch and of what is deployed.
    main: Option<usize>,
    deployed: [Option<usize>; ENVIRONMENTS.len()],
    latest: Option<(Version, DateTime<Utc>, DateTime<Utc>)>,
}

/// What was made so far, so that the sequences go on from there.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) versions: usize,
    pub(crate) positions: usize,
    pub(crate) contents: usize,
    pub(crate) results: usize,
}

pub(crate) struct History<'a> {
    world: &'a World,
    random: Random,
    interactions: usize,
    pub(crate) tables: Tables,
    pub(crate) counts: Counts,
    environments: Vec<String>,
    lives: Vec<Life>,
    pairs: Vec<PairState>,
    now: DateTime<Utc>,
    between_builds: TimeDelta,
}

impl<'a> History<'a> {
    pub(crate) fn of(world: &'a World, results: usize, interactions: usize, mut random: Random) -> Self {
        let now = DateTime::from_timestamp(1_704_067_200, 0).expect("the start of 2024 is a time");
        let environments = ENVIRONMENTS.map(|_| uuid(now, &mut random)).to_vec();
        let builds = i64::try_from(results / RESULTS_PER_BUILD).unwrap_or(i64::MAX).max(1);
        let state = PairState { main: None, deployed: [None; ENVIRONMENTS.len()], latest: None };
        Self {
            world,
            random,
            interactions,
            tables: Tables::default(),
            counts: Counts::default(),
            environments,
            lives: world.pacticipants.iter().map(|_| Life::default()).collect(),
            pairs: vec![state; world.pairs.len()],
            now,
            between_builds: TimeDelta::days(730) / i32::try_from(builds).unwrap_or(i32::MAX),
        }
    }

    pub(crate) fn begin(&mut self) {
        for (index, name) in ENVIRONMENTS.iter().enumerate() {
            let (id, now) = (&self.environments[index], self.now);
            let production = Cell::Bool(index == PRODUCTION);
            let cells = [Cell::Text(id), Cell::Text(name), Cell::Text(name), production, Cell::Text("[]")];
            let times = [Cell::Time(now), Cell::Time(now)];
            self.tables.add(Table::Environment, &cells.into_iter().chain(times).collect::<Vec<_>>());
        }
        for (index, one) in self.world.pacticipants.iter().enumerate() {
            let repository = format!("https://git.example.org/apps/{}", one.name);
            let (id, now) = (Cell::id(index + 1), Cell::Time(self.now));
            let cells = [id, Cell::Text(&one.name), Cell::Text(&one.name), Cell::Text(one.main_branch)];
            let rest = [Cell::Text(&repository), now, Cell::Time(self.now)];
            self.tables.add(Table::Pacticipant, &cells.into_iter().chain(rest).collect::<Vec<_>>());
            let team = format!("team-{:02}", index % 40);
            self.tables.add(Table::Label, &[Cell::id(index + 1), Cell::Text(&team), Cell::Time(self.now)]);
        }
    }

    /// Every application is on its main branch once, so that each pair has a contract and something to verify it.
    pub(crate) fn first_build(&mut self, who: usize) {
        self.main_build(who);
    }

    pub(crate) fn next_build(&mut self) {
        let who = self.world.next_builder(&mut self.random);
        if self.random.percent(55) {
            self.main_build(who);
        } else {
            self.feature_build(who);
        }
    }

    fn pacticipant(&self, who: usize) -> &'a Pacticipant {
        &self.world.pacticipants[who]
    }

    fn main_build(&mut self, who: usize) {
        let branch = self.pacticipant(who).main_branch;
        let version = self.add_version(who, branch);
        let contents = self.lives[who].main_contents.clone();
        let contents = self.changed(who, contents);
        self.publish(who, version, &contents);
        let is_new: Vec<bool> =
            contents.iter().enumerate().map(|(at, one)| self.lives[who].main_contents.get(at) != Some(one)).collect();
        for (pair, content) in self.pacticipant(who).consumes.iter().zip(&contents) {
            self.pairs[*pair].main = Some(*content);
        }
        self.lives[who].main_contents.clone_from(&contents);
        self.lives[who].main_head = Some(version);
        self.verify_as_provider(who, version);
        for (at, content) in contents.iter().enumerate() {
            if is_new[at] {
                self.verify_new_content(self.pacticipant(who).consumes[at], *content);
            }
        }
        self.go_live(who, version, &contents);
    }

    fn feature_build(&mut self, who: usize) {
        let life = &self.lives[who];
        let at = if life.open.is_empty() || (life.open.len() < 6 && self.random.percent(30)) {
            let name = format!("feat/PROJ-{}-{}", self.counts.versions, self.random.hex(4));
            let builds_left = 1 + self.random.below(7);
            let contents = self.lives[who].main_contents.clone();
            self.lives[who].open.push(BranchOff { name, builds_left, contents });
            self.lives[who].open.len() - 1
        } else {
            self.random.below(life.open.len())
        };
        let mut branch = self.lives[who].open.swap_remove(at);
        let version = self.add_version(who, &branch.name);
        let contents = self.changed(who, branch.contents.clone());
        self.publish(who, version, &contents);
        self.verify_as_provider(who, version);
        for (at, content) in contents.iter().enumerate() {
            if branch.contents.get(at) != Some(content) {
                self.verify_new_content(self.pacticipant(who).consumes[at], *content);
            }
        }
        branch.contents = contents;
        branch.builds_left -= 1;
        if branch.builds_left > 0 {
            self.lives[who].open.push(branch);
        } else if self.random.percent(80) {
            // Merged: the next build of the main branch promises the same.
            self.lives[who].main_contents = branch.contents;
        }
    }

    fn add_version(&mut self, who: usize, branch: &str) -> Version {
        self.now += self.between_builds;
        self.counts.versions += 1;
        // Gaps, as the server's sequence has them when a transaction is rolled back.
        self.counts.positions += 1 + self.random.below(2);
        let version = Version { id: self.counts.versions, position: self.counts.positions };
        let (number, now) = (self.random.hex(40), self.now);
        let build = format!("https://ci.example.org/builds/{}", version.id);
        let (id, position) = (Cell::id(version.id), Cell::id(version.position));
        let cells = [id, Cell::id(who + 1), Cell::Text(&number), position, Cell::Text(&build)];
        let times = [Cell::Time(now), Cell::Time(now)];
        self.tables.add(Table::Version, &cells.into_iter().chain(times).collect::<Vec<_>>());
        self.add_to_branch(who, version, branch);
        if self.pacticipant(who).tags {
            self.add_tag(who, version, branch);
        }
        version
    }

    fn add_to_branch(&mut self, who: usize, version: Version, branch: &str) {
        let now = self.now;
        let (id, position) = (Cell::id(version.id), Cell::id(version.position));
        self.tables.add(Table::BranchVersion, &[Cell::id(who + 1), Cell::Text(branch), id, position, Cell::Time(now)]);
        let fresh = BranchState { created_at: now, updated_at: now, head: version };
        let state = self.lives[who].branches.entry(branch.to_owned()).or_insert(fresh);
        (state.updated_at, state.head) = (now, version);
    }

    fn add_tag(&mut self, who: usize, version: Version, tag: &str) {
        let (id, position) = (Cell::id(version.id), Cell::id(version.position));
        self.tables.add(Table::Tag, &[Cell::id(who + 1), id, Cell::Text(tag), position, Cell::Time(self.now)]);
        self.lives[who].tag_heads.insert(tag.to_owned(), version);
    }

    /// The contents after another commit: most stay as they were.
    fn changed(&mut self, who: usize, mut contents: Vec<usize>) -> Vec<usize> {
        let world = self.world;
        for (at, pair) in world.pacticipants[who].consumes.iter().enumerate() {
            if at >= contents.len() {
                contents.push(self.add_content(*pair));
            } else if self.random.percent(world.pairs[*pair].change_percent) {
                contents[at] = self.add_content(*pair);
            }
        }
        contents
    }

    fn add_content(&mut self, pair: usize) -> usize {
        self.counts.contents += 1;
        let id = self.counts.contents;
        let pair = &self.world.pairs[pair];
        let names = (&self.pacticipant(pair.consumer).name, &self.pacticipant(pair.provider).name);
        let content = contract(names.0, names.1, id, self.interactions);
        let interaction_ids: Vec<&str> = content.interaction_ids().iter().map(ContentSha::as_str).collect();
        let interaction_ids = format!("{{{}}}", interaction_ids.join(","));
        let (consumer, provider) = (Cell::id(pair.consumer + 1), Cell::id(pair.provider + 1));
        let texts = [Cell::Text(content.sha().as_str()), Cell::Text(&interaction_ids), Cell::Text(content.raw())];
        let cells = [Cell::id(id), consumer, provider].into_iter().chain(texts).chain([Cell::Time(self.now)]);
        self.tables.add(Table::ContractContent, &cells.collect::<Vec<_>>());
        id
    }

    fn publish(&mut self, who: usize, version: Version, contents: &[usize]) {
        for (pair, content) in self.pacticipant(who).consumes.iter().zip(contents) {
            let provider = self.world.pairs[*pair].provider;
            let keys = [Cell::id(version.id), Cell::id(provider + 1), Cell::id(who + 1), Cell::id(version.position)];
            let rest = [Cell::id(*content), Cell::Int(1), Cell::Time(self.now)];
            self.tables.add(Table::Contract, &keys.into_iter().chain(rest).collect::<Vec<_>>());
            let keys = [Cell::id(version.id), Cell::id(provider + 1), Cell::id(*content), Cell::id(version.position)];
            let cells = keys.into_iter().chain([Cell::Time(self.now)]);
            self.tables.add(Table::ContractRevision, &cells.collect::<Vec<_>>());
            self.add_audit_event("contract.published", self.pacticipant(who), version);
            let since = self.pairs[*pair].latest.map_or(self.now, |(_, since, _)| since);
            self.pairs[*pair].latest = Some((version, since, self.now));
        }
    }

    fn add_audit_event(&mut self, action: &str, about: &Pacticipant, version: Version) {
        let id = uuid(self.now, &mut self.random);
        let subject = format!("{} {}", about.name, version.id);
        let texts = [&id, "ci", action, &subject, "{}"].map(Cell::Text);
        self.tables.add(Table::AuditEvent, &texts.into_iter().chain([Cell::Time(self.now)]).collect::<Vec<_>>());
    }

    /// A provider's build verifies what its consumers have on their main branches and in the environments.
    fn verify_as_provider(&mut self, who: usize, version: Version) {
        for pair in &self.pacticipant(who).provides {
            let state = &self.pairs[*pair];
            let mut contents: Vec<usize> = state.main.iter().chain(state.deployed.iter().flatten()).copied().collect();
            contents.sort_unstable();
            contents.dedup();
            for content in contents {
                self.verify(*pair, content, version);
            }
        }
    }

    /// New content is verified by the provider's main branch and by what is deployed of it, as webhooks have it.
    fn verify_new_content(&mut self, pair: usize, content: usize) {
        let life = &self.lives[self.world.pairs[pair].provider];
        let deployed = life.deployed.values().chain(&life.supported).map(|one| one.version);
        let mut versions: Vec<Version> = life.main_head.into_iter().chain(deployed).collect();
        versions.sort_unstable_by_key(|version| version.id);
        versions.dedup_by_key(|version| version.id);
        for version in versions {
            self.verify(pair, content, version);
        }
    }

    /// One result; in some cases a second one, since a build was repeated.
    fn verify(&mut self, pair: usize, content: usize, version: Version) {
        // Some contents are hard to satisfy.
        let failing = if content.is_multiple_of(20) { 30 } else { 2 };
        let success = !self.random.percent(failing);
        self.add_result(pair, content, version, success);
        if self.random.percent(5) {
            let success_again = success || self.random.percent(50);
            self.add_result(pair, content, version, success_again);
        }
    }

    fn add_result(&mut self, pair: usize, content: usize, version: Version, success: bool) {
        self.now += TimeDelta::microseconds(1);
        self.counts.results += 1;
        let number = self.counts.results;
        let build = format!("https://ci.example.org/builds/{}", version.id);
        let details = r#"{"tests":[{"testDescription":"a request for an item","status":"passed"}]}"#;
        let details = self.random.percent(10).then_some(details);
        let keys = [Cell::id(number), Cell::id(content), Cell::id(version.id), Cell::Bool(success)];
        let texts = [
            Cell::Text(&build),
            Cell::text_or_null(details),
            Cell::Text(r#"{"implementation":"pact-verifier","version":"1.3.0"}"#),
            Cell::Text("{}"),
        ];
        let rest = [Cell::Bool(false), Cell::Bool(false), Cell::Time(self.now)];
        self.tables.add(Table::VerificationLog, &keys.into_iter().chain(texts).chain(rest).collect::<Vec<_>>());
        let provider = self.world.pairs[pair].provider;
        self.add_audit_event("verification.published", self.pacticipant(provider), version);
        if self.random.percent(2) {
            self.add_delivery(pair, number);
        }
    }

    /// A webhook was told of the result, and deleted since.
    fn add_delivery(&mut self, pair: usize, number: usize) {
        let (id, now) = (uuid(self.now, &mut self.random), self.now);
        let pair = &self.world.pairs[pair];
        let event = Cell::Text("provider_verification_published");
        let keys = [Cell::Text(&id), event, Cell::Text("{}"), Cell::id(pair.consumer + 1), Cell::id(pair.provider + 1)];
        let rest = [Cell::Null, Cell::id(number), Cell::Text("success"), Cell::Time(now), Cell::Time(now)];
        self.tables.add(Table::WebhookDelivery, &keys.into_iter().chain(rest).collect::<Vec<_>>());
        let attempt = [Cell::Text(&id), Cell::Int(1), Cell::Bool(true), Cell::Int(200), Cell::Text("POST: 200 OK")];
        let rest = [Cell::Time(now), Cell::Int(42)];
        self.tables.add(Table::WebhookAttempt, &attempt.into_iter().chain(rest).collect::<Vec<_>>());
    }

    /// Half of the builds of a main branch go to the first environment, fewer to each further one.
    fn go_live(&mut self, who: usize, version: Version, contents: &[usize]) {
        let pacticipant = self.pacticipant(who);
        for environment in 0..ENVIRONMENTS.len() {
            if !self.random.percent(if environment == PRODUCTION { 80 } else { 50 }) {
                return;
            }
            if environment == PRODUCTION && pacticipant.releases {
                self.release(who, version);
            } else {
                let instance = match (pacticipant.two_instances, self.random.percent(50)) {
                    (false, _) => "",
                    (true, true) => "blue",
                    (true, false) => "green",
                };
                self.deploy(who, version, environment, instance);
            }
            for (pair, content) in pacticipant.consumes.iter().zip(contents) {
                self.pairs[*pair].deployed[environment] = Some(*content);
            }
            if environment == PRODUCTION && pacticipant.tags {
                self.add_tag(who, version, "prod");
            }
        }
    }

    fn deploy(&mut self, who: usize, version: Version, environment: usize, instance: &'static str) {
        let id = uuid(self.now, &mut self.random);
        let deployment = Deployment { id, version, since: self.now };
        if let Some(before) = self.lives[who].deployed.insert((environment, instance), deployment) {
            self.add_deployed(who, environment, instance, &before, Some(self.now));
        }
        self.add_audit_event("version.deployed", self.pacticipant(who), version);
    }

    fn add_deployed(
        &mut self,
        who: usize,
        environment: usize,
        instance: &str,
        deployment: &Deployment,
        until: Option<DateTime<Utc>>,
    ) {
        let environment = Cell::Text(&self.environments[environment]);
        let keys = [Cell::Text(&deployment.id), environment, Cell::id(who + 1), Cell::id(deployment.version.id)];
        let updated_at = Cell::Time(until.unwrap_or(deployment.since));
        let rest = [Cell::Text(instance), Cell::Time(deployment.since), updated_at, Cell::maybe(until)];
        self.tables.add(Table::DeployedVersion, &keys.into_iter().chain(rest).collect::<Vec<_>>());
    }

    fn release(&mut self, who: usize, version: Version) {
        let id = uuid(self.now, &mut self.random);
        self.lives[who].supported.push_back(Deployment { id, version, since: self.now });
        if self.lives[who].supported.len() > SUPPORTED
            && let Some(before) = self.lives[who].supported.pop_front()
        {
            self.add_released(who, &before, Some(self.now));
        }
        self.add_audit_event("version.released", self.pacticipant(who), version);
    }

    fn add_released(&mut self, who: usize, released: &Deployment, until: Option<DateTime<Utc>>) {
        let environment = Cell::Text(&self.environments[PRODUCTION]);
        let keys = [Cell::Text(&released.id), environment, Cell::id(who + 1), Cell::id(released.version.id)];
        let rest = [Cell::Time(released.since), Cell::Time(until.unwrap_or(released.since)), Cell::maybe(until)];
        self.tables.add(Table::ReleasedVersion, &keys.into_iter().chain(rest).collect::<Vec<_>>());
    }

    /// Adds what is known only now: what is current, heads, and latest contracts.
    pub(crate) fn end(&mut self) {
        let lives = std::mem::take(&mut self.lives);
        for (who, life) in lives.into_iter().enumerate() {
            let pacticipant = || Cell::id(who + 1);
            for (name, branch) in &life.branches {
                let times = [Cell::Time(branch.created_at), Cell::Time(branch.updated_at)];
                let cells = [pacticipant(), Cell::Text(name)].into_iter().chain(times);
                self.tables.add(Table::Branch, &cells.collect::<Vec<_>>());
                self.tables.add(Table::BranchHead, &[pacticipant(), Cell::Text(name), Cell::id(branch.head.id)]);
            }
            for (name, head) in &life.tag_heads {
                let cells = [pacticipant(), Cell::Text(name), Cell::id(head.id), Cell::id(head.position)];
                self.tables.add(Table::TagHead, &cells);
            }
            for ((environment, instance), deployment) in &life.deployed {
                self.add_deployed(who, *environment, instance, deployment, None);
            }
            for released in &life.supported {
                self.add_released(who, released, None);
            }
        }
        for (pair, state) in self.world.pairs.iter().zip(&self.pairs) {
            let Some((latest, since, updated)) = state.latest else { continue };
            let keys = [Cell::id(pair.consumer + 1), Cell::id(pair.provider + 1)];
            let rest = [Cell::id(latest.id), Cell::id(latest.position), Cell::Time(since), Cell::Time(updated)];
            self.tables.add(Table::Integration, &keys.into_iter().chain(rest).collect::<Vec<_>>());
        }
    }
}
