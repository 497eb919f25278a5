//! What questions cost on a database with a history: how many statements, that each row is found by index, and how much
//! is read. Not how long it takes, which depends on the machine. The plans are those that the statements really had:
//! Postgres tells them as notices.

#![expect(clippy::print_stdout, reason = "the seeder tells how far it is")]

#[path = "../../examples/load/check.rs"]
#[expect(dead_code, reason = "the command that only checks is not run here")]
mod check;
#[path = "../../examples/load/contract.rs"]
mod contract;
#[path = "../../examples/load/history.rs"]
mod history;
#[path = "../../examples/load/random.rs"]
mod random;
#[path = "../../examples/load/seed.rs"]
mod seed;
#[path = "../../examples/load/tables.rs"]
mod tables;
#[path = "../../examples/load/world.rs"]
mod world;

mod asking;
mod evidence;
mod pages;
mod plan;
mod rejudging;
mod usage;

use serde_json::{Value, json};

use asking::{Asking, Planning};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Buffers of 8 KiB that may be read for one row of an answer: its contract, its result, what is shown of two versions.
const BUFFERS_PER_ROW: u64 = 50;

/// And to find what would help where the answer is not yes: what was verified, and what fits the last documents, with
/// whatever speaks against it.
const BUFFERS_PER_HELP: u64 = 60;

/// One test, since the database is made once and the plans are told to whoever listens.
#[tokio::test]
async fn questions_cost_look_ups_however_much_history_there_is() {
    let database = asking::seeded().await;
    // Before anything is published that can't be read.
    usage::seed(database.url()).await;
    for planning in [Planning::AsItComes, Planning::Custom, Planning::Generic] {
        let asking = Asking::of(&database, planning).await;
        usage::who_uses_what(&asking).await;
        usage::what_would_be(&asking).await;
    }
    evidence::seed(database.url()).await;
    pages::seed(database.url()).await;
    for planning in [Planning::AsItComes, Planning::Custom, Planning::Generic] {
        let asking = Asking::of(&database, planning).await;
        pages::what_is_looked_at(&asking).await;
        may_a_typical_version_go(&asking).await;
        may_a_hub_go(&asking).await;
        what_is_to_be_verified(&asking).await;
        what_a_pair_has_been_through(&asking).await;
        how_it_stands(&asking).await;
        publishing(&asking).await;
        evidence::what_was_answered(&asking).await;
        what_a_provider_offers(&asking).await;
    }
    rejudging::seed(database.url()).await;
    for planning in [Planning::AsItComes, Planning::Custom, Planning::Generic] {
        rejudging::judging_anew(&Asking::of(&database, planning).await).await;
    }
}

async fn may_a_typical_version_go(asking: &Asking) {
    let mut answered_yes = 0;
    for (name, version) in asking.typical_heads().await {
        let question = format!("/can-i-deploy?pacticipant={name}&version={version}&environment=production");

        let (answer, cost) = asking.get(&question).await;

        let rows = rows_of(&answer);
        // The third finds what would help.
        let is_yes = answer["summary"]["deployable"] == true;
        let most = if is_yes { 2 } else { 3 + TOLD } + asked_for(&answer) + found(&answer);
        let more = if is_yes { 0 } else { BUFFERS_PER_HELP * rows };
        cost.has_at_most(most, 100 + BUFFERS_PER_ROW * rows + more, &question);
        answered_yes += u32::from(is_yes);
    }
    assert!(answered_yes > 0, "some application may go");
}

async fn may_a_hub_go(asking: &Asking) {
    let (hub, version) = asking.hub_head().await;
    let by_number = format!("/can-i-deploy?pacticipant={hub}&version={version}&environment=production");
    let by_branch = format!(
        "/matrix?q[][pacticipant]={hub}&q[][mainBranch]=true&q[][latest]=true&environment=production&latestby=cvpv"
    );
    for question in [by_number, by_branch] {
        let (answer, cost) = asking.get(&question).await;

        let rows = rows_of(&answer);
        assert!(rows >= 200, "a hub has hundreds of consumers: {rows} rows");
        cost.has_at_most(
            3 + TOLD + asked_for(&answer) + found(&answer),
            (BUFFERS_PER_ROW + BUFFERS_PER_HELP) * rows,
            &question,
        );
    }
}

/// A refusal is written down as an event, and whoever listens is looked for: once as long as the answer is the same.
const TOLD: usize = 2;

/// One more finds out whether missing results were asked for, if there are any.
fn asked_for(answer: &Value) -> usize {
    usize::from(answer["summary"]["unknown"] != 0)
}

/// One more tells what does not fit, if something does not.
fn found(answer: &Value) -> usize {
    usize::from(answer["summary"]["failed"] != 0)
}

/// All that were decided over, shown or not.
fn rows_of(answer: &Value) -> u64 {
    ["success", "failed", "unknown"].iter().filter_map(|count| answer["summary"][*count].as_u64()).sum()
}

async fn what_is_to_be_verified(asking: &Asking) {
    let body = json!({
        "consumerVersionSelectors": [{"mainBranch": true}, {"deployedOrReleased": true}, {"matchingBranch": true}],
        "providerVersionBranch": "main",
        "includePendingStatus": true,
        "includeWipPactsSince": "2020-01-01",
    });
    let (hub, _) = asking.hub_head().await;
    for provider in asking.typical_heads().await.into_iter().map(|(name, _)| name).chain([hub]) {
        let question = format!("/pacts/provider/{provider}/for-verification");
        let heads = asking.heads_of_consumers(&provider).await;

        let (_, cost) = asking.post(&question, &body).await;

        // Each head of each consumer has to be looked at: the contract, and whether it was ever verified.
        cost.has_at_most(3, 300 + 20 * heads, &question);
    }
}

