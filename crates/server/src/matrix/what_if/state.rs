//! The hypothetical state: what is known, changed by what is assumed.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::{
    AssumedContracts, Assumption, Candidate, Comparison, Criterion, Found, Offer, Row, StayKind, VersionRef,
};
use pactolus_domain::names::{EnvironmentName, PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems, Step};

use super::super::ask::found;
use super::super::query::Query;
use super::super::rows::{MatrixRow, Publication};
use super::super::store::{KnownContract, KnownOffer, KnownResult, Resolution};
use super::body::{ContractOf, Contracts, Deployed, Given, Hypothesis, Replaces, Undeployed, Unpublished, Verified};
use crate::edge::Error;

/// Positions of assumed versions: after all others.
const AFTER_ALL: i64 = i64::MAX / 2;

/// Versions, contracts, results and what is in the environment.
pub(super) struct State {
    environment: EnvironmentName,
    versions: BTreeMap<(PacticipantName, VersionNumber), VersionRef>,
    found: Vec<(PacticipantName, Criterion, Found)>,
    contracts: HashMap<i64, Vec<Held>>,
    results: HashMap<(Content, i64), Outcome>,
    /// Provider versions that have published what they offer, and whether they keep it.
    offers: HashMap<i64, Option<bool>>,
    compared: HashMap<(Content, i64), Compared>,
    /// Contents that the registry has, and since when.
    stored: HashMap<Content, DateTime<Utc>>,
    /// What is in the environment, by pacticipant. A candidate without stays is assumed to be there.
    pub(super) residents: BTreeMap<PacticipantName, Vec<Candidate>>,
    pub(super) assumptions: Vec<Assumption>,
}

/// Identifies what is promised.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Content {
    consumer: PacticipantName,
    provider: PacticipantName,
    sha: ContentSha,
}

/// What came of holding a content against a document, and when.
type Compared = (Comparison, Option<DateTime<Utc>>);

/// What came of holding a contract that is not kept against the document of a provider version.
pub(super) struct ComparedForNow {
    pub(super) consumer: PacticipantName,
    pub(super) provider: PacticipantName,
    pub(super) sha: ContentSha,
    pub(super) provider_version: i64,
    pub(super) comparison: Comparison,
}

/// What the registry knows of the versions in question.
pub(super) struct Known {
    pub(super) contracts: Vec<KnownContract>,
    pub(super) results: Vec<KnownResult>,
    pub(super) offers: Vec<KnownOffer>,
}

/// A contract that a version has.
#[derive(Clone)]
struct Held {
    content: Content,
    publication: Publication,
}

#[derive(Clone, Copy)]
struct Outcome {
    success: bool,
    /// Number and time; `None` when it is assumed.
    result: Option<(i64, DateTime<Utc>)>,
}

impl State {
    /// What is known.
    pub(super) fn of(
        environment: EnvironmentName,
        query: &Query,
        resolution: &Resolution,
        known: Known,
    ) -> Result<Self, Error> {
        let mut state = Self {
            environment,
            versions: BTreeMap::new(),
            found: Vec::new(),
            contracts: HashMap::new(),
            results: HashMap::new(),
            offers: HashMap::new(),
            compared: HashMap::new(),
            stored: HashMap::new(),
            residents: BTreeMap::new(),
            assumptions: Vec::new(),
        };
        for (ordinal, asked) in query.selectors.iter().enumerate() {
            let versions = resolution.specified.iter().filter(|(of, _)| *of == ordinal).map(|(_, version)| version);
            state.add_found(&asked.pacticipant, &asked.criterion, found(versions)?);
        }
        if let Some(destination) = &query.destination {
            for inferred in &resolution.inferred {
                let name = PacticipantName::parse(&inferred.name).map_err(Error::internal)?;
                state.add_found(&name, destination, found(inferred.versions.iter())?);
            }
        }
        state.add_known(known)?;
        Ok(state)
    }

    fn add_found(&mut self, pacticipant: &PacticipantName, criterion: &Criterion, found: Found) {
        if let Found::Versions(candidates) = &found {
            for Candidate { version, .. } in candidates {
                self.versions.insert((pacticipant.clone(), version.number.clone()), version.clone());
            }
            if matches!(criterion, Criterion::Environment(_)) {
                self.residents.insert(pacticipant.clone(), candidates.clone());
            }
        }
        self.found.push((pacticipant.clone(), criterion.clone(), found));
    }

