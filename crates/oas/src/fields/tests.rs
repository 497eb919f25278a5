//! What is listed as unused.

use super::*;
use crate::source::Budget;

const DOCUMENT: &str = "
openapi: 3.0.3
info: {title: stock, version: '1'}
servers: [{url: 'https://example.org/v1'}]
paths:
  /items/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: one
          headers: {ETag: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}
        '404': {description: none}
    delete: {responses: {'204': {description: gone}}}
  /items/latest:
    get: {responses: {'200': {description: one}}}
components:
  schemas:
    Item:
      allOf: [{$ref: '#/components/schemas/Named'}]
      properties:
        price: {type: object, properties: {net: {type: number}, tax: {type: number}}}
        parts: {type: array, items: {$ref: '#/components/schemas/Item'}}
    Named: {properties: {name: {type: string}}}
";

fn element(method: &str, path: &str, status: u16, part: Part, name: &str) -> Element {
    Element { method: method.into(), path: path.into(), status, part, name: name.into() }
}

fn check(used: &[Element], expected: &[&str]) {
    let document = Document::load(DOCUMENT, &Budget::default()).unwrap();
    let written = unused(&document, used).into_iter().map(|offered| {
        let Offered { method, path, status, part, name, .. } = offered;
        format!("{method} {path} {} {} {name}", status.as_deref().unwrap_or("-"), part.as_str()).trim_end().to_owned()
    });

    assert_eq!(written.collect::<Vec<_>>(), expected);
}

#[test]
fn without_users_only_operations_are_listed() {
    check(&[], &["GET /items/{id} - operation", "DELETE /items/{id} - operation", "GET /items/latest - operation"]);
}

#[test]
fn of_what_is_used_the_unused_parts_are_listed_but_not_their_own() {
    let of = |part, name| element("GET", "/items/{}", 200, part, name);
    let used = [
        element("GET", "/items/{}", 0, Part::Operation, ""),
        of(Part::Status, ""),
        of(Part::ResponseBody, ""),
        of(Part::ResponseBody, "/parts"),
        of(Part::ResponseBody, "/parts/*"),
        of(Part::ResponseBody, "/parts/*/name"),
        element("GET", "/v1/items/latest", 200, Part::Status, ""),
    ];
    check(
        &used,
        &[
            "GET /items/{id} - query size",
            "GET /items/{id} - request-header X-Trace",
            "GET /items/{id} 200 response-header ETag",
            "GET /items/{id} 200 response-body /price",
            "GET /items/{id} 200 response-body /parts/*/price",
            "GET /items/{id} 200 response-body /parts/*/parts",
            "GET /items/{id} 200 response-body /name",
            "DELETE /items/{id} - operation",
        ],
    );
}
