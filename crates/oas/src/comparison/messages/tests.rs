//! Messages against the operations of an AsyncAPI document.

use serde_json::{Value, json};

use super::super::{Profile, compare};
use crate::contract::Contract;
use crate::document::Document;
use crate::finding::{Code, Finding, Severity};
use crate::source::Budget;

fn findings(operation: &Value, interaction: &Value) -> Vec<Finding> {
    let budget = Budget::default();
    let document = json!({"asyncapi": "3.0.0", "operations": {"tell": operation},
        "components": {"messages": {"Made": {"payload": {"$ref": "#/components/schemas/Made"}}},
            "schemas": {"Made": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}});
    let contract = json!({"metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": [interaction]});
    let document = Document::load(&document.to_string(), &budget).unwrap();
    let contract = Contract::load(&contract.to_string(), &budget).unwrap();
    compare(&document, &contract, Profile::Compatible).findings
}

fn seen(findings: &[Finding]) -> Vec<(&'static str, &str)> {
    let mut seen = Vec::new();
    for finding in findings {
        seen.push((finding.code.as_str(), finding.contract.pointer.as_str()));
        seen.extend(finding.causes.iter().map(|cause| (cause.code.as_str(), cause.contract.pointer.as_str())));
    }
    seen
}

fn contents(payload: &Value) -> Value {
    json!({"contentType": "application/json", "encoded": false, "content": payload})
}

fn received(operation: &str, payload: &Value) -> Value {
    json!({"type": "Asynchronous/Messages", "description": "made", "contents": contents(payload),
        "comments": {"references": {"AsyncAPI": {"operationId": operation}}}})
}

fn answered(request: &Value, answers: &[Value]) -> Value {
    let message = |payload: &Value| json!({"contents": contents(payload)});
    json!({"type": "Synchronous/Messages", "description": "asked", "request": message(request),
        "response": answers.iter().map(message).collect::<Vec<_>>(),
        "comments": {"references": {"AsyncAPI": {"operationId": "tell"}}}})
}

fn made() -> Value {
    json!({"messages": [{"$ref": "#/components/messages/Made"}]})
}

#[test]
fn a_message_that_fits_is_named() {
    let found = findings(&made(), &received("tell", &json!({"id": "1"})));

    assert_eq!(seen(&found), [("message.matched", "/interactions/0")]);
    assert_eq!(found[0].document.pointer.as_str(), "/components/messages/Made");
}

#[test]
fn where_no_message_fits_each_says_why() {
    let operation = json!({"messages": [{"$ref": "#/components/messages/Made"}, {"payload": {"type": "string"}}]});

    let found = findings(&operation, &received("tell", &json!({"id": 1})));

    assert_eq!(
        seen(&found),
        [
            ("message.no.match", "/interactions/0"),
            ("message.payload.incompatible", "/interactions/0/contents/content/id"),
            ("message.payload.incompatible", "/interactions/0/contents/content"),
        ]
    );
}

#[test]
fn a_received_message_may_lack_what_is_required_and_a_sent_one_may_not() {
    let with_reply = json!({"messages": made()["messages"], "reply": made()});

    assert_eq!(seen(&findings(&made(), &received("tell", &json!({})))), [("message.matched", "/interactions/0")]);
    assert_eq!(
        seen(&findings(&with_reply, &answered(&json!({}), &[json!({})]))),
        [
            ("message.no.match", "/interactions/0/comments/references/AsyncAPI/operationId"),
            ("message.payload.incompatible", "/interactions/0/request/contents/content"),
        ]
    );
    assert_eq!(
        seen(&findings(&with_reply, &answered(&json!({"id": "1"}), &[json!({}), json!({"id": 2})]))),
        [
            ("message.matched", "/interactions/0"),
            ("message.matched", "/interactions/0"),
            ("message.no.match", "/interactions/0/comments/references/AsyncAPI/operationId"),
            ("message.payload.incompatible", "/interactions/0/response/1/contents/content/id"),
        ]
    );
}

#[test]
fn an_answer_needs_a_reply_and_a_reply_an_answer() {
    let asked = json!({"id": "1"});
    let with_reply = json!({"messages": made()["messages"], "reply": made()});

    let found = findings(&made(), &answered(&asked, &[json!({})]));
    assert_eq!(seen(&found)[1], ("message.reply.missing", "/interactions/0/comments/references/AsyncAPI"));
    let found = findings(&with_reply, &answered(&asked, &[]));
    assert_eq!(seen(&found)[1], ("message.response.missing", "/interactions/0/response"));
}

#[test]
fn the_operation_must_be_named_and_known() {
    let unnamed = json!({"type": "Asynchronous/Messages", "contents": contents(&json!(1))});

    assert_eq!(seen(&findings(&made(), &unnamed)), [("message.references.missing", "/interactions/0")]);
    assert_eq!(
        seen(&findings(&made(), &received("other", &json!(1)))),
        [("message.operation.unknown", "/interactions/0/comments/references/AsyncAPI/operationId")]
    );
}

#[test]
fn requests_over_http_are_passed_over() {
    assert_eq!(findings(&made(), &json!({"request": {"method": "GET", "path": "/"}, "response": {"status": 200}})), []);
}

/// What the profile *sound* finds of messages as version 3 writes them.
fn of_messages(document: &Value, messages: &[Value]) -> Vec<Finding> {
    let budget = Budget::default();
    let contract = json!({"metadata": {"pactSpecification": {"version": "3.0.0"}}, "messages": messages});
    let document = Document::load(&document.to_string(), &budget).unwrap();
    compare(&document, &Contract::load(&contract.to_string(), &budget).unwrap(), Profile::Sound).findings
}

fn event(description: &str, contents: &Value, rules: &Value) -> Value {
    json!({"description": description, "contents": contents, "metaData": {"contentType": "application/json"},
        "matchingRules": {"body": rules}})
}

fn score() -> Value {
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["score"],
        "properties": {"score": {"type": "number", "minimum": 0, "maximum": 1}, "label": {"enum": ["good", "bad"]}}})
}

