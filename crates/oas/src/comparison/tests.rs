//! Findings of single interactions: where they point to, and what the recordings do not show.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::finding::Finding;
use crate::source::Budget;

fn findings(document: &str, contract: &Value) -> Vec<Finding> {
    let document = Document::load(document, &Budget::default()).unwrap();
    let contract = Contract::load(&serde_json::to_string_pretty(contract).unwrap(), &Budget::default()).unwrap();
    compare(&document, &contract, Profile::Compatible).findings
}

fn pact(request: &Value, response: &Value) -> Value {
    json!({"interactions": [{"description": "it", "request": request, "response": response}]})
}

fn codes(document: &str, request: &Value, response: &Value) -> Vec<&'static str> {
    findings(document, &pact(request, response)).iter().map(|finding| finding.code.as_str()).collect()
}

const PETS: &str = "\
openapi: 3.0.0
paths:
  /pets:
    post:
      requestBody:
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Pet'
      responses:
        '2XX':
          description: made
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Pet'
components:
  schemas:
    Pet:
      type: object
      properties:
        name:
          type: string
          pattern: '^[a-z]+$'
";

fn post(body: &Value) -> Value {
    json!({"method": "post", "path": "/pets", "headers": {"Content-Type": "application/json"}, "body": body})
}

#[test]
fn a_finding_points_to_the_line_of_the_keyword_and_of_the_value() {
    let found = findings(PETS, &pact(&post(&json!({"name": "Rex"})), &json!({"status": 201})));

    assert_eq!(found.len(), 1);
    assert_eq!(
        serde_json::to_value(&found[0]).unwrap(),
        json!({
            "code": "request.body.incompatible",
            "severity": "error",
            "message": "\"Rex\" does not match \"^[a-z]+$\"",
            "interaction": "it",
            "contract": {"pointer": "/interactions/0/request/body/name", "line": 12, "column": 11},
            "document": {"pointer": "/components/schemas/Pet/properties/name/pattern", "line": 25, "column": 11},
            "value": "Rex",
            "constraint": "^[a-z]+$",
            "fixBy": "consumer",
            "edit": "send what the schema allows"
        })
    );
}

#[test]
fn a_keyword_is_found_behind_all_of_although_that_was_merged() {
    let found = findings(PETS, &pact(&post(&json!({})), &json!({"status": 201, "body": {"name": 1, "age": 2}})));

    let mut pointers: Vec<&str> = found.iter().map(|finding| finding.document.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/components/schemas/Pet/properties/name/type",
            "/paths/~1pets/post/responses/2XX/content/application~1json/schema"
        ]
    );
}

#[test]
fn a_refused_request_need_not_be_right() {
    let wrong = json!({"name": 1});

    assert_eq!(codes(PETS, &post(&wrong), &json!({"status": 200})), ["request.body.incompatible"]);
    assert_eq!(codes(PETS, &post(&wrong), &json!({"status": 422})), ["response.status.unknown"]);
}

#[test]
fn a_schema_that_cannot_be_used_is_reported_once_and_held_against_nobody() {
    let broken = PETS.replace("^[a-z]+$", "(");
    let interaction = json!({"request": post(&json!({"name": "x"})), "response": {"status": 201}});

    let found = findings(&broken, &json!({"interactions": [interaction, interaction]}));

    assert_eq!(found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["document.schema.unusable"]);
}

#[test]
fn a_required_body_that_is_missing_fails_as_often_as_its_schema_asks_for_a_type() {
    let required = PETS.replace("requestBody:\n", "requestBody:\n        required: true\n");

    let found = findings(&required, &pact(&json!({"method": "POST", "path": "/pets"}), &json!({"status": 200})));

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].contract.pointer.as_str(), "/interactions/0/request/body");
}

#[test]
fn forms_are_read_before_they_are_held_against_their_schema() {
    let form = PETS.replacen("application/json", "application/x-www-form-urlencoded", 1);
    let request = |body: &str| {
        json!({"method": "POST", "path": "/pets", "body": body,
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}})
    };

    assert_eq!(codes(&form, &request("name=rex"), &json!({"status": 200})), [""; 0]);
    assert_eq!(codes(&form, &request("name=Rex"), &json!({"status": 200})), ["request.body.incompatible"]);
}

#[test]
fn parts_of_a_multipart_body_are_held_against_their_schema() {
    let multipart = PETS.replacen("application/json", "multipart/form-data", 1);
    let request = |name: &str| {
        let body = format!("--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n--B--\r\n");
        json!({"method": "POST", "path": "/pets", "body": body,
            "headers": {"Content-Type": "multipart/form-data; boundary=B"}})
    };

    assert_eq!(codes(&multipart, &request("rex"), &json!({"status": 200})), [""; 0]);
    assert_eq!(codes(&multipart, &request("Rex"), &json!({"status": 200})), ["request.body.incompatible"]);
}

#[test]
fn messages_are_passed_over() {
    assert_eq!(findings(PETS, &json!({"messages": [{"description": "m", "contents": {}}]})), []);
}

