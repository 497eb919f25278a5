//! Operations of all versions come out in one form.

use serde_json::{Value, json};

use super::*;
use crate::source::Budget;

fn api(value: &Value) -> Api {
    Api::of(&Document::load(&value.to_string(), &Budget::default()).unwrap())
}

fn only(value: &Value) -> Operation {
    let mut operations = api(value).operations;
    assert_eq!(operations.len(), 1);
    operations.remove(0)
}

#[test]
fn an_operations_parameter_replaces_its_paths() {
    let operation = only(&json!({"openapi": "3.0.0", "paths": {"/a": {
        "parameters": [
            {"name": "id", "in": "query", "schema": {"type": "string"}},
            {"name": "id", "in": "header", "schema": {"type": "string"}}
        ],
        "get": {"parameters": [{"name": "id", "in": "query", "required": true, "schema": {"type": "integer"}}]}
    }}}));

    let seen: Vec<_> = operation.parameters.iter().map(|parameter| (parameter.place, parameter.required)).collect();
    assert_eq!(seen, [(Place::Query, true), (Place::Header, false)]);
    assert_eq!(
        operation.parameters[0].schema,
        Schema::At(Pointer::parse("/paths/~1a/get/parameters/0/schema").unwrap())
    );
}

#[test]
fn a_swagger_body_takes_the_media_types_of_the_operation_or_of_the_document() {
    let operation =
        only(&json!({"swagger": "2.0", "basePath": "/v1", "consumes": ["application/json"], "produces": ["text/csv"],
        "paths": {"/a": {"post": {"produces": [],
            "parameters": [{"in": "body", "name": "body", "required": true, "schema": {"type": "object"}}],
            "responses": {"200": {"schema": {"type": "string"}}}}}}}));

    assert_eq!(operation.base_paths, ["/v1"]);
    assert_eq!(operation.produces, Some(vec![]));
    let body = operation.body.unwrap();
    assert!(body.required);
    assert_eq!(body.content.media_types(), ["application/json"]);
    assert_eq!(operation.responses[0].content.media, []);
    assert_eq!(operation.responses[0].content.any.as_ref().unwrap().as_str(), "/paths/~1a/post/responses/200/schema");
}

#[test]
fn bodies_and_responses_are_found_through_references_and_survive_broken_ones() {
    let operation = only(&json!({"openapi": "3.1.0",
        "components": {
            "requestBodies": {"B": {"required": true, "content": {"application/json": {"schema": {"type": "object"}}}}},
            "responses": {"R": {"headers": {"X": {"$ref": "#/components/headers/H"}}, "content": {"*/*": {}}}},
            "headers": {"H": {"required": true, "schema": {"type": "string"}}}
        },
        "paths": {"/a": {"put": {"requestBody": {"$ref": "#/components/requestBodies/B"},
            "responses": {"2xx": {"$ref": "#/components/responses/R"}, "default": {"$ref": "#/gone"}}}}}}));

    assert_eq!(operation.body.as_ref().unwrap().pointer.as_str(), "/components/requestBodies/B");
    let response = operation.response(204).unwrap();
    assert_eq!(response.status, Status::Range(2));
    assert!(response.headers[0].required);
    assert_eq!(response.content.media_types(), ["*/*"]);
    assert_eq!(operation.response(404).unwrap().content, Content::default());
}

#[test]
fn a_reference_that_leads_nowhere_is_kept_as_broken() {
    let api = api(&json!({"openapi": "3.0.0", "paths": {"/a": {"get": {"parameters": [{"$ref": "#/gone"}]}}}}));

    assert_eq!(api.broken.len(), 1);
    assert_eq!(api.operations[0].parameters, []);
}

#[test]
fn base_paths_come_from_the_nearest_servers_with_their_defaults() {
    let operation = only(&json!({"openapi": "3.0.0", "servers": [{"url": "https://a.example/ignored"}],
        "paths": {"/a": {"servers": [
            {"url": "https://a.example"},
            {"url": "https://{host}/{base}/", "variables": {"host": {"default": "b.example"}, "base": {"default": "v2"}}},
            {"url": "/v3/x"}
        ], "get": {}}}}));

    assert_eq!(operation.base_paths, ["/v2", "/v3/x"]);
}

#[test]
fn operations_of_openapi_3_2_are_found() {
    let api = api(&json!({"openapi": "3.2.0", "paths": {"/a": {"query": {}, "additionalOperations": {"LINK": {}}}}}));

    let methods: Vec<&str> = api.operations.iter().map(|operation| operation.method.as_str()).collect();
    assert_eq!(methods, ["QUERY", "LINK"]);
}

#[test]
fn security_is_the_operations_own_or_the_documents() {
    let api = api(&json!({"openapi": "3.0.0", "security": [{"key": []}],
        "components": {"securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {"type": "http", "scheme": "Bearer"},
            "sso": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example"}
        }},
        "paths": {"/a": {"get": {}, "put": {"security": [{"login": [], "sso": []}, {}]}, "post": {"security": []}}}}));

    let security: Vec<_> = api.operations.iter().map(|operation| operation.security.clone()).collect();
    let (key, login, sso) = ("key".to_owned(), "login".to_owned(), "sso".to_owned());
    assert_eq!(security, [vec![vec![key]], vec![vec![login, sso], vec![]], vec![]]);
    assert_eq!(api.schemes["login"], SecurityScheme::Http("bearer".to_owned()));
    assert_eq!(api.schemes["sso"], SecurityScheme::Elsewhere);
}