fn type_rule(path: &str, matcher: &Value) -> Value {
    json!({path: {"matchers": [matcher]}})
}

#[test]
fn messages_are_held_against_a_json_schema_with_their_rules() {
    let document = score();
    let seen_of = |contents: Value, rules: Value| {
        let found = of_messages(&document, &[event("a prediction", &contents, &rules)]);
        seen(&found).iter().map(|(code, at)| format!("{code} {at}")).collect::<Vec<_>>()
    };

    assert_eq!(seen_of(json!({"score": 0.5}), json!({})), ["message.matched /messages/0"]);
    assert_eq!(
        seen_of(json!({"score": 2}), json!({})),
        ["message.no.match /messages/0", "message.payload.incompatible /messages/0/contents/score"]
    );
    assert_eq!(
        seen_of(
            json!({"score": 0.5, "label": "good"}),
            type_rule("$.label", &json!({"match": "regex", "regex": "^good$"}))
        ),
        ["message.no.match /messages/0", "response.body.wider /messages/0/contents/label"]
    );
    assert_eq!(
        seen_of(json!({"score": 1, "label": "good"}), type_rule("$.label", &json!({"match": "type"}))),
        ["response.body.optional /messages/0/contents/label", "message.matched /messages/0"]
    );
}

#[test]
fn a_part_of_a_json_schema_describes_the_message_that_is_called_so() {
    let document = json!({"$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"Made": {"properties": {"id": {"type": "string"}}}, "Gone": {"properties": {"id": {"type": "integer"}}}}});

    let found = of_messages(
        &document,
        &[event("gone", &json!({"id": 1}), &json!({})), event("gone", &json!({"id": "x"}), &json!({}))],
    );

    assert_eq!(seen(&found)[0], ("message.matched", "/messages/0"));
    assert_eq!(found[0].document.pointer.as_str(), "/$defs/Gone");
    assert_eq!(seen(&found)[1], ("message.no.match", "/messages/1"));
}

fn channels() -> Value {
    json!({"asyncapi": "2.6.0", "channels": {"things": {"subscribe": {"operationId": "tell",
            "message": {"oneOf": [{"$ref": "#/components/messages/Made"}, {"name": "gone", "payload": {"type": "string"}}]}}}},
        "components": {"messages": {"Made": {"payload": {"type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}}}}}}})
}

#[test]
fn operations_of_asyncapi_2_stand_in_its_channels() {
    let budget = Budget::default();
    let document = Document::load(&channels().to_string(), &budget).unwrap();
    let of = |interaction: &Value, profile: Profile| {
        let contract = json!({"metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": [interaction]});
        let found = compare(&document, &Contract::load(&contract.to_string(), &budget).unwrap(), profile).findings;
        found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>()
    };

    for profile in [Profile::Compatible, Profile::Sound] {
        assert_eq!(of(&received("tell", &json!({"id": "1"})), profile), ["message.matched"]);
        assert_eq!(of(&received("tell", &json!("x")), profile), ["message.matched"]);
        assert_eq!(of(&received("tell", &json!(1)), profile), ["message.no.match"]);
        assert_eq!(of(&received("things", &json!("x")), profile), ["message.operation.unknown"]);
    }
}

#[test]
fn a_message_that_names_no_operation_may_be_any_and_one_that_is_called_so_first() {
    let found = of_messages(
        &channels(),
        &[
            event("gone", &json!("x"), &json!({})),
            event("gone", &json!({"id": "1"}), &json!({})),
            event("else", &json!({"id": "1"}), &json!({})),
        ],
    );

    let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|finding| (finding.code.as_str(), finding.contract.pointer.as_str())).collect();
    assert_eq!(errors, [("message.no.match", "/messages/1")]);
    assert!(
        found
            .iter()
            .any(|finding| finding.code == Code::MessageReferencesMissing && finding.severity == Severity::Warning)
    );
}

#[test]
fn a_payload_in_a_language_that_is_not_read_is_said_to_be_unseen() {
    let document = json!({"asyncapi": "2.6.0", "channels": {"things": {"publish": {"operationId": "tell",
        "message": {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "payload": {"type": "record"}}}}}});

    let found = of_messages(&document, &[event("made", &json!({"id": 1}), &json!({}))]);

    assert!(found.iter().any(|finding| finding.code == Code::MessagePayloadUnvalidatable), "{found:?}");
}
