//! The API document is sound, and looking exchanges up in it finds what differs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::api_document::{ApiDocument, Exchange, FILE};

mod sound {
    //! What OpenAPI 3.1 asks of a document and no tool at hand checks without a network.

    use super::*;

    fn document() -> Value {
        let text = std::fs::read_to_string(FILE).expect("the document stands in the workspace");
        serde_yaml_ng::from_str(&text).expect("it is YAML")
    }

    /// Every value in the document with the JSON pointer that leads to it.
    fn walk<'a>(value: &'a Value, pointer: &str, visit: &mut impl FnMut(&str, &'a Value)) {
        visit(pointer, value);
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    walk(member, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), visit);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{index}"), visit);
                }
            }
            _ => {}
        }
    }

    fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
        value.as_object().into_iter().flatten()
    }

    fn items(value: &Value) -> impl Iterator<Item = &Value> {
        value.as_array().into_iter().flatten()
    }

    fn operations(document: &Value) -> Vec<(String, &Value, &Value)> {
        let methods = ["get", "put", "post", "delete", "patch"];
        members(&document["paths"])
            .flat_map(|(path, item)| {
                let operations = members(item).filter(|(key, _)| methods.contains(&key.as_str()));
                operations.map(move |(method, operation)| (format!("{method} {path}"), item, operation))
            })
            .collect()
    }

    fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                document.pointer(&reference[1..]).expect("a test of its own says that references resolve")
            }
            None => value,
        }
    }

    fn is_in_example(pointer: &str) -> bool {
        pointer.split('/').any(|step| step == "example" || step == "examples")
    }

    /// Pointers to all schemas that stand in the document by themselves, not inside another schema.
    fn schemas(document: &Value) -> Vec<String> {
        let mut pointers: Vec<String> = members(&document["components"]["schemas"])
            .map(|(name, _)| format!("/components/schemas/{name}"))
            .collect();
        walk(document, "", &mut |pointer, _| {
            let is_outermost = pointer.ends_with("/schema") && !pointer.starts_with("/components/schemas/");
            if is_outermost && !is_in_example(pointer) {
                pointers.push(pointer.to_owned());
            }
        });
        pointers
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut references = 0;

        walk(&document, "", &mut |pointer, value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                references += 1;
                let target = reference.strip_prefix('#').and_then(|target| document.pointer(target));
                assert!(target.is_some(), "{pointer}: {reference} leads nowhere");
            }
        });

        assert!(references > 500, "only {references} references were looked at");
    }

    #[test]
    fn every_component_is_used() {
        let document = document();
        let mut used = BTreeSet::new();
        walk(&document, "", &mut |_, value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                used.insert(reference.to_owned());
            }
        });
        // Stands for answers to methods that a path does not have, so no operation can refer to it.
        used.insert("#/components/responses/MethodNotAllowed".to_owned());

        for (kind, components) in members(&document["components"]).filter(|(kind, _)| *kind != "securitySchemes") {
            for (name, _) in members(components) {
                assert!(used.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is not used");
            }
        }
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_a_known_tag() {
        let document = document();
        let tags: Vec<&Value> = items(&document["tags"]).map(|tag| &tag["name"]).collect();
        let mut ids = BTreeMap::new();

        for (name, _, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
            if let Some(other) = ids.insert(id, name.clone()) {
                panic!("{id} is both {other} and {name}");
            }
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(items(&operation["tags"]).count() == 1, "{name} has not one tag");
            assert!(items(&operation["tags"]).all(|tag| tags.contains(&tag)), "{name} has an unknown tag");
        }
    }

    #[test]
    fn path_parameters_are_those_of_the_template() {
        let document = document();

        for (name, item, operation) in operations(&document) {
            let in_template: BTreeSet<&str> =
                name.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
            let declared: Vec<&Value> = items(&item["parameters"])
                .chain(items(&operation["parameters"]))
                .map(|parameter| resolved(&document, parameter))
                .filter(|parameter| parameter["in"] == "path")
                .collect();

            assert!(declared.iter().all(|parameter| parameter["required"] == true), "{name}: not required");
            let declared_names: BTreeSet<&str> =
                declared.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
            assert_eq!(declared_names, in_template, "{name}");
            assert_eq!(declared.len(), declared_names.len(), "{name} declares a parameter twice");
        }
    }

    #[test]
    fn every_operation_can_succeed_and_says_how() {
        let document = document();

        for (name, _, operation) in operations(&document) {
            let statuses: Vec<&String> = members(&operation["responses"]).map(|(status, _)| status).collect();
            let is_success = |status: &&&String| status.starts_with('2') || status.starts_with('3');
            assert!(statuses.iter().find(is_success).is_some(), "{name} only fails: {statuses:?}");
            for (status, response) in members(&operation["responses"]) {
                let number: u16 = status.parse().unwrap_or_else(|_| panic!("{name}: {status} is not a status"));
                let response = resolved(&document, response);
                assert!((200..600).contains(&number), "{name}: {status}");
                assert!(response["description"].is_string(), "{name}: {status} has no description");
                let is_empty = matches!(number, 204 | 303 | 304);
                assert_eq!(response.get("content").is_none(), is_empty, "{name}: {status} and its content");
            }
        }
    }

    #[test]
    fn no_key_is_misspelt() {
        let document = document();
        let check = |place: &str, value: &Value, known: &str| {
            for (key, _) in members(value) {
                assert!(known.split(' ').any(|known| known == key), "{place} has an unknown key {key}");
            }
        };
        let parameter = "$ref description required deprecated schema example name in";
        let operation_keys =
            "operationId tags summary description deprecated parameters requestBody responses security";

        for (name, item, operation) in operations(&document) {
            check(&name, item, "parameters get put post delete patch");
            check(&name, operation, operation_keys);
            for declared in items(&item["parameters"]).chain(items(&operation["parameters"])) {
                check(&name, resolved(&document, declared), parameter);
            }
            let body = resolved(&document, &operation["requestBody"]);
            check(&name, body, "description required content");
            let responses: Vec<&Value> =
                members(&operation["responses"]).map(|(_, response)| resolved(&document, response)).collect();
            for response in &responses {
                check(&name, response, "description headers content");
                for (_, header) in members(&response["headers"]) {
                    check(&name, resolved(&document, header), parameter);
                }
            }
            for holder in responses.into_iter().chain([body]) {
                for (_, media_type) in members(&holder["content"]) {
                    check(&name, media_type, "schema example examples");
                }
            }
        }
    }

    /// Unknown keywords are allowed in JSON Schema, so a misspelt one would check nothing and say nothing.
    #[test]
    fn no_keyword_of_a_schema_is_misspelt() {
        fn check(pointer: &str, schema: &Value) {
            for (keyword, value) in members(schema) {
                let pointer = format!("{pointer}/{keyword}");
                match keyword.as_str() {
                    "properties" => members(value).for_each(|(key, schema)| check(&format!("{pointer}/{key}"), schema)),
                    "anyOf" | "oneOf" | "allOf" => items(value).for_each(|schema| check(&pointer, schema)),
                    "items" | "additionalProperties" | "propertyNames" | "not" | "if" | "then" | "else" => {
                        check(&pointer, value);
                    }
                    "$ref" | "type" | "required" | "enum" | "const" | "pattern" | "format" | "minLength"
                    | "maxLength" | "minItems" | "maxItems" | "minProperties" | "minimum" | "maximum" | "default"
                    | "description" | "deprecated" | "contentEncoding" | "contentMediaType" => {}
                    _ => panic!("{pointer}: unknown keyword"),
                }
            }
        }
        let document = document();

        for pointer in schemas(&document) {
            check(&pointer, document.pointer(&pointer).expect("the pointer was found by walking"));
        }
    }

    #[test]
    fn every_schema_is_one_and_compiles() {
        let document = document();
        let pointers = schemas(&document);

        for pointer in &pointers {
            let schema = document.pointer(pointer).expect("the pointer was found by walking");
            if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
                panic!("{pointer}: {error}");
            }
            // The verdict does not matter, only that there is one: a schema that does not compile has none.
            if let Err(error) = ApiDocument::load().check_value(pointer, &Value::Null) {
                assert!(error.starts_with("at \"\""), "{pointer}: {error}");
            }
        }

        assert!(pointers.len() > 150, "only {} schemas were looked at", pointers.len());
    }

    #[test]
    fn every_example_is_valid() {
        let document = document();
        let mut examples = Vec::new();
        walk(&document, "", &mut |pointer, value| {
            if value.get("schema").is_some() && !is_in_example(pointer) {
                let named = members(&value["examples"]).map(|(_, example)| &example["value"]);
                examples
                    .extend(value.get("example").into_iter().chain(named).map(|example| (pointer.to_owned(), example)));
            }
        });

        for (pointer, example) in &examples {
            if let Err(error) = ApiDocument::load().check_value(&format!("{pointer}/schema"), example) {
                panic!("the example of {pointer} is wrong {error}");
            }
        }

        assert!(examples.len() > 30, "only {} examples were looked at", examples.len());
    }

    /// Pages and commands for people are made of them.
    #[test]
    fn every_variable_of_a_path_has_an_example() {
        let document = document();

        for (name, item, operation) in operations(&document) {
            for parameter in items(&item["parameters"]).chain(items(&operation["parameters"])) {
                let parameter = resolved(&document, parameter);
                assert!(parameter["in"] != "path" || parameter["example"].is_string(), "{name}: {}", parameter["name"]);
            }
        }
    }

    #[test]
    fn operations_are_listed_with_method_and_template() {
        let document = document();

        let listed: BTreeSet<String> =
            ApiDocument::load().operations().into_iter().map(|(method, path)| format!("{method} {path}")).collect();

        assert!(listed.contains("POST /contracts/publish"));
        assert!(listed.contains("DELETE /pacticipants/{pacticipant}/versions/{version}/tags/{tag}"));
        assert_eq!(listed.len(), operations(&document).len());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let error = ApiDocument::parse("paths:\n  /a: {}\n  /a: {}\n").err().expect("one would win silently");

        assert!(error.contains("duplicate"), "{error}");
    }
}

