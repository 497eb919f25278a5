//! How metrics are shown: with the keys that the Pact Broker gives them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::store;
use crate::edge::timestamp;

/// All counts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics {
    counted_at: String,
    interactions: Interactions,
    pacticipants: Pacticipants,
    integrations: Count,
    pact_publications: Publications,
    pact_versions: Count,
    pact_revisions_per_consumer_version: Distribution,
    verification_results: Results,
    verification_results_per_pact_version: Distribution,
    pacticipant_versions: Versions,
    webhooks: Count,
    tags: Tags,
    triggered_webhooks: Count,
    webhook_executions: Count,
    webhook_deliveries: Deliveries,
    matrix: Count,
    environments: Count,
    deployed_versions: Deployed,
    released_versions: Released,
}

#[derive(Serialize)]
struct Count {
    count: i64,
}

#[derive(Serialize)]
struct Distribution {
    distribution: BTreeMap<i64, i64>,
}

/// Of the latest contract of each pair.
#[derive(Serialize)]
struct Interactions {
    #[serde(rename = "latestInteractionsCount")]
    without_messages: i64,
    #[serde(rename = "latestMessagesCount")]
    messages: i64,
    #[serde(rename = "latestInteractionsAndMessagesCount")]
    with_messages: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pacticipants {
    count: i64,
    with_main_branch_set_count: i64,
}

#[derive(Serialize)]
struct Publications {
    count: i64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results {
    count: i64,
    success_count: i64,
    failure_count: i64,
    distinct_count: i64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    count: i64,
    with_user_created_branch_count: i64,
    with_branch_count: i64,
    with_branch_set_count: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    count: i64,
    distinct_count: i64,
    distinct_with_pacticipant_count: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deployed {
    count: i64,
    user_created_count: i64,
    currently_deployed_count: i64,
}

/// What is still to be delivered, and what was given up.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deliveries {
    waiting_count: i64,
    given_up_count: i64,
    resting_receivers_count: i64,
    /// For so long has something been due that is not delivered.
    oldest_due_seconds: i64,
    /// Since something was triggered that is not delivered.
    oldest_waiting_seconds: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Released {
    count: i64,
    currently_supported_count: i64,
}

impl Metrics {
    pub(super) fn of(
        pacticipants: &store::Pacticipants,
        contracts: &store::Contracts,
        results: &store::Results,
        places: &store::Places,
        webhooks: &store::Webhooks,
        queue: &store::Queue,
        counted_at: DateTime<Utc>,
    ) -> Self {
        let of_revisions = distribution(&contracts.revisions, &contracts.with_revisions);
        let of_results = distribution(&results.per_content, &results.contents);
        Self {
            counted_at: timestamp(counted_at),
            interactions: Interactions {
                without_messages: contracts.latest_interactions,
                messages: contracts.latest_messages,
                with_messages: contracts.latest_interactions + contracts.latest_messages,
            },
            pacticipants: Pacticipants {
                count: pacticipants.count,
                with_main_branch_set_count: pacticipants.with_main_branch,
            },
            integrations: Count { count: contracts.integrations },
            pact_publications: Publications {
                count: of_revisions.total(),
                first: contracts.first.map(timestamp),
                last: contracts.last.map(timestamp),
            },
            pact_versions: Count { count: contracts.contents },
            verification_results: Results::of(results, of_results.total()),
            pact_revisions_per_consumer_version: of_revisions,
            verification_results_per_pact_version: of_results,
            pacticipant_versions: Versions {
                count: pacticipants.versions,
                with_user_created_branch_count: pacticipants.versions_with_named_branch,
                with_branch_count: pacticipants.versions_with_branch,
                with_branch_set_count: pacticipants.versions_with_branch,
            },
            webhooks: Count { count: webhooks.count },
            tags: Tags {
                count: pacticipants.tags,
                distinct_count: pacticipants.names_of_tags,
                distinct_with_pacticipant_count: pacticipants.tag_heads,
            },
            triggered_webhooks: Count { count: webhooks.deliveries },
            webhook_executions: Count { count: webhooks.attempts },
            webhook_deliveries: Deliveries {
                waiting_count: queue.waiting,
                given_up_count: queue.dead,
                resting_receivers_count: queue.resting,
                oldest_due_seconds: seconds_since(queue.oldest_due_at, counted_at),
                oldest_waiting_seconds: seconds_since(queue.oldest_waiting_since, counted_at),
            },
            // The rows of the matrix are never counted, as the Pact Broker does not count them any more.
            matrix: Count { count: -1 },
            environments: Count { count: places.environments },
            deployed_versions: Deployed {
                count: places.deployed,
                user_created_count: places.recorded,
                currently_deployed_count: places.currently_deployed,
            },
            released_versions: Released {
                count: places.released,
                currently_supported_count: places.currently_supported,
            },
        }
    }
}

impl Results {
    fn of(results: &store::Results, count: i64) -> Self {
        Self {
            count,
            success_count: count - results.failures,
            failure_count: results.failures,
            distinct_count: results.distinct,
            first: results.first.map(timestamp),
            last: results.last.map(timestamp),
        }
    }
}

impl Distribution {
    /// Three things with two each are six.
    fn total(&self) -> i64 {
        self.distribution.iter().map(|(each, things)| each * things).sum()
    }
}

/// 0 without a moment.
fn seconds_since(moment: Option<DateTime<Utc>>, now: DateTime<Utc>) -> i64 {
    moment.map_or(0, |moment| (now - moment).num_seconds().max(0))
}

fn distribution(each: &[i64], things: &[i64]) -> Distribution {
    Distribution { distribution: each.iter().copied().zip(things.iter().copied()).collect() }
}