    fn add_known(&mut self, Known { contracts, results, offers }: Known) -> Result<(), Error> {
        let mut contents: HashMap<i64, Content> = HashMap::new();
        for known in contracts {
            let content = Content {
                consumer: PacticipantName::parse(known.consumer).map_err(Error::internal)?,
                provider: PacticipantName::parse(known.provider).map_err(Error::internal)?,
                sha: ContentSha::parse(known.sha).map_err(Error::internal)?,
            };
            if let Some(version) = known.consumer_version_id {
                let publication = Publication::Published(known.created_at);
                self.contracts.entry(version).or_default().push(Held { content: content.clone(), publication });
            }
            self.stored.insert(content.clone(), known.created_at);
            contents.insert(known.content_id, content);
        }
        for known in results {
            let content = contents.get(&known.content_id).ok_or_else(|| Error::internal("a result of no content"))?;
            let outcome = Outcome { success: known.success, result: Some((known.number, known.verified_at)) };
            self.results.insert((content.clone(), known.provider_version_id), outcome);
        }
        for known in offers {
            let version = known.provider_version_id;
            self.offers.insert(version, known.kept);
            if let Some(content) = known.content_id.and_then(|content| contents.get(&content)) {
                let compared = (Comparison::of(known.outcome.as_deref()), known.compared_at);
                self.compared.insert((content.clone(), version), compared);
            }
        }
        Ok(())
    }

    /// What came of contracts that were sent along and are not known.
    pub(super) fn add_compared(&mut self, compared: &[ComparedForNow]) {
        for ComparedForNow { consumer, provider, sha, provider_version, comparison } in compared {
            let content = Content { consumer: consumer.clone(), provider: provider.clone(), sha: sha.clone() };
            self.compared.entry((content, *provider_version)).or_insert((*comparison, None));
        }
    }

    /// Changes it by all that is assumed, versions first, so that the rest can name them.
    pub(super) fn assume(&mut self, hypothesis: &Hypothesis) -> Result<(), Problems> {
        let mut problems = Problems::none();
        let at = |list: &str, index: usize, key: &str, text: String| {
            Problem::along(["assume".into(), list.into(), Step::Index(index), key.into()], text)
        };
        for (index, one) in hypothesis.versions.iter().enumerate() {
            let assumed = self.assume_published(one, index);
            problems.note(assumed.map_err(|(key, text)| at("versions", index, key, text)));
        }
        for (index, one) in hypothesis.undeployed.iter().enumerate() {
            let assumed = self.assume_undeployed(one);
            problems.note(assumed.map_err(|(key, text)| at("undeployed", index, key, text)));
        }
        for (index, one) in hypothesis.deployed.iter().enumerate() {
            let assumed = self.assume_deployed(one);
            problems.note(assumed.map_err(|(key, text)| at("deployed", index, key, text)));
        }
        for (index, one) in hypothesis.results.iter().enumerate() {
            let assumed = self.assume_verified(one);
            problems.note(assumed.map_err(|(key, text)| at("results", index, key, text)));
        }
        problems.or(())
    }

    fn assume_published(&mut self, one: &Unpublished, index: usize) -> Result<(), Wrong> {
        let Unpublished { pacticipant, version: number, contracts } = one;
        let known = self.versions.get(&(pacticipant.clone(), number.clone())).cloned();
        if known.as_ref().is_some_and(|version| self.contracts.contains_key(&version.key)) {
            return Err(("version", "has published its contracts: leave it out here".into()));
        }
        let (contracts, held) = match contracts {
            Contracts::Like(criterion) => {
                let like = self.chosen(pacticipant, criterion).first().copied().cloned();
                let like = like.ok_or_else(|| ("like", format!("finds no version of {pacticipant}")))?;
                (AssumedContracts::Like(like.number), self.contracts.get(&like.key).cloned().unwrap_or_default())
            }
            Contracts::Given(given) if given.is_empty() => (AssumedContracts::Without, Vec::new()),
            Contracts::Given(given) => (AssumedContracts::Given, self.given(pacticipant, given)?),
        };
        let held = held.into_iter().map(|Held { content, publication }| {
            let publication = Publication::Assumed(publication.at());
            Held { content, publication }
        });
        let count = i64::try_from(index).unwrap_or(i64::MAX / 4);
        let assumed = VersionRef { key: -1 - count, number: number.clone(), position: AFTER_ALL + count };
        let version = known.unwrap_or(assumed);
        self.contracts.insert(version.key, held.collect());
        self.versions.insert((pacticipant.clone(), number.clone()), version);
        let (pacticipant, version) = (pacticipant.clone(), number.clone());
        self.assumptions.push(Assumption::Published { pacticipant, version, contracts });
        Ok(())
    }