mod looking_up {
    use super::*;

    const HEARTBEAT: Exchange<'_> = Exchange {
        method: "GET",
        path: "/diagnostic/status/heartbeat",
        status: 200,
        request_content_type: None,
        request_body: b"",
        response_content_type: Some("application/hal+json;charset=utf-8"),
        response_body: br#"{"ok":true,"_links":{"self":{"href":"http://localhost/diagnostic/status/heartbeat"}}}"#,
    };

    const NOT_FOUND: Exchange<'_> = Exchange {
        method: "GET",
        path: "/pacticipants/shop",
        status: 404,
        request_content_type: None,
        request_body: b"",
        response_content_type: Some("application/problem+json"),
        response_body: br#"{"title":"Not found","type":"/problem/not-found","detail":"no shop","status":404}"#,
    };

    const TAGGED: Exchange<'_> = Exchange {
        method: "PUT",
        path: "/pacticipants/shop/versions/1/tags/feat%2Fx",
        status: 201,
        request_content_type: Some("application/json"),
        request_body: b"{}",
        response_content_type: Some("application/hal+json;charset=utf-8"),
        response_body: br#"{"name":"feat/x","createdAt":"2026-11-22T06:48:46+00:00","_links":{
            "self":{"title":"Tag","name":"feat/x","href":"http://localhost/pacticipants/shop/versions/1/tags/feat%2Fx"},
            "version":{"title":"Version","name":"1","href":"http://localhost/pacticipants/shop/versions/1"},
            "pacticipant":{"title":"Pacticipant","name":"shop","href":"http://localhost/pacticipants/shop"}}}"#,
    };

    const DEPLOYMENT_ENDED: Exchange<'_> = Exchange {
        method: "PATCH",
        path: "/deployed-versions/1",
        status: 404,
        request_content_type: Some("application/merge-patch+json"),
        request_body: br#"{"currentlyDeployed":false}"#,
        response_content_type: Some("application/json"),
        response_body: br#"{"error":"there is no such deployment"}"#,
    };

    /// A document in which literal and variable segments compete, and bodies are small.
    const SMALL: &str = "
