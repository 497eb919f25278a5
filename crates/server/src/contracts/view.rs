//! How contracts are shown: HAL, notices, messages.

use pactolus_domain::content::{ContentSha, served};
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::notice::Notice;
use pactolus_domain::publication_notices::{
    self, PublishedContract, PublishedVersion, TriggeredWebhook, changed_content_message,
};
use serde_json::{Value, json};

use super::publish::{OnConflict, Published, RefusedContract};
use super::publish_api::Summary;
use super::store::served::Served;
use crate::edge::{BaseUrl, Link, curies, timestamp, urls};

pub(super) mod diffs;
mod lists;

pub(super) use lists::{Latest, PairList, ProviderList};

/// "Pact between shop (1) and stock", as links are named.
pub(crate) fn name(consumer: &str, version: &str, provider: &str) -> String {
    format!("Pact between {consumer} ({version}) and {provider}")
}

/// The contract as clients get it: its own text with ids of interactions, `createdAt` and links.
pub(super) fn contract(base: &BaseUrl, shown: &Served, metadata: Option<&str>) -> String {
    let ids: Vec<ContentSha> = shown.interaction_ids.iter().filter_map(|id| ContentSha::parse(id).ok()).collect();
    let created_at = Value::from(timestamp(shown.created_at)).to_string();
    let links = links(base, shown, metadata).to_string();
    served(&shown.content, &ids, &[("createdAt", created_at), ("_links", links)])
}