    fn given(&self, consumer: &PacticipantName, given: &[Given]) -> Result<Vec<Held>, Wrong> {
        let held = given.iter().map(|one| {
            let (provider, sha) = (one.provider.clone(), one.sha.clone());
            let content = Content { consumer: consumer.clone(), provider, sha };
            let stored = self.stored.get(&content).copied();
            if stored.is_none() && one.text.is_none() {
                let text = format!("has a sha, {}, that no contract of {consumer} and {} has", one.sha, one.provider);
                return Err(("contracts", text));
            }
            Ok(Held { content, publication: Publication::Assumed(stored) })
        });
        held.collect()
    }

    fn assume_undeployed(&mut self, one: &Undeployed) -> Result<(), Wrong> {
        let Undeployed { pacticipant, version } = one;
        let residents = self.residents.entry(pacticipant.clone()).or_default();
        let is_meant = |candidate: &Candidate| version.as_ref().is_none_or(|meant| candidate.version.number == *meant);
        let (gone, left): (Vec<Candidate>, Vec<Candidate>) = std::mem::take(residents).into_iter().partition(is_meant);
        *residents = left;
        if gone.is_empty() {
            let key = if version.is_some() { "version" } else { "pacticipant" };
            return Err((key, format!("is not in {}", self.environment)));
        }
        let assumptions = gone.into_iter().map(|candidate| Assumption::Undeployed {
            pacticipant: pacticipant.clone(),
            version: candidate.version.number,
            environment: self.environment.clone(),
        });
        self.assumptions.extend(assumptions);
        Ok(())
    }

    fn assume_deployed(&mut self, one: &Deployed) -> Result<(), Wrong> {
        let version = self.version(&one.pacticipant, &one.version, "version")?;
        let residents = self.residents.remove(&one.pacticipant).unwrap_or_default();
        let (mut residents, replaces) = without_replaced(residents, &version, one.replaces);
        if !residents.iter().any(|there| there.version == version) {
            residents.push(Candidate::of(version));
        }
        self.residents.insert(one.pacticipant.clone(), residents);
        self.assumptions.push(Assumption::Deployed {
            pacticipant: one.pacticipant.clone(),
            version: one.version.clone(),
            environment: self.environment.clone(),
            replaces,
        });
        Ok(())
    }

    fn assume_verified(&mut self, one: &Verified) -> Result<(), Wrong> {
        let Verified { consumer, contract, provider, provider_version, success } = one;
        let content = match contract {
            ContractOf::Version(number) => {
                let version = self.version(consumer, number, "consumerVersion")?;
                let mut held = self.contracts.get(&version.key).into_iter().flatten();
                let held = held.find(|held| held.content.provider == *provider);
                let text = || format!("has no contract with {provider}");
                held.map(|held| held.content.clone()).ok_or_else(|| ("consumerVersion", text()))?
            }
            ContractOf::Content(sha) => {
                Content { consumer: consumer.clone(), provider: provider.clone(), sha: sha.clone() }
            }
        };
        let consumer_versions = self.versions_with(&content);
        if consumer_versions.is_empty() {
            return Err(("sha", format!("is not the sha of a contract in question of {consumer} and {provider}")));
        }
        let version = self.version(provider, provider_version, "providerVersion")?;
        let sha = content.sha.clone();
        self.results.insert((content, version.key), Outcome { success: *success, result: None });
        self.assumptions.push(Assumption::Verified {
            consumer: consumer.clone(),
            consumer_versions,
            sha,
            provider: provider.clone(),
            provider_version: provider_version.clone(),
            success: *success,
        });
        Ok(())
    }

    fn versions_with(&self, content: &Content) -> Vec<VersionNumber> {
        let has_it = |version: &VersionRef| {
            self.contracts.get(&version.key).into_iter().flatten().any(|held| held.content == *content)
        };
        let own = self.versions.iter().filter(|((name, _), _)| *name == content.consumer);
        own.filter(|(_, version)| has_it(version)).map(|((_, number), _)| number.clone()).collect()
    }

