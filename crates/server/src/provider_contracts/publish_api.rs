//! HTTP of publishing: as provider builds do, and as they did before (`PUT`).

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use pactolus_domain::names::{BranchName, NameError, PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::provider_contract::{
    Document, MediaType, PublishedDocument, Specification, changed_document_message, publication_notices,
};
use serde_json::{Value, json};

use super::api::{VersionPath, find_shown};
use super::publish::{ContractToPublish, Publication, Published, Refusal, publish, settle};
use super::store::Results;
use super::view;
use crate::app::App;
use crate::edge::fields::{encoded, optional, required, single_line, tags};
use crate::edge::{BaseUrl, Error, FromPath, Hal, JsonBody, Named, PathNames, Principal};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/provider-contracts/provider/{provider}/publish", post(publish_document))
}

pub(super) struct ProviderPath(pub(super) PacticipantName);

impl FromPath for ProviderPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("provider").map(Self)
    }
}

async fn publish_document(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(ProviderPath(provider)): Named<ProviderPath>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let publication = publication(provider, &body.value)?;

    let mut tx = app.change().await?;
    let published = match publish(&mut tx, &app, &principal, &base, &publication).await {
        Ok(published) => published,
        Err(refusal) => return Err(refused(&publication, refusal)),
    };
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    let compared = settle(&app, &principal, &base, &published).await;

    let url = view::address(&base, publication.provider.as_str(), publication.version.as_str());
    let version = publication.told_version(published.version_created);
    let mut notices = publication_notices(version, told(&publication, &published, &url));
    notices.extend(compared);
    Ok(Hal::ok(&view::published(&base, &publication, &notices)))
}

/// What the first clients send: version and branch were told before. Always answered as if it were new.
pub(super) async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionPath>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let contract = contract_to_publish(&body.value, OLD)?;
    let VersionPath { provider, version } = path;
    let publication = Publication { provider, version, branch: None, tags: Vec::new(), build_url: None, contract };

    let mut tx = app.change().await?;
    let published = match publish(&mut tx, &app, &principal, &base, &publication).await {
        Ok(published) => published,
        Err(refusal) => return Err(refused(&publication, refusal)),
    };
    let shown = find_shown(&mut tx, principal.tenant, &publication.provider, &publication.version).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    settle(&app, &principal, &base, &published).await;

    Ok(Hal::created(&view::provider_contract(&base, &shown)))
}

fn told<'a>(publication: &'a Publication, published: &Published, url: &'a str) -> PublishedDocument<'a> {
    let contract = &publication.contract;
    PublishedDocument {
        specification: contract.specification,
        outcome: published.outcome,
        url,
        self_verification: published.success,
        is_unsaid: contract.is_unsaid,
    }
}

fn refused(publication: &Publication, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Error(error) => error,
        Refusal::SimilarNames(messages) => {
            let notices = messages.iter().map(|text| json!({"type": "error", "text": text})).collect();
            Error::Refused { notices, errors: messages }
        }
        Refusal::OtherDocument(difference) => {
            let text = changed_document_message(publication.told_version(false));
            let notices = vec![json!({"type": "error", "text": text}), json!({"type": "info", "text": difference})];
            Error::Refused { notices, errors: vec![text] }
        }
    }
}

fn publication(provider: PacticipantName, body: &Value) -> Result<Publication, Problems> {
    let mut problems = Problems::none();
    let version = problems.note(required(body, "pacticipantVersionNumber", |text| VersionNumber::parse(text)));
    let branch = problems.note(optional(body, "branch", |text| BranchName::parse(text))).flatten();
    let build_url = problems.note(optional(body, "buildUrl", single_line)).flatten();
    let tags = tags(body, &mut problems);
    let contract = match body.get("contract") {
        Some(contract @ Value::Object(_)) => match contract_to_publish(contract, NEW) {
            Ok(contract) => Some(contract),
            Err(found) => {
                problems.extend_under("contract", found);
                None
            }
        },
        None | Some(Value::Null) => problems.note(Err(Problem::at("contract", "is missing"))),
        Some(_) => problems.note(Err(Problem::at("contract", "must be a JSON object"))),
    };
    match (version, contract) {
        (Some(version), Some(contract)) => {
            problems.or(Publication { provider, version, branch, tags, build_url, contract })
        }
        _ => Err(problems),
    }
}

