//! The judgement over one contract and one document: an outcome, counts, and what was found, as it is kept. No I/O.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use pactolus_domain::gate::Comparison;
use pactolus_oas::comparison::{Comparator, Profile, passed_over};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::finding::{Code, Finding, Severity};
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

/// So many findings are kept, the worst; all are counted.
const MOST_FINDINGS: usize = 200;
/// All of them together; what does not fit any more is counted only.
const MOST_FINDINGS_BYTES: usize = 256 * 1024;
/// A finding that takes more room is kept without what it quotes.
const LARGEST_FINDING_BYTES: usize = 16 * 1024;
/// So much is kept of each text of such a finding.
const MOST_LETTERS: usize = 1_000;

/// A document that was read, or why it can't be.
pub(super) type Loaded = Result<Document, String>;

/// By what a provider's team wants contracts to be held against its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) profile: Profile,
    /// Where it is not the usual one.
    pub(super) severities: BTreeMap<Code, Severity>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Comparison,
    pub(super) errors: i32,
    pub(super) warnings: i32,
    pub(super) infos: i32,
    /// A list in JSON, the worst first.
    pub(super) findings: String,
}

pub(super) fn load(text: &str) -> Loaded {
    Document::load(text, &Budget::default()).map_err(|error| in_full(&error))
}

/// A document that contracts are held against, one after the other.
pub(super) struct Judge<'d> {
    document: Result<(&'d Document, Comparator<'d>), &'d String>,
}

impl<'d> Judge<'d> {
    pub(super) fn new(document: &'d Loaded, profile: Profile) -> Self {
        Self { document: document.as_ref().map(|document| (document, Comparator::new(document, profile))) }
    }

    /// By a policy of the same profile. What was not looked at is not known to fit, whatever else does. `None` when it is not
    /// to go on.
    pub(super) fn judge(&self, contract: &str, policy: &Policy, goes_on: impl Fn() -> bool) -> Option<Judgement> {
        match &self.document {
            Ok((document, comparator)) => judge(contract, document, comparator, policy, goes_on),
            Err(why) => {
                let message = format!("the provider contract cannot be read: {why}");
                let (code, edit) = ("document.unreadable", "publish a document that can be read");
                Some(Judgement::without_comparison(Severity::Error, code, &message, "provider", edit))
            }
        }
    }
}

fn judge(
    contract: &str,
    document: &Document,
    comparator: &Comparator<'_>,
    policy: &Policy,
    goes_on: impl Fn() -> bool,
) -> Option<Judgement> {
    let contract = match Contract::load(contract, &Budget::default()) {
        Ok(contract) => contract,
        Err(error) => {
            let message = format!("the contract cannot be held against a document: {}", in_full(&error));
            return Some(Judgement::undecided("contract.unreadable", &message, "consumer"));
        }
    };
    let mut report = comparator.compare_while(&contract, goes_on)?;
    for finding in &mut report.findings {
        if let Some(severity) = policy.severities.get(&finding.code) {
            finding.severity = *severity;
        }
    }
    // Told before others that are as bad, since the outcome comes of them.
    report.findings.sort_by_key(|finding| !is_blind(finding));
    let mut judgement = Judgement::of(&report.findings, &contract);
    if judgement.outcome == Comparison::Compatible && report.findings.iter().any(is_blind) {
        judgement.outcome = Comparison::Undecided;
    }
    if let (Comparison::Compatible, [first, others @ ..]) =
        (judgement.outcome, passed_over(document, &contract, policy.profile).as_slice())
    {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = format!("the provider contract is not about the interaction \"{first}\"{more}");
        judgement = Judgement::undecided("interaction.not-compared", &message, "either");
    }
    Some(judgement)
}

/// Whether something was not held against the document at all, unless the provider's team says that this is no matter.
fn is_blind(finding: &Finding) -> bool {
    let is_unseen = matches!(
        finding.code,
        Code::SchemaUnusable
            | Code::ReferenceRemote
            | Code::RequestBodyUnvalidatable
            | Code::ResponseBodyUnvalidatable
            | Code::MessagePayloadUnvalidatable
            | Code::MessagePayloadUnknown
    );
    is_unseen && finding.severity != Severity::Info
}

impl Judgement {
    /// Nobody has to change anything for it to be wrong or right: it can't be told.
    pub(super) fn undecided(code: &str, message: &str, fix_by: &str) -> Self {
        let edit = "verify the contract by replaying it against the provider";
        Self::without_comparison(Severity::Warning, code, message, fix_by, edit)
    }