    fn version(
        &self,
        pacticipant: &PacticipantName,
        number: &VersionNumber,
        key: &'static str,
    ) -> Result<VersionRef, Wrong> {
        let version = self.versions.get(&(pacticipant.clone(), number.clone())).cloned();
        version.ok_or_else(|| {
            (key, format!("{number} of {pacticipant} does not exist: publish it, or assume that it is published"))
        })
    }

    /// The versions that a criterion chooses, among them one that is assumed.
    pub(super) fn chosen(&self, pacticipant: &PacticipantName, criterion: &Criterion) -> Vec<&VersionRef> {
        if let Criterion::Version(number) = criterion {
            return self.versions.get(&(pacticipant.clone(), number.clone())).into_iter().collect();
        }
        let found = self.found.iter().find(|(name, by, _)| name == pacticipant && by == criterion);
        match found {
            Some((_, _, Found::Versions(candidates))) => candidates.iter().map(|one| &one.version).collect(),
            _ => Vec::new(),
        }
    }

    /// The providers that a version has contracts with.
    pub(super) fn providers<'s>(&'s self, version: &VersionRef) -> impl Iterator<Item = &'s PacticipantName> {
        self.contracts.get(&version.key).into_iter().flatten().map(|held| &held.content.provider)
    }

    /// The rows of a version's contracts, with each version of the provider that is given for it; where none is, one
    /// without; where it is not asked for, no row.
    pub(super) fn rows<'v>(
        &self,
        consumer_version: &VersionRef,
        with: impl Fn(&PacticipantName) -> Option<Vec<&'v VersionRef>>,
    ) -> Vec<MatrixRow> {
        let mut rows = Vec::new();
        for held in self.contracts.get(&consumer_version.key).into_iter().flatten() {
            let Some(versions) = with(&held.content.provider) else { continue };
            let none = versions.is_empty().then_some(None);
            for provider_version in versions.into_iter().map(Some).chain(none) {
                rows.push(self.row(held, consumer_version, provider_version));
            }
        }
        rows
    }

    fn row(&self, held: &Held, consumer_version: &VersionRef, provider_version: Option<&VersionRef>) -> MatrixRow {
        let Held { content, publication } = held;
        let outcome = provider_version.and_then(|version| self.results.get(&(content.clone(), version.key)));
        let verified = outcome.map(|outcome| outcome.success);
        // An assumed result stands for all that could be known of the pair.
        let is_assumed = outcome.is_some_and(|outcome| outcome.result.is_none());
        let offer = provider_version.filter(|_| !is_assumed).and_then(|version| {
            let kept = *self.offers.get(&version.key)?;
            let compared = self.compared.get(&(content.clone(), version.key));
            let (comparison, at) = compared.copied().unwrap_or((Comparison::Pending, None));
            Some((Offer { verified, kept, comparison }, at))
        });
        MatrixRow {
            row: Row {
                consumer: content.consumer.clone(),
                consumer_version: consumer_version.clone(),
                provider: content.provider.clone(),
                provider_version: provider_version.cloned(),
                success: offer.map_or(verified, |(offer, _)| offer.success()),
                offer: offer.map(|(offer, _)| offer),
                sha: content.sha.clone(),
            },
            publication: *publication,
            result: outcome.and_then(|outcome| outcome.result),
            compared_at: offer.and_then(|(_, at)| at),
        }
    }
}

/// The member that is wrong, and why.
type Wrong = (&'static str, String);

/// What stays beside the version, and what does not.
pub(super) fn without_replaced(
    residents: Vec<Candidate>,
    version: &VersionRef,
    replaces: Replaces,
) -> (Vec<Candidate>, Vec<VersionNumber>) {
    let unnamed = StayKind::Deployed { application_instance: None };
    let (mut left, mut gone) = (Vec::new(), Vec::new());
    for mut candidate in residents {
        let stays = match replaces {
            Replaces::Nothing => true,
            Replaces::All => false,
            Replaces::Unnamed => {
                candidate.stays.retain(|stay| stay.kind != unnamed);
                !candidate.stays.is_empty()
            }
        };
        if stays {
            left.push(candidate);
        } else if candidate.version == *version {
            left.push(Candidate::of(candidate.version));
        } else {
            gone.push(candidate.version.number);
        }
    }
    (left, gone)
}
