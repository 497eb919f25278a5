//! The map for programs.

use serde_json::{Value, json};

use super::scene::{Contract, Node, Scene};
use crate::edge::{BaseUrl, Link, timestamp, urls, without_nulls};
use crate::environments::Environment;
use crate::ui::parts::Verdict;

pub(super) fn of(base: &BaseUrl, own: &str, environment: Option<&Environment>, scene: &Scene) -> Value {
    let name = |at: &usize| scene.applications[*at].name.as_str();
    let applications: Vec<Value> = scene.shown().map(|at| application(base, &scene.applications[at])).collect();
    let contracts: Vec<Value> = scene.contracts.iter().map(|one| contract(base, scene, one)).collect();
    let cycles: Vec<Vec<&str>> = scene.cycles.iter().map(|places| places.iter().map(name).collect()).collect();
    json!({
        "environment": environment.map(|environment| environment.name.as_str()),
        "cycles": cycles,
        "_embedded": {"pacticipants": applications, "contracts": contracts},
        "_links": {"self": Link::to(own).title("System map")},
    })
}

fn application(base: &BaseUrl, node: &Node) -> Value {
    json!({
        "name": node.name,
        "team": node.team,
        "versions": node.versions,
        "verdict": word(node.verdict()),
        "_links": {"self": Link::to(urls::pacticipant(base, &node.name)).title("Pacticipant")},
    })
}

fn contract(base: &BaseUrl, scene: &Scene, contract: &Contract) -> Value {
    let promise = &contract.promise;
    let [consumer, provider] = [contract.consumer, contract.provider].map(|at| scene.applications[at].name.as_str());
    let own = urls::contract(base, provider, consumer, &promise.consumer_version);
    without_nulls(json!({
        "consumer": {"name": consumer, "version": promise.consumer_version},
        "provider": without_nulls(json!({"name": provider, "version": promise.provider_version})),
        "verdict": word(contract.verdict),
        "isInCycle": contract.is_in_cycle,
        "publishedAt": timestamp(promise.published_at),
        "verifiedAt": promise.verified_at.map(timestamp),
        "requestedAt": promise.asked_at.map(timestamp),
        "_links": {"pb:pact": Link::to(own).title("Contract")},
    }))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotVerified => "not-verified",
        Verdict::Pending => "pending",
        Verdict::Warning => "warning",
        Verdict::NotApplicable => "not-applicable",
    }
}