paths:
  /things/{thing}:
    get: { responses: { '204': { description: by name } } }
    post:
      requestBody:
        required: true
        content:
          application/json: { schema: { type: object, required: [name] } }
      responses: { '204': { description: made } }
  /things/latest:
    get: { responses: { '205': { description: the literal } } }
  /{kind}/latest/{part}:
    get: { responses: { '206': { description: starts with a variable } } }
  /things/{thing}/{part}:
    get: { responses: { '207': { description: starts with a literal } } }
";

    #[track_caller]
    fn accepted(exchange: Exchange<'_>) {
        assert_eq!(ApiDocument::load().check(&exchange), Ok(()));
    }

    #[track_caller]
    fn refused(exchange: Exchange<'_>, reason: &str) {
        let error = ApiDocument::load().check(&exchange).expect_err("the document does not describe this");
        assert!(error.contains(reason), "{error}");
    }

    #[track_caller]
    fn found(path: &str, status: u16) {
        let exchange = Exchange { path, status, response_body: b"", response_content_type: None, ..HEARTBEAT };
        assert_eq!(ApiDocument::parse(SMALL).expect("a document").check(&exchange), Ok(()));
    }

    #[track_caller]
    fn posted(content_type: Option<&str>, body: &[u8]) -> Result<(), String> {
        let exchange = Exchange {
            method: "POST",
            path: "/things/a",
            status: 204,
            request_content_type: content_type,
            request_body: body,
            response_content_type: None,
            response_body: b"",
        };
        ApiDocument::parse(SMALL).expect("a document").check(&exchange)
    }

    #[test]
    fn what_the_document_describes_is_accepted() {
        accepted(HEARTBEAT);
        accepted(NOT_FOUND);
        accepted(TAGGED);
        accepted(DEPLOYMENT_ENDED);
    }

    #[test]
    fn an_unknown_path_is_refused() {
        refused(Exchange { path: "/diagnostic", ..HEARTBEAT }, "no such path");
    }

    #[test]
    fn a_slash_in_a_name_is_only_one_when_it_is_encoded() {
        refused(Exchange { path: "/pacticipants/shop/versions/1/tags/feat/x", ..TAGGED }, "no such path");
    }

    #[test]
    fn an_empty_name_is_refused() {
        refused(Exchange { path: "/pacticipants//versions/1/tags/x", ..TAGGED }, "no such path");
    }

    #[test]
    fn one_trailing_slash_is_tolerated() {
        accepted(Exchange { path: "/diagnostic/status/heartbeat/", ..HEARTBEAT });
        refused(Exchange { path: "/diagnostic/status/heartbeat//", ..HEARTBEAT }, "no such path");
    }

    #[test]
    fn literal_segments_win_over_variables_from_the_left() {
        found("/things/a", 204);
        found("/things/latest", 205);
        found("/others/latest/a", 206);
        found("/things/latest/a", 207);
    }

    #[test]
    fn an_unknown_method_is_refused() {
        refused(Exchange { method: "PUT", ..HEARTBEAT }, "does not have this method");
        refused(
            Exchange { method: "PARAMETERS", path: "/pacticipants/shop", ..HEARTBEAT },
            "does not have this method",
        );
    }

    #[test]
    fn an_unknown_method_may_be_refused_by_the_server() {
        let refusal = Exchange { method: "PUT", status: 405, response_body: br#"{"error":"use GET"}"#, ..HEARTBEAT };

        accepted(refusal);
        refused(Exchange { response_body: b"{}", ..refusal }, "\"error\" is a required property");
        refused(Exchange { method: "GET", ..refusal }, "does not have this status");
    }

    #[test]
    fn an_undocumented_status_is_refused() {
        refused(Exchange { status: 500, ..HEARTBEAT }, "does not have this status");
    }

    #[test]
    fn a_wrong_content_type_is_refused() {
        let reason = "\"application/json\" is not one of application/hal+json";

        refused(Exchange { response_content_type: Some("application/json"), ..HEARTBEAT }, reason);
    }

    #[test]
    fn a_missing_content_type_is_refused() {
        refused(Exchange { response_content_type: None, ..HEARTBEAT }, "no content type");
    }

    #[test]
    fn parameters_and_case_of_a_content_type_do_not_matter() {
        accepted(Exchange { response_content_type: Some("Application/HAL+JSON; a=b"), ..HEARTBEAT });
    }

    #[test]
    fn a_missing_key_is_refused() {
        refused(Exchange { response_body: br#"{"ok":true}"#, ..HEARTBEAT }, "\"_links\" is a required property");
    }

    #[test]
    fn a_wrong_type_is_refused_with_its_place() {
        let body = br#"{"ok":true,"_links":{"self":{"href":7}}}"#;

        refused(Exchange { response_body: body, ..HEARTBEAT }, "at \"/_links/self/href\": 7 is not of type \"string\"");
    }

    #[test]
    fn additional_keys_are_accepted() {
        let mut body: Value = serde_json::from_slice(TAGGED.response_body).expect("JSON");
        body["addedLater"] = json!(1);

        accepted(Exchange { response_body: body.to_string().as_bytes(), ..TAGGED });
    }

    #[test]
    fn what_is_not_json_is_refused() {
        refused(Exchange { response_body: b"", ..HEARTBEAT }, "response body: not JSON");
        refused(Exchange { response_body: b"ok", ..HEARTBEAT }, "response body: not JSON");
    }

    #[test]
    fn a_problem_says_the_status_of_its_answer() {
        let body = br#"{"title":"Not found","type":"/problem/not-found","detail":"no shop","status":500}"#;

        refused(Exchange { response_body: body, ..NOT_FOUND }, "500, not the status of the answer");
    }

    #[test]
    fn text_is_checked_as_text() {
        let logs = Exchange {
            path: "/triggered-webhooks/1/logs",
            response_content_type: Some("text/plain;charset=utf-8"),
            response_body: b"not yet",
            ..HEARTBEAT
        };

        accepted(logs);
        refused(Exchange { response_body: b"\xff", ..logs }, "response body: not text");
    }

    #[test]
    fn a_body_where_none_is_documented_is_refused() {
        let gone = Exchange {
            method: "DELETE",
            path: "/environments/1",
            status: 204,
            response_body: b"",
            response_content_type: None,
            ..HEARTBEAT
        };

        accepted(gone);
        refused(Exchange { response_body: b"{}", ..gone }, "a body, but");
        refused(Exchange { request_body: b"{}", ..gone }, "takes none");
    }

    #[test]
    fn head_is_get_without_a_body() {
        let head = Exchange { method: "HEAD", response_body: b"", ..HEARTBEAT };

        accepted(head);
        accepted(Exchange { response_content_type: None, ..head });
        refused(Exchange { response_body: b"{}", ..head }, "HEAD was answered with a body");
        refused(Exchange { response_content_type: Some("text/html"), ..head }, "\"text/html\" is not one of");
        refused(Exchange { path: "/contracts/publish", ..head }, "does not have this method");
        refused(Exchange { status: 500, ..head }, "does not have this status");
    }

    #[test]
    fn an_accepted_request_body_is_checked() {
        assert_eq!(posted(Some("application/json"), br#"{"name":"a"}"#), Ok(()));
        let error = posted(Some("application/json"), b"{}").expect_err("the name is missing");
        assert!(error.contains("accepted a request body at \"\": \"name\" is a required property"), "{error}");
    }

    #[test]
    fn a_refused_request_body_is_not_checked() {
        accepted(Exchange { request_body: b"{", request_content_type: Some("text/css"), ..DEPLOYMENT_ENDED });
    }

    #[test]
    fn an_accepted_request_without_its_body_is_refused() {
        let error = posted(Some("application/json"), b"").expect_err("the body is required");

        assert!(error.contains("without the request body"), "{error}");
        accepted(Exchange { request_body: b"", request_content_type: None, ..TAGGED });
    }

    #[test]
    fn other_json_types_and_no_type_are_read_as_json() {
        assert_eq!(posted(None, br#"{"name":"a"}"#), Ok(()));
        assert_eq!(posted(Some("application/hal+json"), br#"{"name":"a"}"#), Ok(()));
    }

    #[test]
    fn an_accepted_request_of_another_type_is_refused() {
        for content_type in ["application/merge-patch+json", "text/plain", "application/x-www-form-urlencoded"] {
            let error = posted(Some(content_type), br#"{"name":"a"}"#).expect_err("the type is not documented");

            assert!(error.contains("accepted a request body, but content type"), "{error}");
        }
    }
}
