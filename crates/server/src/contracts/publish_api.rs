//! `POST /contracts/publish`: what consumer builds call.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use pactolus_domain::content::Content;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::notice::Notice;
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};

use super::publish::{ContractToPublish, OnConflict, Publication, Refusal, publish, settle};
use super::view;
use crate::app::App;
use crate::edge::fields::{self, one_of, optional, required, single_line};
use crate::edge::{BaseUrl, Error, Hal, JsonBody, Link, Principal, named, not_utf8, urls};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/contracts/publish", post(publish_contracts))
}

async fn publish_contracts(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    body: JsonBody,
) -> Result<Hal, Error> {
    let publication = publication(&body.value)?;
    let summary = Summary::of(&publication);

    let mut tx = app.change().await?;
    let published = match publish(&mut tx, &app, &principal, &base, publication).await {
        Ok(published) => published,
        Err(refusal) => return Err(refused(&summary, refusal)),
    };
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    let compared = settle(&app, &principal, &base, &published).await;

    let mut notices = view::publication_notices(&base, &summary, &published);
    notices.extend(compared);
    Ok(Hal::ok(&shown(&base, &summary, &notices)).status(StatusCode::OK))
}

/// What is told of a publication besides its outcome.
pub(super) struct Summary {
    pub(super) consumer: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) branch: Option<BranchName>,
    pub(super) tags: Vec<TagName>,
    pub(super) providers: Vec<PacticipantName>,
}

impl Summary {
    fn of(publication: &Publication) -> Self {
        Self {
            consumer: publication.consumer.clone(),
            version: publication.version.clone(),
            branch: publication.branch.clone(),
            tags: publication.tags.clone(),
            providers: publication.contracts.iter().map(|contract| contract.provider.clone()).collect(),
        }
    }
}

fn refused(summary: &Summary, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Error(error) => error,
        Refusal::SimilarNames(messages) => {
            let notices = messages.iter().map(|text| json!({"type": "error", "text": text})).collect();
            Error::Refused { notices, errors: messages }
        }
        Refusal::Conflicts(conflicts) => {
            let mut notices = Vec::new();
            let mut errors = Vec::new();
            for conflict in &conflicts {
                let text = view::conflict(&summary.consumer, &summary.version, conflict);
                notices.push(json!({"type": "error", "text": text}));
                notices.push(json!({"type": "info", "text": conflict.explanation}));
                errors.push(text);
            }
            Error::Refused { notices, errors }
        }
    }
}

fn shown(base: &BaseUrl, summary: &Summary, notices: &[Notice]) -> Value {
    let (consumer, version) = (summary.consumer.as_str(), summary.version.as_str());
    let logs: Value = notices
        .iter()
        .map(
            |notice| json!({"level": notice.kind, "message": notice.text, "deprecationWarning": "Replaced by notices"}),
        )
        .collect();
    let listed: Value = notices.iter().map(|notice| json!(notice)).collect();
    let pacticipant = Link::to(urls::pacticipant(base, consumer));
    let version_link = Link::to(urls::version(base, consumer, version));
    let tags: Value = summary
        .tags
        .iter()
        .map(|tag| {
            Value::from(Link::to(urls::tag(base, consumer, version, tag.as_str())).title("Tag").name(tag.as_str()))
        })
        .collect();
    let contracts: Value = summary
        .providers
        .iter()
        .map(|provider| {
            let url = urls::contract(base, provider.as_str(), consumer, version);
            Value::from(Link::to(url).title("Pact").name(view::name(consumer, version, provider.as_str())))
        })
        .collect();
    json!({
        "logs": logs,
        "notices": listed,
        "_embedded": {
            "pacticipant": named("name", consumer, pacticipant.clone()),
            "version": named("number", version, version_link.clone().title("Version").name(version)),
        },
        "_links": {
            "pb:pacticipant": pacticipant.title("Pacticipant").name(consumer),
            "pb:pacticipant-version": version_link.title("Pacticipant version").name(version),
            "pb:pacticipant-version-tags": tags,
            "pb:contracts": contracts,
        },
    })
}