    fn without_comparison(severity: Severity, code: &str, message: &str, fix_by: &str, edit: &str) -> Self {
        let is_error = severity == Severity::Error;
        let finding = json!([{
            "code": code, "severity": severity.as_str(), "message": message, "fixBy": fix_by, "edit": edit,
        }]);
        Self {
            outcome: if is_error { Comparison::Incompatible } else { Comparison::Undecided },
            errors: i32::from(is_error),
            warnings: i32::from(!is_error),
            infos: 0,
            findings: without_nul(&finding.to_string()),
        }
    }

    fn of(findings: &[Finding], contract: &Contract) -> Self {
        let count = |severity| {
            let found = findings.iter().filter(|finding| finding.severity == severity).count();
            i32::try_from(found).unwrap_or(i32::MAX)
        };
        let mut worst: Vec<&Finding> = findings.iter().collect();
        worst.sort_by_key(|finding| Reverse(finding.severity));
        let mut room = MOST_FINDINGS_BYTES;
        let fits = |(_, size): &(Value, usize)| {
            let is_room = *size <= room;
            room = room.saturating_sub(*size);
            is_room
        };
        let worst = worst.into_iter().take(MOST_FINDINGS).map(|finding| kept(finding, contract));
        let kept: Vec<Value> = worst.take_while(fits).map(|(kept, _)| kept).collect();
        let errors = count(Severity::Error);
        Self {
            outcome: if errors == 0 { Comparison::Compatible } else { Comparison::Incompatible },
            errors,
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            findings: without_nul(&Value::Array(kept).to_string()),
        }
    }
}

/// With the provider states of the interaction, by which existing tools tell interactions of one name apart; and how long it
/// is as a text.
fn kept(finding: &Finding, contract: &Contract) -> (Value, usize) {
    let mut shown = serde_json::to_value(finding).unwrap_or_default();
    let interaction = contract.interactions().get(finding.place.interaction);
    let states = interaction.map(|interaction| interaction.states.as_slice()).unwrap_or_default();
    shown["states"] = states.into();
    let mut size = shown.to_string().len();
    if size > LARGEST_FINDING_BYTES
        && let Value::Object(members) = &mut shown
    {
        for quoted in ["value", "constraint", "witness", "causes", "states"] {
            members.remove(quoted);
        }
        members.values_mut().for_each(cut);
        size = shown.to_string().len();
    }
    (shown, size)
}

/// Shortens a text, or those that a value has.
fn cut(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(MOST_LETTERS) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut),
        Value::Object(members) => members.values_mut().for_each(cut),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// As JSON writes it the character is harmless, but Postgres would refuse it where the text is read as JSON.
fn without_nul(text: &str) -> String {
    text.replace("\\u0000", "\\ufffd")
}

