//! HTTP of previews of contracts: what a consumer's new contract demands anew, and which provider versions satisfy it
//! already. Nothing is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use chrono::{DateTime, Utc};
use pactolus_domain::content::Content;
use pactolus_domain::contract_diff::{ContractDiff, Difference, InteractionDiff, contract_diff};
use pactolus_domain::gate::{Comparison, Offer};
use pactolus_domain::names::{EnvironmentName, PacticipantName};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::usage::{Element, usage};
use serde_json::{Value, json};

use super::find;
use super::preview::sent;
use super::store::demanded::{self, Before, Offering};
use super::view::element;
use crate::app::App;
use crate::comparisons::{self, ForNow};
use crate::edge::fields::optional;
use crate::edge::{Error, FromPath, Hal, JsonBody, Link, Named, PathNames, Principal, RequestUrl, timestamp};
use crate::ids::VersionId;
use crate::pacticipants;

/// More are counted, but not listed.
const MOST_LISTED: usize = 1_000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/contracts/provider/{provider}/consumer/{consumer}/preview", post(ask))
}

struct Pair {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { consumer: names.pacticipant("consumer")?, provider: names.pacticipant("provider")? })
    }
}

/// What is to be looked at.
struct Asked {
    environment: Option<EnvironmentName>,
    content: Content,
}

impl Asked {
    fn of(body: &Value, pair: &Pair) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let environment = problems.note(optional(body, "environment", |text| EnvironmentName::parse(text))).flatten();
        let content = sent(body).and_then(|text| {
            Content::parse(text).map_err(|error| Problem::at("content", error.explanation())).map_err(Problems::from)
        });
        let content = match content {
            Ok(content) => content,
            Err(found) => {
                problems.extend_under("contract", found);
                return Err(problems);
            }
        };
        for (side, inside, outside) in [
            ("consumer", content.consumer_name(), &pair.consumer),
            ("provider", content.provider_name(), &pair.provider),
        ] {
            if let Some(inside) = inside.filter(|inside| *inside != outside.as_str()) {
                let message = format!("is '{inside}' in the contract, but '{outside}' in the address");
                problems.push(Problem::at(side, message));
            }
        }
        problems.or(Self { environment, content })
    }
}

async fn ask(
    State(app): State<App>,
    principal: Principal,
    request: RequestUrl,
    Named(pair): Named<Pair>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let Asked { environment, content } = Asked::of(&body.value, &pair)?;
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let provider = find::provider(&mut db, tenant, &pair.provider).await?;
    let consumer = pacticipants::find_id(&mut db, tenant, &pair.consumer).await?;
    let environment = find::environment(&mut db, tenant, environment.as_ref()).await?;
    let place = environment.as_ref().map(|environment| environment.id);
    let before = match consumer {
        Some(consumer) => demanded::find_before(&mut db, tenant, consumer, provider, place).await?,
        None => None,
    };
    let of = (consumer, provider);
    let offering = demanded::list_offering(&mut db, tenant, of, content.sha().as_str(), place).await?;
    drop(db);

    let mut counting = counting(offering);
    let with_documents: Vec<VersionId> =
        counting.iter().filter(|version| version.has_document).map(|version| version.id).collect();
    let judged =
        comparisons::judge_for_now(&app, tenant, &with_documents, content.raw(), comparisons::until(&app)).await?;
    let judged: HashMap<VersionId, ForNow> = judged.into_iter().collect();
    for version in &mut counting {
        version.judged = judged.get(&version.id).cloned();
    }
    // Contracts are large enough for others to notice.
    let told = tokio::task::spawn_blocking(move || (demands(before.as_ref(), &content), content));
    let (mut told, content) = told.await.map_err(Error::internal)?;
    told["consumer"] = pair.consumer.as_str().into();
    told["provider"] = pair.provider.as_str().into();
    told["environment"] = environment.map_or(Value::Null, |environment| environment.name.into());
    told["sha"] = content.sha().as_str().into();
    told["satisfied"] = json!(satisfied(&counting));
    told["providerVersions"] = counting.iter().map(Counting::shown).collect();
    told["_links"] = json!({"self": Link::to(request.with_query()).title("Preview")});
    Ok(Hal::ok(&told))
}

/// A provider version that counts.
struct Counting {
    id: VersionId,
    number: String,
    environments: BTreeSet<String>,
    branches: BTreeSet<String>,
    verified: Option<bool>,
    verified_at: Option<DateTime<Utc>>,
    has_document: bool,
    kept: Option<bool>,
    judged: Option<ForNow>,
}

/// Each version once, by age.
fn counting(offering: Vec<Offering>) -> Vec<Counting> {
    let mut versions: BTreeMap<i64, Counting> = BTreeMap::new();
    for one in offering {
        let Offering { version_id, version, position, environment, branch, verified, verified_at, has_document, kept } =
            one;
        let entry = versions.entry(position).or_insert_with(|| Counting {
            id: version_id,
            number: version,
            environments: BTreeSet::new(),
            branches: BTreeSet::new(),
            verified,
            verified_at,
            has_document,
            kept,
            judged: None,
        });
        entry.environments.extend(environment);
        entry.branches.extend(branch);
    }
    versions.into_values().collect()
}