fn publication(body: &Value) -> Result<Publication, Problems> {
    let mut problems = Problems::none();
    let consumer = problems.note(required(body, "pacticipantName", |text| PacticipantName::parse(text)));
    let version = problems.note(required(body, "pacticipantVersionNumber", |text| VersionNumber::parse(text)));
    let branch = problems.note(optional(body, "branch", |text| BranchName::parse(text))).flatten();
    let build_url = problems.note(optional(body, "buildUrl", single_line)).flatten();
    let tags = fields::tags(body, &mut problems);
    let contracts = contracts(body, consumer.as_ref(), &mut problems);
    match (consumer, version) {
        (Some(consumer), Some(version)) if problems.is_empty() => {
            Ok(Publication { consumer, version, branch, tags, build_url, contracts })
        }
        _ => Err(problems),
    }
}

fn contracts(body: &Value, consumer: Option<&PacticipantName>, problems: &mut Problems) -> Vec<ContractToPublish> {
    let contracts = match body.get("contracts") {
        None => {
            problems.push(Problem::at("contracts", "is missing"));
            return Vec::new();
        }
        Some(Value::Array(contracts)) if contracts.is_empty() => {
            problems.push(Problem::at("contracts", "size cannot be less than 1"));
            return Vec::new();
        }
        Some(Value::Array(contracts)) => contracts,
        Some(_) => {
            problems.push(Problem::at("contracts", "must be an array"));
            return Vec::new();
        }
    };
    let mut parsed: Vec<ContractToPublish> = Vec::new();
    for (index, contract) in contracts.iter().enumerate() {
        match contract_to_publish(contract, consumer) {
            Ok(contract) if parsed.iter().any(|other| other.provider == contract.provider) => {
                let text = format!("there is another contract with provider '{}' in this request", contract.provider);
                problems.push(Problem::at_item("contracts", index, text));
            }
            Ok(contract) => parsed.push(contract),
            Err(found) => {
                found.0.into_iter().for_each(|problem| problems.push(problem.under(index).under("contracts")));
            }
        }
    }
    parsed
}

fn contract_to_publish(contract: &Value, pacticipant: Option<&PacticipantName>) -> Result<ContractToPublish, Problems> {
    if !contract.is_object() {
        return Err(Problem::whole("must be a hash").into());
    }
    let mut problems = Problems::none();
    let consumer = problems.note(required(contract, "consumerName", |text| PacticipantName::parse(text)));
    let provider = problems.note(required(contract, "providerName", |text| PacticipantName::parse(text)));
    problems.note(one_of(contract, "specification", &["pact"]));
    problems.note(one_of(contract, "contentType", &["application/json"]));
    let on_conflict = problems.note(on_conflict(contract));
    let content = problems.note(content(contract));
    if let (Some(content), Some(consumer), Some(provider)) = (&content, &consumer, &provider) {
        problems.note(same_name("consumer", content.consumer_name(), consumer));
        problems.note(same_name("provider", content.provider_name(), provider));
    }
    if let (Some(consumer), Some(pacticipant)) = (&consumer, pacticipant)
        && consumer != pacticipant
    {
        let text = format!("consumerName ('{consumer}') must match pacticipantName ('{pacticipant}')");
        problems.push(Problem::whole(text));
    }
    match (provider, content, on_conflict) {
        (Some(provider), Some(content), Some(on_conflict)) if problems.is_empty() => {
            Ok(ContractToPublish { provider, content, on_conflict })
        }
        _ => Err(problems),
    }
}

fn on_conflict(contract: &Value) -> Result<OnConflict, Problem> {
    match contract.get("onConflict").and_then(Value::as_str) {
        Some("merge") => Ok(OnConflict::Merge),
        Some("overwrite") => Ok(OnConflict::Overwrite),
        None if contract.get("onConflict").is_none_or(Value::is_null) => Ok(OnConflict::Overwrite),
        _ => Err(Problem::at("onConflict", "must be one of: overwrite, merge")),
    }
}

fn content(contract: &Value) -> Result<Content, Problem> {
    let bytes = fields::encoded(contract, "content")?;
    let text = String::from_utf8(bytes).map_err(|error| Problem::whole(not_utf8("contract content", &error)))?;
    if text.contains('\0') {
        return Err(Problem::at("content", "cannot contain the NUL character"));
    }
    Content::parse(text).map_err(|error| Problem::at("content", error.explanation()))
}

fn same_name(side: &str, inside: Option<&str>, outside: &PacticipantName) -> Result<(), Problem> {
    match inside {
        Some(inside) if inside != outside.as_str() => Err(Problem::whole(format!(
            "{side} name in contract content ('{inside}') must match {side}Name in contract params ('{outside}')"
        ))),
        _ => Ok(()),
    }
}
