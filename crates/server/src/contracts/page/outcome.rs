//! What came of verifying, interaction by interaction: from what clients said with their result, and from the evidence.

use serde_json::Value;

use super::Told;
use crate::ui::parts::Verdict;

/// Of more mismatches of an interaction, only the number counts.
const MOST: usize = 100;

/// What came of one interaction.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) wrongs: Vec<Wrong>,
}

/// Something that was not as expected.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) at: At,
    /// In a body its path, else the name of a header or of metadata.
    pub(super) path: Option<String>,
    /// As JSON, where it is known.
    pub(super) actual: Option<String>,
    pub(super) sentence: String,
}

/// The part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Status,
    Header,
    Metadata,
    Body,
    Elsewhere,
}

/// In the order of the contract's interactions.
pub(super) fn outcomes(told: &Told, descriptions: &[&str]) -> Vec<Outcome> {
    let ids = &told.served.interaction_ids;
    let places: Vec<Place<'_>> = descriptions
        .iter()
        .enumerate()
        .map(|(index, description)| Place { id: ids.get(index).map(String::as_str), description })
        .collect();
    let Some(result) = told.selected() else {
        return places.iter().map(|_| Outcome::of(Verdict::NotVerified)).collect();
    };
    let otherwise = if result.success { Verdict::Passed } else { Verdict::NotApplicable };
    let mut outcomes: Vec<Outcome> = places.iter().map(|_| Outcome::of(otherwise)).collect();
    let failed = if result.pending { Verdict::Pending } else { Verdict::Failed };
    for test in told.details.as_ref().map(|details| tests(details.test_results.as_deref())).unwrap_or_default() {
        let (id, description) = (test["interactionId"].as_str(), test["interactionDescription"].as_str());
        let description = description.or_else(|| test["description"].as_str());
        let Some(index) = find(&places, id, description) else { continue };
        let is_success = test["success"].as_bool().unwrap_or(test["status"] == "passed");
        outcomes[index].verdict = if is_success { Verdict::Passed } else { failed };
        outcomes[index].wrongs = wrongs(&test);
    }
    for found in &told.mismatches {
        let Some(index) = find(&places, found.interaction_id.as_deref(), Some(&found.description)) else { continue };
        let outcome = &mut outcomes[index];
        outcome.verdict = failed;
        let wrong = Wrong {
            at: at(&found.kind),
            path: found.path.clone().filter(|path| !path.is_empty()),
            actual: found.actual.clone(),
            sentence: found.sentence.clone(),
        };
        outcome.add(wrong);
    }
    outcomes
}

struct Place<'a> {
    id: Option<&'a str>,
    description: &'a str,
}

fn find(places: &[Place<'_>], id: Option<&str>, description: Option<&str>) -> Option<usize> {
    let by_id = id.and_then(|id| places.iter().position(|place| place.id == Some(id)));
    by_id.or_else(|| description.and_then(|text| places.iter().position(|place| place.description == text)))
}

/// Clients say what they like; those that we know say a list, or one under a name.
fn tests(text: Option<&str>) -> Vec<Value> {
    let parsed: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    match parsed {
        Value::Array(tests) => tests,
        Value::Object(mut members) => match members.remove("tests") {
            Some(Value::Array(tests)) => tests,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn wrongs(test: &Value) -> Vec<Wrong> {
    let list = |key: &str| test[key].as_array().cloned().unwrap_or_default();
    let said = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let mut outcome = Outcome::of(Verdict::Failed);
    for mismatch in list("mismatches") {
        let sentence = said(&mismatch, "description").or_else(|| mismatch.as_str().map(str::to_owned));
        outcome.add(Wrong {
            at: at(mismatch["attribute"].as_str().unwrap_or_default()),
            path: said(&mismatch, "identifier"),
            actual: mismatch.get("actual").filter(|actual| !actual.is_null()).map(Value::to_string),
            sentence: sentence.unwrap_or_else(|| "Not as expected".to_owned()),
        });
    }
    for exception in list("exceptions") {
        let sentence = said(&exception, "message").unwrap_or_else(|| exception.to_string());
        outcome.add(Wrong { at: At::Elsewhere, path: None, actual: None, sentence });
    }
    outcome.wrongs
}

fn at(kind: &str) -> At {
    match kind {
        "status" | "StatusMismatch" => At::Status,
        "header" | "HeaderMismatch" => At::Header,
        "metadata" | "MetadataMismatch" => At::Metadata,
        "body" | "BodyMismatch" | "BodyTypeMismatch" => At::Body,
        _ => At::Elsewhere,
    }
}

impl Outcome {
    fn of(verdict: Verdict) -> Self {
        Self { verdict, wrongs: Vec::new() }
    }

    /// What the evidence says of a place that a client named already takes its place.
    fn add(&mut self, wrong: Wrong) {
        let same = |other: &&mut Wrong| other.at == wrong.at && other.path == wrong.path && other.actual.is_none();
        if let Some(other) = self.wrongs.iter_mut().find(same).filter(|_| wrong.actual.is_some()) {
            *other = wrong;
        } else if self.wrongs.len() < MOST {
            self.wrongs.push(wrong);
        }
    }
}
