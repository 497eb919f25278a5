//! HTTP of previews: what a provider's new document would do to its consumers. Nothing is stored.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use chrono::{DateTime, Datelike, Utc};
use pactolus_domain::names::{EnvironmentName, PacticipantName};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::provider_contract::Specification;
use pactolus_domain::usage::usage;
use pactolus_oas::contract::Contract;
use pactolus_oas::diff::Day;
use pactolus_oas::document::Document;
use pactolus_oas::preview::{Broken, Consumer, Graded, Level, Preview, preview};
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

use super::api::ProviderPath;
use super::find::{self, CountingVersion};
use super::store::{self, Current};
use crate::app::App;
use crate::comparisons;
use crate::edge::fields::{encoded, optional};
use crate::edge::{Error, Hal, JsonBody, Link, Named, Principal, RequestUrl, in_full};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/provider-contracts/provider/{provider}/preview", post(ask))
}

/// What is to be looked at.
struct Asked {
    environment: Option<EnvironmentName>,
    document: String,
}

impl Asked {
    fn of(body: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let environment = problems.note(optional(body, "environment", |text| EnvironmentName::parse(text))).flatten();
        let document = match sent(body) {
            Ok(document) => document,
            Err(found) => {
                problems.extend_under("contract", found);
                String::new()
            }
        };
        problems.or(Self { environment, document })
    }
}

/// The text that was sent along, in Base64.
pub(super) fn sent(body: &Value) -> Result<String, Problems> {
    let contract = body.get("contract").unwrap_or(&Value::Null);
    let text = encoded(contract, "content")
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| Problem::at("content", "is not UTF-8")));
    text.map_err(Problems::from)
}

/// A content, and the versions that have it.
struct Held {
    text: String,
    versions: Vec<CountingVersion>,
}

async fn ask(
    State(app): State<App>,
    principal: Principal,
    request: RequestUrl,
    Named(ProviderPath(provider)): Named<ProviderPath>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let Asked { environment, document } = Asked::of(&body.value)?;
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let id = find::provider(&mut db, tenant, &provider).await?;
    let environment = find::environment(&mut db, tenant, environment.as_ref()).await?;
    let place = environment.as_ref().map(|environment| environment.id);
    let current = store::find_current(&mut db, tenant, id, place).await?;
    let current = current.ok_or_else(|| Error::Missing(format!("{provider} has published no provider contract")))?;
    let versions = find::counting(&mut db, tenant, id, place).await?;
    let mut held: BTreeMap<i64, Held> = BTreeMap::new();
    for version in versions {
        let entry = held.entry(version.content_id);
        entry.or_insert_with(|| Held { text: String::new(), versions: Vec::new() }).versions.push(version);
    }
    let contents: Vec<i64> = held.keys().copied().collect();
    for (content, text) in store::list_texts(&mut db, tenant, &contents).await? {
        if let Some(held) = held.get_mut(&content) {
            held.text = text;
        }
    }
    drop(db);

    // Documents and contracts are large enough for others to notice.
    let (held, today) = (held.into_values().collect(), today(app.now())?);
    let looked = comparisons::look(&app, move || look(&provider, &current, &document, held, today));
    let mut told = looked.await??;
    told["environment"] = environment.map_or(Value::Null, |environment| environment.name.into());
    told["_links"] = json!({"self": Link::to(request.with_query()).title("Preview")});
    Ok(Hal::ok(&told))
}

pub(crate) fn today(now: DateTime<Utc>) -> Result<Day, Error> {
    let parts = (u16::try_from(now.year()), u8::try_from(now.month()), u8::try_from(now.day()));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return Err(Error::internal("no year that documents can name")) };
    Day::new(year, month, day).ok_or_else(|| Error::internal("no such day"))
}