/// The same with the contract apart from what belongs to it, and the tags that it is the latest of.
pub(super) fn extended_contract(base: &BaseUrl, shown: &Served, metadata: Option<&str>, tags: &[String]) -> String {
    let ids: Vec<ContentSha> = shown.interaction_ids.iter().filter_map(|id| ContentSha::parse(id).ok()).collect();
    let contract = served(&shown.content, &ids, &[]);
    let created_at = Value::from(timestamp(shown.created_at));
    let embedded = json!({"tags": tags.iter().map(|tag| head_tag(base, shown, tag)).collect::<Vec<_>>()});
    let links = links(base, shown, metadata);
    format!(r#"{{"createdAt":{created_at},"contract":{contract},"_embedded":{embedded},"_links":{links}}}"#)
}

fn head_tag(base: &BaseUrl, shown: &Served, tag: &str) -> Value {
    let Served { consumer, provider, version, .. } = shown;
    let latest = format!("{}/latest/{}", urls::pair(base, provider, consumer), urls::segment(tag));
    json!({
        "name": tag,
        "latest": true,
        "_links": {
            "self": Link::to(urls::tag(base, consumer, version, tag)),
            "pb:latest-pact": Link::to(latest).name(format!("The latest pact with the tag {tag}")),
        },
    })
}

fn links(base: &BaseUrl, shown: &Served, metadata: Option<&str>) -> Value {
    let Served { consumer, provider, version, sha, .. } = shown;
    let own = urls::contract(base, provider, consumer, version);
    let pair = urls::pair(base, provider, consumer);
    let content = urls::content(base, provider, consumer, sha, None);
    let with_metadata = urls::content(base, provider, consumer, sha, metadata);
    let asked_for = metadata.map(Metadata::decode);
    let consumer_versions = asked_for.iter().flat_map(Metadata::consumer_version_numbers).map(|number| {
        Link::to(urls::version(base, consumer, number.as_str())).title("Consumer version").name(number.as_str())
    });
    let consumer_versions: Vec<Link> = consumer_versions.collect();
    let tags = format!("{}/tags", urls::version(base, consumer, version));
    let matrix = form_urlencoded::Serializer::new(String::new())
        .append_pair("q[][pacticipant]", consumer)
        .append_pair("q[][version]", version)
        .append_pair("latestby", "cvpv")
        .finish();
    let mut links = json!({
        "self": Link::to(own.clone()).title("Pact").name(name(consumer, version, provider)),
        "pb:consumer": Link::to(urls::pacticipant(base, consumer)).title("Consumer").name(consumer),
        "pb:consumer-version": Link::to(urls::version(base, consumer, version)).title("Consumer version").name(version),
        "pb:provider": Link::to(urls::pacticipant(base, provider)).title("Provider").name(provider),
        "pb:pact-version": Link::to(content.clone()).title("Pact content version permalink").name(sha),
        "pb:latest-pact-version": Link::to(format!("{pair}/latest")).title("Latest version of this pact"),
        "pb:all-pact-versions": Link::to(format!("{pair}/versions")).title("All versions of this pact"),
        "pb:latest-untagged-pact-version":
            Link::to(format!("{pair}/latest-untagged")).title("Latest untagged version of this pact"),
        "pb:latest-tagged-pact-version":
            Link::to(format!("{pair}/latest/{{tag}}")).title("Latest tagged version of this pact").templated(true),
        "pb:previous-distinct":
            Link::to(format!("{own}/previous-distinct")).title("Previous distinct version of this pact"),
        "pb:diff-previous-distinct": Link::to(format!("{own}/diff/previous-distinct"))
            .title("Diff with previous distinct version of this pact"),
        "pb:diff": Link::to(format!("{content}/diff/pact-version/{{pactVersion}}"))
            .title("Diff with another specified version of this pact")
            .templated(true),
        "pb:pact-webhooks": Link::to(format!(
            "{}/webhooks/provider/{}/consumer/{}",
            base.as_str(),
            urls::segment(provider),
            urls::segment(consumer)
        )).title(format!("Webhooks for the pact between {consumer} and {provider}")),
        "pb:consumer-webhooks": Link::to(format!("{}/webhooks/consumer/{}", base.as_str(), urls::segment(consumer)))
            .title(format!("Webhooks for all pacts with consumer {consumer}")),
        "pb:tag-prod-version":
            Link::to(format!("{tags}/prod")).title("PUT to this resource to tag this consumer version as 'production'"),
        "pb:tag-version": Link::to(format!("{tags}/{{tag}}")).title("PUT to this resource to tag this consumer version"),
        "pb:publish-verification-results":
            Link::to(format!("{with_metadata}/verification-results")).title("Publish verification results"),
        "pb:latest-verification-results": Link::to(format!("{content}/verification-results/latest")),
        "pb:triggered-webhooks":
            Link::to(format!("{own}/triggered-webhooks")).title("Webhooks triggered by the publication of this pact"),
        "pb:matrix-for-consumer-version": Link::to(format!("{}/matrix?{matrix}", base.as_str()))
            .title("View matrix rows for the consumer version to which this pact belongs"),
        "curies": curies(base, "pact"),
    });
    if !consumer_versions.is_empty() {
        links["pb:consumer-versions"] = json!(consumer_versions);
    }
    links
}

/// Why a version cannot have this content, and what to do.
pub(super) fn conflict(consumer: &PacticipantName, version: &VersionNumber, conflict: &RefusedContract) -> String {
    let provider = &conflict.provider;
    match conflict.on_conflict {
        OnConflict::Overwrite => changed_content_message(consumer, version, provider),
        OnConflict::Merge => format!(
            "Cannot merge the pact for {consumer} version {version} and provider {provider}: an interaction with the \
             same description and provider state has another request. Give one of the two another description."
        ),
    }
}

pub(super) fn publication_notices(base: &BaseUrl, summary: &Summary, published: &Published) -> Vec<Notice> {
    let url = |provider: &str| urls::contract(base, provider, summary.consumer.as_str(), summary.version.as_str());
    let told: Vec<_> = published
        .contracts
        .iter()
        .map(|contract| {
            let logs = contract.triggered.iter().map(|triggered| urls::delivery_logs(base, triggered.delivery));
            (contract, url(contract.provider.as_str()), logs.collect::<Vec<_>>())
        })
        .collect();
    let triggered: Vec<Vec<TriggeredWebhook<'_>>> = told
        .iter()
        .map(|(contract, _, logs)| {
            let triggered = contract.triggered.iter().zip(logs).map(|(triggered, logs_url)| TriggeredWebhook {
                description: triggered.description.as_deref(),
                uuid: &triggered.webhook,
                event: triggered.event,
                logs_url,
            });
            triggered.collect()
        })
        .collect();
    let contracts: Vec<PublishedContract<'_>> = told
        .iter()
        .zip(&triggered)
        .map(|((contract, url, _), triggered)| PublishedContract {
            provider: &contract.provider,
            outcome: contract.outcome,
            url,
            events: &contract.events,
            triggered,
            has_webhooks: contract.has_webhooks,
            has_verifications: contract.has_verification,
        })
        .collect();
    let version = PublishedVersion {
        pacticipant: &summary.consumer,
        number: &summary.version,
        created: published.version_created,
        branch: summary.branch.as_ref(),
        tags: &summary.tags,
    };
    publication_notices::publication_notices(version, &contracts)
}
