//! What has to be looked up for a hypothesis, as one query.

use pactolus_domain::gate::Criterion;
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::Problem;

use super::super::query::{Asked, LatestBy, Query};
use super::body::{ContractOf, Contracts, Hypothesis};

/// So many versions and places are looked up.
const MOST_LOOKUPS: usize = 2_000;

/// Every version that the hypothesis names, and what is in the environment of every pacticipant that it names; what is
/// there of others follows from the destination.
pub(super) fn query(hypothesis: &Hypothesis) -> Result<Query, Problem> {
    let mut lookups = Lookups { selectors: Vec::new(), environment: Criterion::Environment(hypothesis.to.clone()) };
    for going in &hypothesis.going {
        lookups.add(&going.asked.pacticipant, Some(going.asked.criterion.clone()));
    }
    for deployed in &hypothesis.deployed {
        lookups.add(&deployed.pacticipant, Some(Criterion::Version(deployed.version.clone())));
    }
    for undeployed in &hypothesis.undeployed {
        lookups.add(&undeployed.pacticipant, None);
    }
    for unpublished in &hypothesis.versions {
        lookups.add(&unpublished.pacticipant, Some(Criterion::Version(unpublished.version.clone())));
        match &unpublished.contracts {
            Contracts::Like(criterion) => lookups.add(&unpublished.pacticipant, Some(criterion.clone())),
            Contracts::Given(given) => given.iter().for_each(|one| lookups.add(&one.provider, None)),
        }
    }
    for result in &hypothesis.results {
        let version = match &result.contract {
            ContractOf::Version(number) => Some(Criterion::Version(number.clone())),
            ContractOf::Content(_) => None,
        };
        lookups.add(&result.consumer, version);
        lookups.add(&result.provider, Some(Criterion::Version(result.provider_version.clone())));
    }
    if lookups.selectors.len() > MOST_LOOKUPS {
        let text = format!("must name fewer versions: at most {MOST_LOOKUPS} are looked up for one question");
        return Err(Problem::at("assume", text));
    }
    Ok(Query {
        selectors: lookups.selectors,
        destination: Some(lookups.environment),
        latest_by: LatestBy::ConsumerVersionProviderVersion,
        success: Vec::new(),
        limit: None,
        ignore: hypothesis.ignore.clone(),
    })
}

struct Lookups {
    selectors: Vec<Asked>,
    environment: Criterion,
}

impl Lookups {
    fn add(&mut self, pacticipant: &PacticipantName, criterion: Option<Criterion>) {
        for criterion in criterion.into_iter().chain([self.environment.clone()]) {
            let is_full = self.selectors.len() > MOST_LOOKUPS;
            if !is_full
                && !self.selectors.iter().any(|one| one.pacticipant == *pacticipant && one.criterion == criterion)
            {
                self.selectors.push(Asked { pacticipant: pacticipant.clone(), criterion });
            }
        }
    }
}
