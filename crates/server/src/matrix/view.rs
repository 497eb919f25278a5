//! How the matrix is shown: the summary, notices, and a row a contract and result.

use std::collections::HashMap;

use pactolus_domain::gate::{VersionRef, is_ignored};
use pactolus_domain::metadata::Metadata;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::ask::Answer;
use super::rows::MatrixRow;
use super::store::{self, Residence};
use crate::edge::{BaseUrl, Error, Link, timestamp, urls, without_nulls};
use crate::ids::TenantId;
use crate::versions::{self, BranchOfVersion, TagOfVersion};

pub(super) async fn answer(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    answer: &Answer,
) -> Result<Value, Error> {
    let surroundings = Surroundings::of(db, tenant, &answer.rows).await?;
    let rows = answer.rows.iter().map(|one| {
        let mut shown = row(base, one, &surroundings);
        if is_ignored(&answer.question, &one.row) {
            shown["ignored"] = true.into();
        }
        shown
    });
    let verdict = &answer.verdict;
    let texts: Vec<&str> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
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
    let notices: Value =
        verdict.reasons.iter().map(|reason| json!({"type": reason.kind.notice_type(), "text": reason.text})).collect();
    Ok(json!({"summary": summary, "notices": notices, "matrix": rows.collect::<Value>()}))
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
    let reasons = answer.verdict.reasons.iter().map(|reason| reason.text.clone());
    let lines: Vec<String> = lines.chain(std::iter::once(String::new())).chain(reasons).collect();
    lines.join("\n") + "\n"
}

/// Branches, tags and environments of all versions in the rows.
struct Surroundings {
    branches: HashMap<i64, Vec<BranchOfVersion>>,
    tags: HashMap<i64, Vec<TagOfVersion>>,
    residences: HashMap<i64, Vec<Residence>>,
}

impl Surroundings {
    async fn of(db: &mut PgConnection, tenant: TenantId, rows: &[MatrixRow]) -> Result<Self, Error> {
        let mut ids: Vec<i64> = rows
            .iter()
            .flat_map(|one| [Some(one.row.consumer_version.key), one.row.provider_version.as_ref().map(|v| v.key)])
            .flatten()
            .collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Self {
            branches: grouped(versions::list_branches_of(db, tenant, &ids).await?, |one| one.version_id.0),
            tags: grouped(versions::list_tags_of(db, tenant, &ids).await?, |one| one.version_id.0),
            residences: grouped(store::list_residences(db, tenant, &ids).await?, |one| one.version_id.0),
        })
    }
}

fn grouped<T>(items: Vec<T>, key: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups
}

fn row(base: &BaseUrl, one: &MatrixRow, surroundings: &Surroundings) -> Value {
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

fn version(base: &BaseUrl, pacticipant: &str, version: &VersionRef, surroundings: &Surroundings) -> Value {
    let number = version.number.as_str();
    let branches = surroundings.branches.get(&version.key).map(Vec::as_slice).unwrap_or_default();
    let tags = surroundings.tags.get(&version.key).map(Vec::as_slice).unwrap_or_default();
    let residences = surroundings.residences.get(&version.key).map(Vec::as_slice).unwrap_or_default();
    let branch_versions: Value = branches
        .iter()
        .map(|on| {
            let url = urls::branch_version(base, pacticipant, &on.branch, number);
            let link = Link::to(url).title("Branch version").name(&on.branch);
            json!({"name": on.branch, "latest": on.latest, "_links": {"self": link}})
        })
        .collect();
    let tags = tags.iter().map(|tag| {
        let link = Link::to(urls::tag(base, pacticipant, number, &tag.name));
        json!({"name": tag.name, "latest": tag.latest, "_links": {"self": link}})
    });
    let mut shown = Map::new();
    shown.insert("number".into(), number.into());
    shown.insert("branch".into(), json!(branches.last().map(|on| &on.branch)));
    shown.insert("branches".into(), branch_versions.clone());
    shown.insert("branchVersions".into(), branch_versions);
    shown.insert("environments".into(), residences.iter().map(|one| environment(base, one)).collect());
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
