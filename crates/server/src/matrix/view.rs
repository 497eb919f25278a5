//! How the matrix is shown: the summary, notices and reasons, and a row for each contract and result.

use pactolus_domain::gate::{Fix, Reason, Side, VersionRef, is_ignored};
use pactolus_domain::metadata::Metadata;
use serde_json::{Map, Value, json};

use super::ask::Answer;
use super::rows::MatrixRow;
use super::store::{Residence, Surroundings};
use crate::edge::{BaseUrl, Link, timestamp, urls, without_nulls};

pub(super) fn answer(base: &BaseUrl, answer: &Answer) -> Value {
    let rows = answer.rows.iter().map(|one| {
        let mut shown = row(base, one, &answer.surroundings);
        if is_ignored(&answer.question, &one.row) {
            shown["ignored"] = true.into();
        }
        shown
    });
    let verdict = &answer.verdict;
    let texts: Vec<String> = verdict.reasons.iter().map(Reason::with_fix).collect();
    let mut summary = json!({
        "deployable": verdict.deployable,
        "reason": texts.join("\n"),
        "success": verdict.success,
        "failed": verdict.failed,
        "unknown": verdict.unknown,
    });
    if !answer.question.ignore.is_empty() {
        summary["ignored"] = verdict.ignored.into();
    }
    let notices: Value = verdict
        .reasons
        .iter()
        .map(|reason| json!({"type": reason.kind.notice_type(), "text": reason.with_fix()}))
        .collect();
    let links = answer.rows.iter().map(|one| links(base, one)).chain(std::iter::repeat(json!({})));
    let reasons: Value = answer.reasons.iter().zip(links).map(|(one, links)| reason(one, links)).collect();
    json!({"summary": summary, "notices": notices, "matrix": rows.collect::<Value>(), "reasons": reasons})
}

/// A reason for machines: its kind, what it is about and why that is in question, and what would change it.
fn reason(reason: &Reason, links: Value) -> Value {
    let side = |side: &Side| json!({"name": side.pacticipant, "version": side.version, "chosen": side.chosen});
    let fix = reason.fix.as_ref().map(fix);
    let mut shown = without_nulls(json!({
        "kind": reason.kind.as_str(),
        "text": reason.text,
        "consumer": reason.consumer.as_ref().map(side),
        "provider": reason.provider.as_ref().map(side),
        "fix": fix,
    }));
    if links.as_object().is_some_and(|links| !links.is_empty()) {
        shown["_links"] = links;
    }
    shown
}

fn fix(fix: &Fix) -> Value {
    let text = fix.to_string();
    without_nulls(match fix {
        Fix::Verify { consumer, consumer_version, provider, provider_version } => json!({
            "kind": "verify", "text": text, "consumer": consumer, "consumerVersion": consumer_version,
            "provider": provider, "providerVersion": provider_version,
        }),
        Fix::DeployFirst { pacticipant, version, environment } => json!({
            "kind": "deploy_first", "text": text, "pacticipant": pacticipant, "version": version,
            "environment": environment,
        }),
        Fix::RecordDeployment { pacticipant, environment } => {
            json!({"kind": "record_deployment", "text": text, "pacticipant": pacticipant, "environment": environment})
        }
        Fix::Repair { consumer, provider } => {
            json!({"kind": "repair", "text": text, "consumer": consumer, "provider": provider})
        }
        Fix::Publish { pacticipant, version } => {
            json!({"kind": "publish", "text": text, "pacticipant": pacticipant, "version": version})
        }
    })
}

/// The contract and the result of a row.
fn links(base: &BaseUrl, one: &MatrixRow) -> Value {
    let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
    let contract = urls::contract(base, provider, consumer, one.row.consumer_version.number.as_str());
    let result = one.result.map(|(number, _)| Link::to(urls::verification(base, provider, consumer, &one.sha, number)));
    without_nulls(json!({"pb:pact": Link::to(contract), "pb:verification-result": result}))
}

