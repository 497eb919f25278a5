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
    check_of(OLD, edit, contracts, expected)
}

fn check_of(old: &str, edit: (&str, &str), contracts: &[String], expected: &[&str]) -> Preview {
    assert!(old.contains(edit.0), "{edit:?}");
    let load = |text: &str| Document::load(text, &Budget::default()).unwrap();
    let (old, new) = (load(old), load(&old.replacen(edit.0, edit.1, 1)));
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
fn what_did_not_fit_before_is_not_broken_by_it() {
    let preview = check(
        ("price: {type: number}", "price: {type: integer}"),
        &[contract("GET", r#"{"name": "a", "tax": 1}"#)],
        &["Info response-property-type-specialized breaks {} uses {}"],
    );
    assert_eq!((preview.failed_before, preview.broken), (BTreeSet::from([0]), Vec::new()));
}

#[test]
fn what_did_not_fit_before_hides_nothing_new() {
    let preview = check(
        ("        price: {type: number}\n", ""),
        &[contract("GET", r#"{"price": 1.5, "tax": 1}"#)],
        &["Breaking response-required-property-removed breaks {0} uses {}"],
    );
    assert_eq!(preview.failed_before, BTreeSet::from([0]));
    let broken: Vec<_> = preview.broken.iter().map(|broken| broken.finding.place.within.join("/")).collect();
    assert_eq!(broken, ["price"]);
}

#[test]
fn what_led_nowhere_before_is_not_broken_by_an_operation_that_it_does_not_fit() {
    let preview = check(
        ("    delete:", "    put: {responses: {'204': {description: put}}}\n    delete:"),
        &[contract("PUT", r#"{"id": 1}"#)],
        &["Info endpoint-added breaks {} uses {}"],
    );
    assert_eq!((preview.failed_before, preview.broken), (BTreeSet::from([0]), Vec::new()));
}

#[test]
fn who_has_a_body_that_nobody_can_look_into_may_use_all_of_it() {
    let xml = contract("GET", r#""<item><price>1</price></item>""#).replace("application/json", "application/xml");
    let (from, to) =
        ("content: {application/json:", "content: {application/xml: {schema: {type: string}}, application/json:");
    let old = OLD.replacen(from, to, 1);
    check_of(
        &old,
        ("price: {type: number}", "price: {type: number, nullable: true}"),
        &[xml, contract("GET", r#"{"id": 1}"#)],
        &["Warning response-property-became-nullable breaks {} uses {0}"],
    );
}

#[test]
fn who_sends_a_part_of_a_parameter_uses_it() {
    let mut caller = contract("DELETE", "");
    caller = caller.replace("\"path\": \"/items/42\"", "\"path\": \"/items/42\", \"query\": \"sizes%5B%5D=1\"");
    let old = OLD.replacen(
        "    delete: {",
        "    delete: {parameters: [{name: sizes, in: query, schema: {type: array, items: {type: integer}}}], ",
        1,
    );
    check_of(
        &old,
        ("items: {type: integer}", "items: {type: integer, maximum: 9}"),
        &[caller],
        &["Warning request-parameter-max-set breaks {} uses {0}"],
    );
}

#[test]
fn the_same_document_breaks_nobody() {
    check(("stock", "stock"), &[contract("GET", r#"{"id": 1}"#)], &[]);
}