/// No if one version does not satisfy it, yes if all do; `None` if that is not known, or if there is no version.
fn satisfied(versions: &[Counting]) -> Option<bool> {
    let answers: Vec<Option<bool>> = versions.iter().map(Counting::satisfies).collect();
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    (!answers.is_empty() && !answers.contains(&None)).then_some(true)
}

impl Counting {
    fn comparison(&self) -> Option<Comparison> {
        self.has_document.then(|| self.judged.as_ref().map_or(Comparison::Pending, |judged| judged.outcome))
    }

    /// As can-i-deploy decides it once the contract is published.
    fn satisfies(&self) -> Option<bool> {
        match self.comparison() {
            Some(comparison) => Offer { verified: self.verified, kept: self.kept, comparison }.success(),
            None => self.verified,
        }
    }

    fn reason(&self) -> &'static str {
        match (self.satisfies(), self.verified, self.comparison()) {
            (_, Some(false), _) => "identical content was verified with it, and failed",
            (_, _, Some(Comparison::Incompatible)) => "what it offers does not fit",
            (Some(false), _, _) => "by its own tests it does not keep what it offers",
            (Some(true), Some(true), _) => "identical content was verified with it",
            (Some(true), _, _) => "what it offers fits, and by its own tests it keeps that",
            (None, _, Some(Comparison::Compatible)) => {
                "what it offers fits, but no result of its tests says that it keeps that"
            }
            (None, _, Some(Comparison::Pending)) => "there was no time to hold the contract against what it offers",
            (None, _, Some(_)) => {
                "the contract cannot be held against what it offers, nor was identical content verified"
            }
            (None, _, None) => "it offers no document, and identical content was not verified with it",
        }
    }

    fn shown(&self) -> Value {
        let findings = self.judged.as_ref().and_then(|judged| serde_json::from_str(&judged.findings).ok());
        json!({
            "version": self.number,
            "environments": self.environments,
            "branches": self.branches,
            "satisfies": self.satisfies(),
            "reason": self.reason(),
            "verified": self.verified,
            "verifiedAt": self.verified_at.map(timestamp),
            "comparison": self.comparison().map(Comparison::as_str),
            "kept": self.kept,
            "findings": findings.unwrap_or_else(|| json!([])),
        })
    }
}

/// What the new contract demands that the one before did not, and what it no longer does.
fn demands(before: Option<&Before>, new: &Content) -> Value {
    let nothing = || Content::parse("{}").expect("an empty object is content");
    let (old, compared) = match before.map(|before| (Content::parse(before.text.as_str()), before)) {
        Some((Ok(old), before)) => (old, Some(before)),
        // What cannot be read demands nothing.
        Some((Err(_), _)) | None => (nothing(), None),
    };
    let uses = |content: &Content| usage(content.raw()).unwrap_or_default();
    let (uses_before, uses_now) = (uses(&old), uses(new));
    let list = |elements: Vec<&Element>| elements.into_iter().take(MOST_LISTED).map(element).collect::<Value>();
    let (added, dropped): (Vec<&Element>, Vec<&Element>) =
        (uses_now.difference(&uses_before).collect(), uses_before.difference(&uses_now).collect());
    let diff = contract_diff(&old, new);
    json!({
        "before": compared.map(|before| json!({
            "version": before.version, "sha": before.sha, "environment": before.environment,
        })),
        "newUseCount": added.len(),
        "newUses": list(added),
        "droppedUseCount": dropped.len(),
        "droppedUses": list(dropped),
        "interactions": interactions(&diff),
    })
}

/// Those that differ in what they promise, and those of which only examples do.
fn interactions(diff: &ContractDiff) -> Value {
    let changed: Value = diff.interactions.iter().take(MOST_LISTED).map(interaction).collect();
    json!({
        "differing": changed,
        "differingCount": diff.interactions.len(),
        "onlyExamples": diff.only_examples.iter().take(MOST_LISTED).collect::<Vec<_>>(),
        "onlyExamplesCount": diff.only_examples.len(),
    })
}

/// Without the whole of what was added or removed, which whoever asks has.
fn interaction(differing: &InteractionDiff) -> Value {
    let InteractionDiff { kind, description, provider_states, outline, difference } = differing;
    let (word, changes) = match difference {
        Difference::Added { .. } => ("added", None),
        Difference::Removed { .. } => ("removed", None),
        Difference::Changed { changes } => ("changed", Some(changes)),
    };
    json!({
        "kind": kind,
        "description": description,
        "providerStates": provider_states,
        "outline": outline,
        "difference": word,
        "changes": changes,
    })
}
