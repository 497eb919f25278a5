//! Publishing what came of a run, as the existing verifiers do: the version's branch and tags, then a result for each
//! contract with what came of each interaction.

use pactolus_verify::{ContractReport, InteractionReport, Mismatch, MismatchKind, Result as Came};
use serde_json::{Value, json};
use url::Url;

use crate::broker::{Broker, Repeat, encode};
use crate::outcome::Failure;

/// About the version whose results these are.
pub(super) struct About<'a> {
    pub(super) version: &'a str,
    pub(super) branch: Option<&'a str>,
    pub(super) tags: &'a [String],
    pub(super) build_url: Option<&'a str>,
}

/// Why the results of a contract are not published, if so: a part would be taken for the whole, and what could not be
/// asked says nothing about the provider.
pub(super) fn reason_to_withhold(contract: &ContractReport) -> Option<String> {
    let counts = |one: &&InteractionReport| !one.interaction.is_pending;
    let has_failed = contract.interactions.iter().filter(counts).any(|one| matches!(one.result, Came::Failed(_)));
    let unknown =
        contract.interactions.iter().filter(|one| !matches!(one.result, Came::Passed | Came::Failed(_))).count();
    if contract.source.publish_results_to.is_none() {
        Some("it does not come from a broker".into())
    } else if contract.unreadable.is_some() {
        Some("it cannot be read".into())
    } else if contract.left_out > 0 {
        Some(format!("filters left out {} of its interactions", contract.left_out))
    } else if contract.interactions.is_empty() {
        Some("it has no interactions".into())
    } else if unknown > 0 && !has_failed {
        Some(format!("{unknown} of its interactions could not be asked or judged"))
    } else {
        None
    }
}

/// Branch and tags of the provider's version, once for all contracts.
pub(super) async fn describe_version(broker: &Broker, provider: &str, about: &About<'_>) -> Result<(), Failure> {
    let pacticipant = format!("pacticipants/{}", encode(provider));
    let version = encode(about.version);
    let nothing = json!({});
    if let Some(branch) = about.branch {
        let url = broker.below(&format!("{pacticipant}/branches/{}/versions/{version}", encode(branch)));
        broker.put(&url, &nothing).await?.accepted(&format!("the branch {branch}"))?;
    }
    for tag in about.tags {
        let url = broker.below(&format!("{pacticipant}/versions/{version}/tags/{}", encode(tag)));
        broker.put(&url, &nothing).await?.accepted(&format!("the tag {tag}"))?;
    }
    Ok(())
}

/// The address of the result.
pub(super) async fn publish(
    broker: &Broker,
    contract: &ContractReport,
    about: &About<'_>,
) -> Result<Option<String>, Failure> {
    let Some(to) = &contract.source.publish_results_to else { return Ok(None) };
    let url = Url::parse(to).map_err(|error| Failure::usage(format!("{to} is no address: {error}")))?;
    let answer = broker.post(&url, &result(contract, about), Repeat::OnlyIfNotTaken).await?;
    let body = answer.accepted(&format!("the result for {}", contract.consumer))?;
    Ok(body["_links"]["self"]["href"].as_str().map(str::to_owned))
}

fn result(contract: &ContractReport, about: &About<'_>) -> Value {
    let mut result = json!({
        "success": contract.is_success(),
        "providerApplicationVersion": about.version,
        "verifiedBy": { "implementation": "Pactolus", "version": env!("CARGO_PKG_VERSION") },
        "testResults": contract.interactions.iter().map(test_result).collect::<Value>(),
    });
    if let Some(build_url) = about.build_url {
        result["buildUrl"] = build_url.into();
    }
    result
}

fn test_result(one: &InteractionReport) -> Value {
    let mut result = json!({
        "interactionId": one.interaction.id.clone().unwrap_or_default(),
        "interactionDescription": one.interaction.description,
        "success": one.result == Came::Passed,
    });
    match &one.result {
        Came::Passed => {}
        Came::Failed(mismatches) => result["mismatches"] = mismatches.iter().map(mismatch).collect(),
        Came::NotAsked(trouble) => result["exceptions"] = json!([{ "message": trouble.message }]),
        Came::NotJudged(reason) | Came::Skipped(reason) => result["exceptions"] = json!([{ "message": reason }]),
    }
    result
}

fn mismatch(one: &Mismatch) -> Value {
    let attribute = match one.kind {
        MismatchKind::Method => "method",
        MismatchKind::Path => "path",
        MismatchKind::Query => "query",
        MismatchKind::Status => "status",
        MismatchKind::Header => "header",
        MismatchKind::Body | MismatchKind::BodyType => "body",
        MismatchKind::Metadata => "metadata",
    };
    let mut mismatch = json!({ "attribute": attribute, "description": one.sentence });
    if one.kind == MismatchKind::BodyType {
        mismatch["identifier"] = "$".into();
    } else if !one.path.is_empty() {
        mismatch["identifier"] = one.path.as_str().into();
    }
    mismatch
}

#[cfg(test)]
mod tests {
    use pactolus_verify::Source;

    use super::*;

    fn contract(source: Source, left_out: usize) -> ContractReport {
        ContractReport { source, consumer: "shop".into(), interactions: Vec::new(), left_out, unreadable: None }
    }

    #[test]
    fn a_part_is_not_published() {
        let from_broker = Source { publish_results_to: Some("http://a".into()), ..Source::default() };

        let reason = reason_to_withhold(&contract(from_broker, 3));

        assert_eq!(reason.unwrap(), "filters left out 3 of its interactions");
    }

    #[test]
    fn what_comes_from_a_file_is_not_published() {
        assert_eq!(reason_to_withhold(&contract(Source::default(), 0)).unwrap(), "it does not come from a broker");
    }
}