async fn what_a_pair_has_been_through(asking: &Asking) {
    let (hub, version) = asking.hub_head().await;
    let (consumer, publications, results) = asking.busiest_consumer(&hub).await;
    // Each is looked up with the document and what came of testing it.
    let compared = asking.comparisons_between(&consumer, &hub).await;
    let of_pair = format!("/matrix/provider/{hub}/consumer/{consumer}");
    let of_latest = format!("/matrix?q[][pacticipant]={consumer}&q[][pacticipant]={hub}&latestby=cvp");
    let alone = format!("/matrix?q[][pacticipant]={hub}&q[][version]={version}&latestby=cvpv");

    for (question, factors) in [(of_pair, publications + results), (of_latest, publications + results)] {
        let (answer, cost) = asking.get(&question).await;

        // Publications and results, never their product; then the hundred rows that are shown.
        cost.has_at_most(6 + found(&answer), 300 + 2 * factors + 20 * (compared + results) + 25 * 100, &question);
    }
    let contracts = asking.contracts_verified_by(&hub, &version).await;
    let (answer, cost) = asking.get(&alone).await;
    let compared = asking.contracts_compared_with(&hub, &version).await;
    cost.has_at_most(8 + found(&answer), 2000 + 20 * (contracts + compared) + 25 * 100, &alone);
}

async fn how_it_stands(asking: &Asking) {
    let (hub, _) = asking.hub_head().await;
    let (consumer, ..) = asking.busiest_consumer(&hub).await;
    let of_pair = format!("/dashboard/provider/{hub}/consumer/{consumer}");

    let (answer, cost) = asking.get(&of_pair).await;

    let items = answer["items"].as_array().expect("items").len();
    cost.has_at_most(3, 300 + BUFFERS_PER_ROW * u64::try_from(items).expect("few"), &of_pair);

    let heads = asking.heads_of_all().await;
    let (_, cost) = asking.get("/dashboard").await;
    // Each is looked at to find those where something happened last: its contract, and the latest result about it.
    cost.reads_at_most(1, 2000 + 20 * heads, "/dashboard");
}

async fn publishing(asking: &Asking) {
    let (hub, _) = asking.hub_head().await;
    let (consumer, ..) = asking.busiest_consumer(&hub).await;
    let sha = asking.latest_sha(&consumer, &hub).await;
    let results = format!("/pacts/provider/{hub}/consumer/{consumer}/pact-version/{sha}/verification-results");
    let result = json!({"success": true, "providerApplicationVersion": asking::new_number()});

    let (_, cost) = asking.post(&results, &result).await;
    // One of them finds for whom the contract was fetched, one writes what is told.
    cost.has_at_most(10, 300, &results);

    for new_content in [false, true] {
        let contract = asking.contract(&consumer, &hub, new_content).await;
        let (_, cost) = asking.post("/contracts/publish", &contract).await;
        // One of them writes what is told, one what has to be verified; then the contract is held against the documents that
        // matter, if it was not before, and what came of it is kept and told.
        let documents = asking.documents_that_matter_to(&hub).await + 1;
        let compared = if new_content { 5 + 4 * usize::try_from(documents).expect("dozens") } else { 3 };
        cost.has_at_most(22 + compared, 500 + 150 * documents, "/contracts/publish");
    }
}

async fn what_a_provider_offers(asking: &Asking) {
    let (hub, version) = asking.hub_head().await;
    let publish = format!("/provider-contracts/provider/{hub}/publish");
    let (number, text) = (asking::new_number(), asking::new_number());

    // As new, the same again, and what another version has already.
    for (number, text) in [(&number, &text), (&number, &text), (&asking::new_number(), &text)] {
        let (_, cost) = asking.post(&publish, &asking::provider_contract(number, text)).await;
        // It is held against the contracts that matter, and each outcome that changed is told.
        let contracts = asking.contracts_that_matter_to(&hub).await;
        let most = 20 + 4 * usize::try_from(contracts).expect("hundreds");
        cost.has_at_most(most, 300 + 100 * contracts, &publish);
    }

    let of_version = format!("/contracts/provider/{hub}/version/{version}");
    let beside = format!("/contracts/bi-directional/provider/{hub}/version/{version}/provider-contract");
    for (question, statements) in [(of_version, 2), (beside, 3)] {
        let (_, cost) = asking.get(&question).await;
        cost.has_at_most(statements, 100, &question);
    }
    let list = format!("/contracts/provider/{hub}?size=10");
    let (answer, cost) = asking.get(&list).await;
    // All are counted for the page.
    let counted = answer["page"]["totalElements"].as_u64().expect("a number");
    cost.has_at_most(4, 300 + counted / 10, &list);

    // What pages show, and programs get there: each consumer of those that are listed, with what came of comparing it.
    let (answer, cost) = asking.get("/provider-contracts?size=50").await;
    let providers = answer["_embedded"]["providers"].as_array().expect("a list");
    let consumers: u64 = providers.iter().filter_map(|one| one["consumers"]["count"].as_u64()).sum();
    let listed = u64::try_from(providers.len()).expect("few");
    cost.has_at_most(1, 300 + 60 * listed + BUFFERS_PER_ROW * consumers, "/provider-contracts");
    let of_hub = format!("/provider-contracts/{hub}");
    let (answer, cost) = asking.get(&of_hub).await;
    let consumers = answer["_embedded"]["consumers"].as_array().expect("a list").len();
    // Who they are, what came of comparing each, and what is wrong; then which versions of them count, and what those call.
    cost.has_at_most(15, 500 + 4 * BUFFERS_PER_ROW * u64::try_from(consumers).expect("hundreds"), &of_hub);
}