/// What members are called.
#[derive(Clone, Copy)]
struct Keys {
    specification: &'static str,
    results: &'static str,
}

const NEW: Keys = Keys { specification: "specification", results: "selfVerificationResults" };
const OLD: Keys = Keys { specification: "contractType", results: "verificationResults" };

fn contract_to_publish(body: &Value, keys: Keys) -> Result<ContractToPublish, Problems> {
    let mut problems = Problems::none();
    let specification = problems.note(specification(body, keys.specification));
    let document = problems.note(document(body));
    let content_type = problems.note(media_type(body)).flatten();
    let results = match body.get(keys.results) {
        None | Some(Value::Null) => None,
        Some(results @ Value::Object(_)) => match self_verification(results) {
            Ok(results) => Some(results),
            Err(found) => {
                problems.extend_under(keys.results, found);
                None
            }
        },
        Some(_) => problems.note(Err(Problem::at(keys.results, "must be a JSON object"))),
    };
    match (specification, document) {
        (Some(specification), Some(document)) => {
            let content_type = content_type.unwrap_or_else(|| specification.media_type_of(&document));
            let is_unsaid = results.as_ref().is_some_and(|(_, is_unsaid)| *is_unsaid);
            let results = results.map(|(results, _)| results);
            problems.or(ContractToPublish { specification, document, content_type, results, is_unsaid })
        }
        _ => Err(problems),
    }
}

fn specification(body: &Value, field: &str) -> Result<Specification, Problem> {
    let name = required(body, field, |text| Ok(text.to_owned()))?;
    Specification::find(&name).ok_or_else(|| {
        let all: Vec<&str> = Specification::ALL.iter().map(|specification| specification.as_str()).collect();
        Problem::at(field, format!("must be one of: {}", all.join(", ")))
    })
}

fn document(body: &Value) -> Result<Document, Problem> {
    let bytes = encoded(body, "content")?;
    Document::parse(bytes).map_err(|error| Problem::at("content", error.to_string()))
}

fn media_type(body: &Value) -> Result<Option<MediaType>, Problem> {
    let given = optional(body, "contentType", single_line)?.filter(|text| !text.is_empty());
    let parsed = given.map(|text| MediaType::parse(&text)).transpose();
    parsed.map_err(|error| Problem::at("contentType", error.to_string()))
}

/// The results, and whether they do not say what they are.
fn self_verification(body: &Value) -> Result<(Results, bool), Problems> {
    let mut problems = Problems::none();
    let success = problems.note(match body.get("success") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(success)) => Ok(Some(*success)),
        Some(_) => Err(Problem::at("success", "must be boolean")),
    });
    let content = problems.note(match body.get("content") {
        None | Some(Value::Null) => Ok(None),
        // The report of a tool that had nothing to say.
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(_) => encoded(body, "content").map(Some),
    });
    let content_type = problems.note(media_type(body)).flatten();
    let [format, verifier, verifier_version] = ["format", "verifier", "verifierVersion"]
        .map(|field| problems.note(optional(body, field, word)).flatten().filter(|text| !text.is_empty()));
    let success = success.flatten();
    problems.or((
        Results {
            success: success.unwrap_or(false),
            content: content.flatten(),
            content_type: content_type.map(|media_type| media_type.as_str().to_owned()),
            format,
            verifier,
            verifier_version,
        },
        success.is_none(),
    ))
}

/// What a tool says of itself, which may be more than a line.
fn word(text: &str) -> Result<String, NameError> {
    if text.contains('\0') { Err(NameError::Nul) } else { Ok(text.to_owned()) }
}
