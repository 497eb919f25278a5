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
    check_of(DOCUMENT, used, expected);
}

fn check_of(document: &str, used: &[Element], expected: &[&str]) {
    let document = Document::load(document, &Budget::default()).unwrap();
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

/// A document of one operation, with these parameters and this schema of its response.
fn one_operation(parameters: &str, schema: &str) -> String {
    let content = format!("{{application/json: {{schema: {schema}}}}}");
    let get = format!("{{parameters: {parameters}, responses: {{'200': {{description: a, content: {content}}}}}}}");
    format!("{{openapi: 3.0.3, info: {{title: a, version: '1'}}, paths: {{/a: {{get: {get}}}}}}}")
}

/// The operation's status and the response's fields of these names.
fn reading(path: &str, fields: &[&str]) -> Vec<Element> {
    let of = |part, name| element("GET", path, 200, part, name);
    let fields = fields.iter().map(|name| of(Part::ResponseBody, name));
    std::iter::once(of(Part::Status, "")).chain(fields).collect()
}

#[test]
fn of_a_body_that_nobody_can_look_into_no_field_is_unused() {
    let document = one_operation("[]", "{properties: {name: {type: string}}}");
    check_of(&document, &reading("/a", &[""]), &[]);
    check_of(&document, &reading("/a", &[]), &["GET /a 200 response-body"]);
    check_of(&document, &reading("/a", &["", "/id"]), &["GET /a 200 response-body /name"]);
}

#[test]
fn a_parameter_that_is_a_list_or_an_object_is_used_by_its_parts() {
    let query = |name: &str| format!("{{name: '{name}', in: query, schema: {{type: array}}}}");
    let parameters = ["ids", "filter", "tags[]", "sort"].map(query).join(", ");
    let document = one_operation(&format!("[{parameters}]"), "{type: string}");
    let mut used = reading("/a", &[""]);
    for name in ["ids[]", "filter[colour]", "tags[]"] {
        used.push(element("GET", "/a", 0, Part::Query, name));
    }

    check_of(&document, &used, &["GET /a - query sort"]);
}

#[test]
fn who_reads_all_members_of_a_map_uses_those_that_have_names() {
    let price = "{type: object, properties: {net: {type: number}, tax: {type: number}}}";
    let named = format!("{{properties: {{prices: {{properties: {{a/b: {price}, c: {price}}}}}}}}}");
    let document = one_operation("[]", &named);
    check_of(
        &document,
        &reading("/a", &["", "/prices", "/prices/*", "/prices/*/net"]),
        &["GET /a 200 response-body /prices/a~1b/tax", "GET /a 200 response-body /prices/c/tax"],
    );

    let any = format!("{{properties: {{prices: {{additionalProperties: {price}}}}}}}");
    let document = one_operation("[]", &any);
    check_of(&document, &reading("/a", &["", "/prices", "/prices/*", "/prices/*/net", "/prices/d/tax"]), &[]);
}

#[test]
fn a_path_that_several_operations_may_be_meant_by_uses_them_all() {
    let get = "{get: {responses: {'200': {description: a}}}}";
    let paths = ["/years/{year}", "/years/2026", "/years/2027", "/years/latest", "/{any}/2026", "/days/{day}"];
    let paths = paths.map(|path| format!("'{path}': {get}")).join(", ");
    let document = format!("{{openapi: 3.0.3, info: {{title: a, version: '1'}}, paths: {{{paths}}}}}");

    check_of(
        &document,
        &reading("/years/{}", &[]),
        &["GET /years/latest - operation", "GET /{any}/2026 - operation", "GET /days/{day} - operation"],
    );
}

#[test]
fn schemas_that_lead_to_each_other_in_many_ways_are_looked_at_once() {
    let level = |level: usize| {
        let next = format!("{{$ref: '#/components/schemas/S{}'}}", level + 1);
        format!("S{level}: {{allOf: [{next}, {next}], anyOf: [{next}, {next}]}}, ")
    };
    let schemas: String = (0..38).map(level).collect();
    let first = one_operation("[]", "{$ref: '#/components/schemas/S0'}");
    let document = first.trim_end_matches('}');
    let document = format!(
        "{document}{}, components: {{schemas: {{{schemas} S38: {{properties: {{name: {{type: string}}}}}}}}}}}}",
        "}".repeat(first.len() - document.len() - 1),
    );

    check_of(&document, &reading("/a", &["", "/id"]), &["GET /a 200 response-body /name"]);
}