/// The error and its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut deeper = error.source();
    while let Some(cause) = deeper {
        text = format!("{text}: {cause}");
        deeper = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENAPI: &str = r#"{"openapi": "3.0.3", "paths": {"/things": {"get": {"responses": {"200": {
        "description": "", "content": {"application/json": {"schema": {"type": "object", "required": ["id"],
        "properties": {"id": {"type": "integer"}, "nick": {"type": "string"}}}}}}}}}}}"#;

    fn contract(path: &str, body: &Value) -> String {
        json!({
            "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            "interactions": [{
                "description": "a thing", "providerState": "there is one",
                "request": {"method": "GET", "path": path},
                "response": {
                    "status": 200, "headers": {"Content-Type": "application/json"}, "body": body,
                    "matchingRules": {"$.body.nick": {"match": "type"}},
                },
            }],
            "metadata": {"pactSpecification": {"version": "2.0.0"}},
        })
        .to_string()
    }

    fn usual() -> Policy {
        Policy { profile: Profile::Sound, severities: BTreeMap::new() }
    }

    fn check(contract: &str, document: &str, policy: &Policy, expected: Comparison) -> Vec<Value> {
        let judgement = Judge::new(&load(document), policy.profile).judge(contract, policy, || true).unwrap();
        assert_eq!(judgement.outcome, expected, "{}", judgement.findings);
        serde_json::from_str(&judgement.findings).unwrap()
    }

    #[test]
    fn a_contract_that_fits_is_compatible() {
        check(&contract("/things", &json!({"id": 1})), OPENAPI, &usual(), Comparison::Compatible);
    }

    #[test]
    fn the_worst_finding_comes_first_and_names_the_provider_states() {
        let found =
            check(&contract("/things", &json!({"id": "x", "nick": "y"})), OPENAPI, &usual(), Comparison::Incompatible);

        assert_eq!(found[0]["severity"], "error");
        assert_eq!(found[0]["states"], json!(["there is one"]));
        assert_ne!(found.last().unwrap()["severity"], "error");
    }

    #[test]
    fn a_team_says_how_bad_a_finding_is() {
        let reads_an_optional_one = contract("/things", &json!({"id": 1, "nick": "y"}));
        let severities = BTreeMap::from([(Code::ResponseBodyOptional, Severity::Error)]);
        let strict = Policy { profile: Profile::Sound, severities };

        check(&reads_an_optional_one, OPENAPI, &usual(), Comparison::Compatible);
        check(&reads_an_optional_one, OPENAPI, &strict, Comparison::Incompatible);
    }

    #[test]
    fn a_document_that_cannot_be_read_fits_nothing() {
        let found =
            check(&contract("/things", &json!({"id": 1})), "openapi: 4.0.0", &usual(), Comparison::Incompatible);

        assert_eq!(found[0]["code"], "document.unreadable");
        assert_eq!(found[0]["fixBy"], "provider");
    }

    #[test]
    fn what_is_held_against_a_schema_that_cannot_be_used_is_not_known_to_fit() {
        let unusable = OPENAPI.replace(r#""type": "integer""#, r#""type": "string", "pattern": "((""#);
        let contract = contract("/things", &json!({"id": 1}));
        let no_matter =
            Policy { profile: Profile::Sound, severities: BTreeMap::from([(Code::SchemaUnusable, Severity::Info)]) };

        let found = check(&contract, &unusable, &usual(), Comparison::Undecided);

        assert_eq!(found[0]["code"], "document.schema.unusable");
        check(&contract, &unusable, &no_matter, Comparison::Compatible);
    }

    #[test]
    fn what_stands_in_another_document_is_not_known_to_fit() {
        let elsewhere = OPENAPI.replace(r#"{"type": "integer"}"#, r#"{"$ref": "./things.yaml#/Id"}"#);

        let found = check(&contract("/things", &json!({"id": 1})), &elsewhere, &usual(), Comparison::Undecided);

        assert_eq!(found[0]["code"], "document.reference.remote");
    }

    #[test]
    fn what_is_found_takes_little_room_whatever_names_are_in_it() {
        let name = "n".repeat(3_000_000);
        let mut hostile: Value = serde_json::from_str(&contract("/things", &json!({"id": "x"}))).unwrap();
        hostile["interactions"][0]["description"] = name.into();

        let judgement =
            Judge::new(&load(OPENAPI), Profile::Sound).judge(&hostile.to_string(), &usual(), || true).unwrap();

        assert_eq!(judgement.outcome, Comparison::Incompatible);
        assert!(judgement.findings.len() < LARGEST_FINDING_BYTES, "{}", judgement.findings.len());
        assert_ne!(judgement.findings, "[]");
    }

    #[test]
    fn a_name_that_postgres_would_refuse_is_kept_without_what_it_refuses() {
        let messages = json!({
            "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            "messages": [{"description": "so\u{0}ld", "contents": {"id": 1}}],
            "metadata": {"pactSpecification": {"version": "3.0.0"}},
        });

        let judgement =
            Judge::new(&load(OPENAPI), Profile::Sound).judge(&messages.to_string(), &usual(), || true).unwrap();

        assert!(!judgement.findings.contains("\\u0000"), "{}", judgement.findings);
    }

    #[test]
    fn what_is_not_to_go_on_comes_to_nothing() {
        let judgement =
            Judge::new(&load(OPENAPI), Profile::Sound).judge(&contract("/things", &json!({})), &usual(), || false);

        assert_eq!(judgement, None);
    }

    #[test]
    fn what_a_document_is_not_about_is_not_known_to_fit() {
        let messages = json!({
            "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            "messages": [{"description": "sold", "contents": {"id": 1}}],
            "metadata": {"pactSpecification": {"version": "3.0.0"}},
        });

        let found = check(&messages.to_string(), OPENAPI, &usual(), Comparison::Undecided);

        assert_eq!(found[0]["message"], "the provider contract is not about the interaction \"sold\"");
    }
}