#[test]
fn a_schema_that_doubles_at_each_level_is_not_looked_at() {
    let level = |level: usize| {
        let below = json!({"$ref": format!("#/components/schemas/S{}", level + 1)});
        (format!("S{level}"), json!({"allOf": [below, below]}))
    };
    let schemas: serde_json::Map<String, Value> = (0..60).map(level).collect();
    let document = json!({"openapi": "3.0.0", "components": {"schemas": schemas}, "paths": {"/t": {"get": {"responses": {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}}}}});
    let contract = pact(&json!({"method": "GET", "path": "/t"}), &json!({"status": 200, "body": {"a": 1}}));
    let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
    let contract = Contract::load(&contract.to_string(), &Budget::default()).unwrap();

    for profile in [Profile::Compatible, Profile::Sound] {
        let codes: Vec<_> =
            compare(&document, &contract, profile).findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&crate::finding::Code::SchemaUnusable), "{profile:?}: {codes:?}");
    }
}

#[test]
fn schemas_that_only_lead_back_to_themselves_come_to_an_end() {
    let loops = json!({
        "A": {"$ref": "#/components/schemas/A"},
        "B": {"$ref": "#/components/schemas/C"},
        "C": {"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]},
        "D": {"type": "object", "allOf": [{"$ref": "#/components/schemas/D"}, {"$ref": "#/components/schemas/C"}]},
        "E": {"not": {"$ref": "#/components/schemas/E"}},
        "F": {"oneOf": [{"$ref": "#/components/schemas/F"}], "discriminator": {"propertyName": "kind"}}
    });
    for name in ["A", "B", "C", "D", "E", "F"] {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let content = json!({"application/json": {"schema": schema}});
        let parameter = json!({"name": "q", "in": "query", "required": true, "schema": schema});
        let document = json!({"openapi": "3.0.0", "components": {"schemas": loops}, "paths": {"/t": {"post": {
            "parameters": [parameter], "requestBody": {"required": true, "content": content},
            "responses": {"200": {"content": content}}}}}});
        let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
        let body = json!({"kind": "F", "a": [1]});
        for query in [json!("q=1"), Value::Null] {
            let request = json!({"method": "POST", "path": "/t", "query": query, "body": body});
            let rules = json!({"$.body": {"match": "type"}});
            let contract = pact(&request, &json!({"status": 200, "body": body, "matchingRules": rules}));
            let contract = Contract::load(&contract.to_string(), &Budget::default()).unwrap();
            for profile in [Profile::Compatible, Profile::Sound] {
                assert!(compare(&document, &contract, profile).findings.len() < 50, "{name} {profile:?}");
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Schemas as nobody should write them: keywords with whatever value, among some that make sense.
fn any_schema() -> impl Strategy<Value = Value> {
    let reference =
        prop_oneof![Just("#/components/schemas/A"), Just("#/components/schemas/B"), Just("#/gone"), Just("x")];
    let keyword = prop_oneof![
        Just("type"),
        Just("enum"),
        Just("required"),
        Just("nullable"),
        Just("minimum"),
        Just("exclusiveMinimum"),
        Just("pattern"),
        Just("format"),
        Just("items"),
        Just("properties"),
        Just("discriminator"),
        Just("allOf"),
    ];
    let leaf = prop_oneof![
        any_json(),
        reference.prop_map(|reference| json!({"$ref": reference})),
        (keyword, any_json()).prop_map(|(keyword, value)| json!({keyword: value})),
        prop_oneof![Just("string"), Just("object"), Just("array"), Just("integer")]
            .prop_map(|kind| json!({"type": kind})),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..3);
        let map = proptest::collection::btree_map("[ab]", inner.clone(), 0..3);
        let combining = prop_oneof![Just("allOf"), Just("anyOf"), Just("oneOf"), Just("prefixItems"), Just("items")];
        let holding = prop_oneof![Just("properties"), Just("patternProperties"), Just("dependentSchemas")];
        let wrapping =
            prop_oneof![Just("items"), Just("not"), Just("additionalProperties"), Just("contains"), Just("if")];
        prop_oneof![
            (combining, list)
                .prop_map(|(keyword, schemas)| json!({keyword: schemas, "discriminator": {"propertyName": "a"}})),
            (holding, map)
                .prop_map(|(keyword, schemas)| json!({"type": "object", keyword: schemas, "required": ["a"]})),
            (wrapping, inner).prop_map(|(keyword, schema)| json!({keyword: schema, "nullable": true})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_schema_can_be_compared_and_every_finding_names_a_node_of_the_document(
        schemas in proptest::collection::vec(any_schema(), 3),
        body in any_json(),
        version in prop_oneof![Just("3.0.0"), Just("3.1.0")],
    ) {
        let content = json!({"application/json": {"schema": schemas[0]}});
        let parameter = json!({"name": "a", "in": "query", "schema": schemas[1]});
        let document = json!({"openapi": version, "components": {"schemas": {"A": schemas[1], "B": schemas[2]}},
            "paths": {"/t": {"post": {"parameters": [parameter], "requestBody": {"content": content},
                "responses": {"200": {"content": content}}}}}});
        let request = json!({"method": "POST", "path": "/t", "query": "a=1&a=b", "body": body});
        let contract = pact(&request, &json!({"status": 200, "body": body, "matchingRules": {"$.body": {"match": "type"}}}));
        let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
        let contract = Contract::load(&contract.to_string(), &Budget::default()).unwrap();

        for profile in [Profile::Compatible, Profile::Sound] {
            for finding in compare(&document, &contract, profile).findings {
                prop_assert!(document.node(&finding.document.pointer).is_some(), "{:?} names nothing", finding);
            }
        }
    }
}

/// Compares, to be given up once it was asked that often. Returns what came of it, and how often it was asked.
fn compare_for(document: &Value, interaction: &Value, profile: Profile, most: usize) -> (Option<Report>, usize) {
    let budget = Budget::default();
    let document = Document::load(&document.to_string(), &budget).unwrap();
    let contract = json!({"interactions": [interaction], "metadata": {"pactSpecification": {"version": "4.0"}}});
    let contract = Contract::load(&contract.to_string(), &budget).unwrap();
    let asked = std::cell::Cell::new(0);
    let goes_on = || {
        asked.set(asked.get() + 1);
        asked.get() <= most
    };
    let report = Comparator::new(&document, profile).compare_while(&contract, goes_on);
    (report, asked.get())
}

#[track_caller]
fn is_given_up_within(document: &Value, interaction: &Value, profile: Profile) {
    let (whole, asked) = compare_for(document, interaction, profile, usize::MAX);
    assert!(whole.is_some() && asked > 500, "asked {asked} times");
    for most in [1, 3, 100, 500] {
        assert_eq!(compare_for(document, interaction, profile, most), (None, most + 1));
    }
}

fn http(request: &Value, response: &Value) -> Value {
    json!({"type": "Synchronous/HTTP", "description": "it", "request": request, "response": response})
}

#[test]
fn one_long_interaction_is_given_up_within() {
    let object = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "integer"}});
    let content = json!({"application/json": {"schema": {"type": "object", "properties": {"all": object,
        "list": {"type": "array", "items": {"$ref": "#/paths/~1/post/responses/200/content/application~1json/schema/properties/all"}}}}}});
    let document = json!({"openapi": "3.0.0", "paths": {"/": {"post": {"requestBody": {"content": content},
        "responses": {"200": {"content": content}}}}}});
    let header = json!({"Content-Type": ["application/json"]});
    let of = |values: Value| json!({"contentType": "application/json", "content": values});
    let many = |value: Value| -> Value { (0..600).map(|index| (index.to_string(), value.clone())).collect() };
    let plain = json!({"status": 200});
    let asks = |request: Value, response: Value| {
        let (mut request, mut response) = (request, response);
        for (key, value) in [("method", json!("POST")), ("path", json!("/"))] {
            request[key] = value;
        }
        response["status"] = json!(200);
        http(&request, &response)
    };

    for values in
        [json!({"all": many(json!(1))}), json!({"list": vec![json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}); 100]})]
    {
        let sent = json!({"headers": header, "body": of(values.clone())});
        is_given_up_within(&document, &asks(sent, plain.clone()), Profile::Sound);
        is_given_up_within(&document, &asks(json!({}), json!({"headers": header, "body": of(values)})), Profile::Sound);
    }
    for profile in [Profile::Sound, Profile::Compatible] {
        let wrong = json!({"headers": header, "body": of(json!({"all": many(json!("no"))}))});
        is_given_up_within(&document, &asks(json!({}), wrong.clone()), profile);
        is_given_up_within(&document, &asks(wrong, plain.clone()), profile);
        let names: Value = (0..600).map(|index| (format!("x{index}"), json!(["1"]))).collect();
        is_given_up_within(&document, &asks(json!({"headers": names}), plain.clone()), profile);
        is_given_up_within(&document, &asks(json!({}), json!({"headers": names})), profile);
        is_given_up_within(&document, &asks(json!({"query": names}), plain.clone()), profile);
    }
}

#[test]
fn a_message_and_broken_references_are_given_up_within() {
    let payload = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let document = json!({"asyncapi": "3.0.0", "components": {"messages": {"Made": {"payload": payload}}},
        "operations": {"it": {"messages": [{"$ref": "#/components/messages/Made"}]}}});
    let wrong: Value = (0..600).map(|index| (index.to_string(), json!("no"))).collect();
    let message = json!({"type": "Asynchronous/Messages", "description": "it",
        "comments": {"references": {"AsyncAPI": {"operationId": "it"}}},
        "contents": {"contentType": "application/json", "content": wrong}});
    for profile in [Profile::Sound, Profile::Compatible] {
        is_given_up_within(&document, &message, profile);
    }

    let link = |index: usize| (index.to_string(), json!({"not": {"$ref": format!("#/definitions/{}", index + 1)}}));
    let document = json!({"openapi": "3.0.0", "definitions": (0..600).map(link).collect::<Value>(), "paths": {"/": {"get": {
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/definitions/0"}}}}}}}}});
    let interaction = http(&json!({"method": "GET", "path": "/"}), &json!({"status": 200}));
    is_given_up_within(&document, &interaction, Profile::Sound);
}
