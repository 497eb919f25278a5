//! Messages against the operations of an AsyncAPI document.

use serde_json::{Value, json};

use super::super::{Profile, compare};
use crate::contract::Contract;
use crate::document::Document;
use crate::finding::Finding;
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
