//! The page of a provider contract as programs get it.

use serde_json::{Value, json};

use super::super::view;
use super::gather::Told;
use super::read::{Operation, Reading, Seen};
use crate::edge::{BaseUrl, Link, urls, without_nulls};

/// The provider contract with its operations; `url` is that of the request.
pub(super) fn of(base: &BaseUrl, url: &str, told: &Told, reading: &Reading) -> Value {
    let mut contract = view::provider_contract(base, &told.shown);
    let (operations, why) = match reading {
        Reading::Operations(seen) => {
            let operations = seen.operations.iter().enumerate().map(|(place, operation)| one(seen, place, operation));
            (Some(operations.collect::<Value>()), None)
        }
        Reading::Whole(why) => (None, Some(why)),
    };
    if let Value::Object(members) = without_nulls(json!({"operations": operations, "unreadable": why})) {
        contract.as_object_mut().into_iter().for_each(|contract| contract.extend(members.clone()));
    }
    let provider = told.shown.provider.as_str();
    let consumers: Value = told.consumers.iter().map(|consumer| of_consumer(base, told, consumer)).collect();
    contract["_embedded"] = json!({"consumers": consumers});
    let version = contract["_links"]["self"].take();
    contract["_links"]["pb:provider-contract"] = version;
    if told.changes > 0 {
        let title = format!("{} outcomes wait to be accepted", told.changes);
        let changes = Link::to(format!("{}/comparisons/changes", base.as_str())).title(title);
        contract["_links"]["pb:comparison-changes"] = changes.into();
    }
    let title = format!("What {provider} offers, and who uses it");
    contract["_links"]["self"] = Link::to(url.to_owned()).title(title).into();
    contract
}

fn one(seen: &Seen, place: usize, operation: &Operation) -> Value {
    let exercised = seen
        .tried(place)
        .map(|tried| json!({"passed": tried.passed, "failed": tried.failed, "statuses": tried.statuses}));
    let count = |severity: &str| {
        operation.findings.iter().filter(|place| seen.findings[**place].finding.severity == severity).count()
    };
    json!({
        "method": operation.method,
        "path": operation.path,
        "pointer": operation.pointer,
        "line": operation.line,
        "deprecated": operation.is_deprecated,
        "consumers": operation.users,
        "exercised": exercised,
        "errors": count("error"),
        "warnings": count("warning"),
    })
}

fn of_consumer(base: &BaseUrl, told: &Told, of: &crate::comparisons::OfConsumer) -> Value {
    let shown = &told.shown;
    let comparison = urls::comparison(base, (&shown.provider, &shown.version), &of.consumer, &of.sha);
    let contract = urls::contract(base, &shown.provider, &of.consumer, &of.consumer_version);
    json!({
        "name": of.consumer,
        "version": of.consumer_version,
        "outcome": of.outcome,
        "errors": of.errors,
        "warnings": of.warnings,
        "_links": {
            "pb:pact": Link::to(contract).title("Contract"),
            "pb:comparison": Link::to(comparison).title("What came of comparing them"),
        },
    })
}