/// The same as a table in plain text, for terminals and scripts.
pub(super) fn text(answer: &Answer) -> String {
    let header = ["CONSUMER", "C.VERSION", "PROVIDER", "P.VERSION", "SUCCESS?"].map(String::from);
    let rows = answer.rows.iter().map(|MatrixRow { row, .. }| {
        let provider_version = row.provider_version.as_ref().map_or("???", |version| version.number.as_str());
        let success = row.success.map_or("???".into(), |success| success.to_string());
        [
            row.consumer.to_string(),
            row.consumer_version.number.to_string(),
            row.provider.to_string(),
            provider_version.to_string(),
            success,
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let lines = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_string()
    });
    let reasons = answer.verdict.reasons.iter().map(Reason::with_fix);
    let lines: Vec<String> = lines.chain(std::iter::once(String::new())).chain(reasons).collect();
    lines.join("\n") + "\n"
}

/// By version.
type BySurroundings = [(i64, Surroundings)];

fn row(base: &BaseUrl, one: &MatrixRow, surroundings: &BySurroundings) -> Value {
    let row = &one.row;
    let (consumer, provider) = (row.consumer.as_str(), row.provider.as_str());
    let number = row.consumer_version.number.as_str();
    let metadata = Metadata::for_version(row.consumer_version.number.clone()).encode();
    let content = urls::content(base, provider, consumer, &one.sha, Some(&metadata));
    let result = one.result.map(|(result, at)| {
        let url = format!("{content}/verification-results/{result}");
        json!({"success": row.success, "verifiedAt": timestamp(at), "_links": {"self": Link::to(url)}})
    });
    // A provider version without result is told in the reasons; clients expect none here.
    let provider_version = row.provider_version.as_ref().filter(|_| result.is_some());
    json!({
        "consumer": {
            "name": consumer,
            "version": version(base, consumer, &row.consumer_version, surroundings),
            "_links": {"self": Link::to(urls::pacticipant(base, consumer))},
        },
        "provider": {
            "name": provider,
            "version": provider_version.map(|one| version(base, provider, one, surroundings)),
            "_links": {"self": Link::to(urls::pacticipant(base, provider))},
        },
        "pact": {
            "createdAt": timestamp(one.published_at),
            "_links": {"self": Link::to(urls::contract(base, provider, consumer, number))},
        },
        "verificationResult": result,
    })
}

fn version(base: &BaseUrl, pacticipant: &str, version: &VersionRef, surroundings: &BySurroundings) -> Value {
    let number = version.number.as_str();
    let nothing = Surroundings::default();
    let own = surroundings.binary_search_by_key(&version.key, |(id, _)| *id).map_or(&nothing, |at| &surroundings[at].1);
    let branch_versions: Value = own
        .branches
        .iter()
        .map(|(branch, latest)| {
            let url = urls::branch_version(base, pacticipant, branch, number);
            let link = Link::to(url).title("Branch version").name(branch);
            json!({"name": branch, "latest": latest, "_links": {"self": link}})
        })
        .collect();
    let tags = own.tags.iter().map(|(tag, latest)| {
        let link = Link::to(urls::tag(base, pacticipant, number, tag));
        json!({"name": tag, "latest": latest, "_links": {"self": link}})
    });
    let mut shown = Map::new();
    shown.insert("number".into(), number.into());
    shown.insert("branch".into(), json!(own.branches.last().map(|(branch, _)| branch)));
    shown.insert("branches".into(), branch_versions.clone());
    shown.insert("branchVersions".into(), branch_versions);
    shown.insert("environments".into(), own.residences.iter().map(|one| environment(base, one)).collect());
    shown.insert("_links".into(), json!({"self": Link::to(urls::version(base, pacticipant, number))}));
    shown.insert("tags".into(), tags.collect());
    shown.into()
}

fn environment(base: &BaseUrl, one: &Residence) -> Value {
    let link = Link::to(urls::environment(base, one.id)).title("Environment").name(&one.name);
    without_nulls(json!({
        "uuid": one.id,
        "name": one.name,
        "displayName": one.display_name,
        "production": one.production,
        "contacts": one.contacts.as_array().filter(|contacts| !contacts.is_empty()),
        "updatedAt": (one.updated_at != one.created_at).then(|| timestamp(one.updated_at)),
        "createdAt": timestamp(one.created_at),
        "_links": {"self": link},
    }))
}
