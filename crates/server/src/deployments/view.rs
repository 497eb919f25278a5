//! How deployed and released versions are shown: HAL.

use serde_json::{Map, Value, json};

use super::{Deployment, Kind};
use crate::edge::{BaseUrl, Link, named, timestamp, urls, without_nulls};
use crate::environments::Environment;
use crate::pacticipants;
use crate::verdicts;

/// What is embedded: lists leave out what their members have in common.
pub(super) enum Embedded<'a> {
    Nothing,
    Version,
    All(&'a Environment),
}

pub(super) fn deployment(base: &BaseUrl, deployment: &Deployment, embedded: &Embedded<'_>) -> Value {
    let mut body = Map::new();
    body.insert("uuid".into(), json!(deployment.id));
    let ended = deployment.ended_at.map(timestamp);
    match deployment.kind {
        Kind::Deployed => {
            body.insert("currentlyDeployed".into(), ended.is_none().into());
            body.insert("target".into(), json!(deployment.application_instance));
            body.insert("applicationInstance".into(), json!(deployment.application_instance));
            body.insert("undeployedAt".into(), json!(ended));
        }
        Kind::Released => {
            body.insert("currentlySupported".into(), ended.is_none().into());
            body.insert("supportEndedAt".into(), json!(ended));
        }
    }
    let updated = (deployment.updated_at != deployment.created_at).then(|| timestamp(deployment.updated_at));
    body.insert("updatedAt".into(), json!(updated));
    body.insert("createdAt".into(), timestamp(deployment.created_at).into());
    if let Some(embedded) = embed(base, deployment, embedded) {
        body.insert("_embedded".into(), embedded);
    }
    let verdict = deployment.verdict_id.map(|id| verdicts::link(base, id));
    body.insert("_links".into(), without_nulls(json!({"self": Link::to(deployment.url(base)), "pb:verdict": verdict})));
    without_nulls(body.into())
}

fn embed(base: &BaseUrl, deployment: &Deployment, embedded: &Embedded<'_>) -> Option<Value> {
    let environment = match embedded {
        Embedded::Nothing => return None,
        Embedded::Version => None,
        Embedded::All(environment) => Some(environment.view(base)),
    };
    let Deployment { pacticipant, number, .. } = deployment;
    let version = Link::to(urls::version(base, pacticipant, number)).title("Version").name(number);
    Some(without_nulls(json!({
        "pacticipant": named("name", pacticipant, pacticipants::link(base, pacticipant)),
        "version": named("number", number, version),
        "environment": environment,
    })))
}

pub(super) fn list(kind: Kind, own: &str, title: &str, shown: &[Value]) -> Value {
    let key = match kind {
        Kind::Deployed => "deployedVersions",
        Kind::Released => "releasedVersions",
    };
    json!({"_embedded": {key: shown}, "_links": {"self": Link::to(own).title(title)}})
}