fn look(
    provider: &PacticipantName,
    current: &Current,
    document: &str,
    held: Vec<Held>,
    today: Day,
) -> Result<Value, Error> {
    let Current { version, sha, specification, text, environment } = current;
    if *specification != Specification::OpenApi.as_str() {
        return Err(Error::Missing(format!(
            "The document of {provider} version {version} is {specification}, not OpenAPI"
        )));
    }
    let old = Document::load(text, &Budget::default()).map_err(|error| {
        Error::Missing(format!("The document of {provider} version {version} cannot be read: {}", in_full(&error)))
    })?;
    let new = Document::load(document, &Budget::default())
        .map_err(|error| Error::invalid("contract.content", format!("cannot be read: {}", in_full(&error))))?;
    let read: Vec<_> = held.into_iter().map(|held| (Contract::load(&held.text, &Budget::default()), held)).collect();
    let (mut unreadable, mut readable) = (Vec::new(), Vec::new());
    for (contract, held) in read {
        match contract {
            Ok(contract) => readable.push((contract, usage(&held.text).unwrap_or_default(), held.versions)),
            Err(_) => unreadable.extend(held.versions),
        }
    }
    let consumers: Vec<Consumer<'_>> = readable.iter().map(|(contract, used, _)| Consumer { contract, used }).collect();
    let found = preview(&old, &new, &consumers, today);
    let versions: Vec<Vec<CountingVersion>> = readable.into_iter().map(|(_, _, versions)| versions).collect();
    let told = Told { versions: &versions };
    let mut answer = told.answer(&found);
    answer["provider"] = provider.as_str().into();
    answer["document"] = json!({"version": version, "sha": sha, "environment": environment});
    answer["unreadable"] = unreadable.iter().map(shown).collect();
    Ok(answer)
}

/// Names those whom a preview only counts.
struct Told<'v> {
    /// The versions with each contract.
    versions: &'v [Vec<CountingVersion>],
}

impl Told<'_> {
    fn answer(&self, found: &Preview) -> Value {
        let level = found.changes.iter().map(|graded| graded.level).max().unwrap_or(Level::Info);
        let level = if found.broken.is_empty() { level } else { Level::Breaking };
        let count = |level| found.changes.iter().filter(|graded| graded.level == level).count();
        let consumers: BTreeSet<&str> =
            self.versions.iter().flatten().map(|version| version.consumer.as_str()).collect();
        let changes: Vec<Value> = found.changes.iter().map(|graded| self.change(graded, &consumers)).collect();
        let broken: Vec<Value> = found.broken.iter().map(|broken| self.broken(broken)).collect();
        json!({
            "level": level,
            "counts": {
                "breaking": count(Level::Breaking), "warning": count(Level::Warning), "info": count(Level::Info),
            },
            "consumerCount": consumers.len(),
            "changes": changes,
            "broken": broken,
            "failedBefore": self.all(&found.failed_before),
        })
    }

    fn change(&self, graded: &Graded, consumers: &BTreeSet<&str>) -> Value {
        let touched = graded.breaks.iter().chain(&graded.uses).flat_map(|index| &self.versions[*index]);
        let touched: BTreeSet<&str> = touched.map(|version| version.consumer.as_str()).collect();
        let mut change = json!(graded.change);
        change["level"] = json!(graded.level);
        change["breaks"] = self.all(&graded.breaks);
        change["usedBy"] = self.all(&graded.uses);
        change["otherConsumerCount"] = (consumers.len() - touched.len()).into();
        change
    }

    fn broken(&self, broken: &Broken) -> Value {
        let finding = &broken.finding;
        json!({
            "consumers": self.all(&BTreeSet::from([broken.consumer])),
            "interaction": finding.interaction,
            "code": finding.code.as_str(),
            "message": finding.message,
            "contract": finding.contract.pointer,
            "document": finding.document,
            "changes": broken.changes,
        })
    }

    fn all(&self, contracts: &BTreeSet<usize>) -> Value {
        let versions = contracts.iter().flat_map(|index| &self.versions[*index]);
        let versions: BTreeMap<(&str, &str), Value> =
            versions.map(|version| ((version.consumer.as_str(), version.number.as_str()), shown(version))).collect();
        versions.into_values().collect()
    }
}

fn shown(version: &CountingVersion) -> Value {
    json!({
        "consumer": version.consumer,
        "version": version.number,
        "environments": version.environments,
        "branches": version.branches,
    })
}
