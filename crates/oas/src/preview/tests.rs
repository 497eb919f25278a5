//! Whom changes are said to hit.

use pactolus_domain::usage::usage;

use super::*;
use crate::source::Budget;

const OLD: &str = "
openapi: 3.0.3
info: {title: stock, version: '1'}
paths:
  /items/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer}}
      responses:
        '200':
          description: one
          content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}
    delete: {responses: {'204': {description: gone}}}
components:
  schemas:
    Item:
      type: object
      required: [id, price, name, parts]
      properties:
        id: {type: integer}
        price: {type: number}
        name: {type: string}
        parts: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}}}}
";

fn contract(method: &str, body: &str) -> String {
    let request = format!(r#"{{"method": "{method}", "path": "/items/42"}}"#);
    let rules = r#"{"body": {"$": {"matchers": [{"match": "type"}]}}}"#;
    let body = if body.is_empty() {
        r#"{"status": 204}"#.to_owned()
    } else {
        let headers = r#"{"Content-Type": "application/json"}"#;
        format!(r#"{{"status": 200, "headers": {headers}, "body": {body}, "matchingRules": {rules}}}"#)
    };
    let interaction = format!(r#"{{"description": "an item", "request": {request}, "response": {body}}}"#);
    format!(r#"{{"interactions": [{interaction}], "metadata": {{"pactSpecification": {{"version": "3.0.0"}}}}}}"#)
}

/// Each change as its level, id, who breaks and who else uses it.
fn check(edit: (&str, &str), contracts: &[String], expected: &[&str]) -> Preview {
    assert!(OLD.contains(edit.0), "{edit:?}");
    let load = |text: &str| Document::load(text, &Budget::default()).unwrap();
    let (old, new) = (load(OLD), load(&OLD.replacen(edit.0, edit.1, 1)));
    let read: Vec<(Contract, BTreeSet<Element>)> = contracts
        .iter()
        .map(|text| (Contract::load(text, &Budget::default()).unwrap(), usage(text).unwrap()))
        .collect();
    let consumers: Vec<Consumer<'_>> = read.iter().map(|(contract, used)| Consumer { contract, used }).collect();

    let preview = preview(&old, &new, &consumers, Day::new(2026, 1, 1).unwrap());

    let written = preview.changes.iter().map(|graded| {
        format!("{:?} {} breaks {:?} uses {:?}", graded.level, graded.change.id, graded.breaks, graded.uses)
    });
    assert_eq!(written.collect::<Vec<_>>(), expected);
    preview
}

#[test]
fn a_removed_field_breaks_who_reads_it() {
    let readers = [contract("GET", r#"{"price": 1.5}"#), contract("GET", r#"{"name": "a"}"#)];
    let preview = check(
        ("        price: {type: number}\n", ""),
        &readers,
        &["Breaking response-required-property-removed breaks {0} uses {}"],
    );
    assert!(preview.broken.iter().all(|broken| broken.consumer == 0 && broken.changes == [0]), "{preview:?}");
}

#[test]
fn a_field_of_an_item_of_a_list_is_found() {
    let readers = [contract("GET", r#"{"parts": [{"sku": "a"}]}"#), contract("GET", r#"{"id": 1}"#)];
    check(
        ("sku: {type: string}", "sku: {type: integer}"),
        &readers,
        &["Breaking response-property-type-changed breaks {0} uses {}"],
    );
}

#[test]
fn what_nobody_uses_hits_nobody() {
    check(
        ("name: {type: string}", "name: {type: integer}"),
        &[contract("GET", r#"{"id": 1}"#)],
        &["Info response-property-type-changed breaks {} uses {}"],
    );
}

#[test]
fn a_parameter_that_becomes_required_breaks_who_calls_without_it() {
    let callers = [contract("GET", r#"{"id": 1}"#), contract("DELETE", "")];
    check(
        ("in: query, schema", "in: query, required: true, schema"),
        &callers,
        &["Breaking request-parameter-became-required breaks {0} uses {}"],
    );
}

#[test]
fn an_operation_that_is_gone_breaks_who_calls_it() {
    let callers = [contract("GET", r#"{"id": 1}"#), contract("DELETE", "")];
    check(
        ("    delete: {responses: {'204': {description: gone}}}\n", ""),
        &callers,
        &["Breaking api-removed-without-deprecation breaks {1} uses {}"],
    );
}

#[test]
fn what_breaks_by_the_document_but_not_by_a_contract_that_uses_it_is_a_warning() {
    // A media type that the consumer did not ask for is one more that it could get.
    let mut reader = contract("GET", r#"{"price": 1.5}"#);
    reader = reader.replace("\"match\": \"type\"", "\"match\": \"type\", \"min\": 0");
    check(
        ("price: {type: number}", "price: {type: number, nullable: true}"),
        &[reader],
        &["Warning response-property-became-nullable breaks {} uses {0}"],
    );
}

#[test]
fn who_did_not_fit_before_is_not_broken_by_it() {
    let preview = check(
        ("        price: {type: number}\n", ""),
        &[contract("GET", r#"{"price": 1.5, "tax": 1}"#)],
        &["Warning response-required-property-removed breaks {} uses {0}"],
    );
    assert_eq!(preview.failed_before, BTreeSet::from([0]));
}

#[test]
fn the_same_document_breaks_nobody() {
    check(("stock", "stock"), &[contract("GET", r#"{"id": 1}"#)], &[]);
}
