//! What is found in contracts of each version.

use super::*;

fn check(content: &str, expected: &[&str]) {
    let written = usage(content).unwrap();
    let written = written.iter().map(|element| {
        let Element { method, path, status, part, name } = element;
        format!("{method} {path} {status} {} {name}", part.as_str()).trim_end().to_owned()
    });

    assert_eq!(written.collect::<Vec<_>>(), expected);
}

#[test]
fn an_interaction_uses_its_operation_its_status_and_what_it_names() {
    check(
        r#"{"interactions": [{
            "request": {"method": "get", "path": "/items/42", "query": "size=2&a%20b=", "headers": {"X-Trace": "1"}},
            "response": {"status": 200, "headers": {"ETag": "a"}, "body": {"items": [{"price": 1}, {"tax": {"r/t": 1}}]}}
        }], "metadata": {"pactSpecification": {"version": "2.0.0"}}}"#,
        &[
            "GET /items/{} 0 operation",
            "GET /items/{} 0 query a b",
            "GET /items/{} 0 query size",
            "GET /items/{} 0 request-header x-trace",
            "GET /items/{} 200 status",
            "GET /items/{} 200 response-header etag",
            "GET /items/{} 200 response-body",
            "GET /items/{} 200 response-body /items",
            "GET /items/{} 200 response-body /items/*",
            "GET /items/{} 200 response-body /items/*/price",
            "GET /items/{} 200 response-body /items/*/tax",
            "GET /items/{} 200 response-body /items/*/tax/r~1t",
        ],
    );
}

#[test]
fn bodies_of_version_four_are_unwrapped() {
    check(
        r#"{"interactions": [{
            "type": "Synchronous/HTTP",
            "request": {"method": "POST", "path": "/items", "query": {"dry": ["1"]},
                        "body": {"content": {"name": "a"}, "contentType": "application/json", "encoded": false}},
            "response": {"status": 201, "body": {"content": "{\"id\": 1}", "encoded": "JSON"}}
        }, {
            "type": "Synchronous/HTTP",
            "request": {"path": "/picture"},
            "response": {"body": {"content": "iVBO", "contentType": "image/png", "encoded": "base64"}}
        }, {
            "type": "Synchronous/HTTP",
            "request": {"path": "/alone"},
            "response": {"body": {"content": {"id": 1}}}
        }], "metadata": {"pactSpecification": {"version": "4.0"}}}"#,
        &[
            "GET /alone 0 operation",
            "GET /alone 200 status",
            "GET /alone 200 response-body",
            "GET /alone 200 response-body /id",
            "GET /picture 0 operation",
            "GET /picture 200 status",
            "GET /picture 200 response-body",
            "POST /items 0 operation",
            "POST /items 0 query dry",
            "POST /items 0 request-body",
            "POST /items 0 request-body /name",
            "POST /items 201 status",
            "POST /items 201 response-body",
            "POST /items 201 response-body /id",
        ],
    );
}

#[test]
fn what_looks_like_the_wrapping_of_version_four_is_a_body_before_it() {
    for version in ["", r#", "metadata": {"pactSpecification": {"version": "3.0.0"}}"#] {
        let interaction =
            r#"{"request": {"path": "/a"}, "response": {"body": {"content": {"x": 1}, "contentType": "j"}}}"#;
        let message = r#"{"description": "m", "contents": {"content": "a", "encoded": "json"}}"#;
        check(
            &format!(r#"{{"interactions": [{interaction}], "messages": [{message}]{version}}}"#),
            &[
                "GET /a 0 operation",
                "GET /a 200 status",
                "GET /a 200 response-body",
                "GET /a 200 response-body /content",
                "GET /a 200 response-body /content/x",
                "GET /a 200 response-body /contentType",
                "MESSAGE m 0 operation",
                "MESSAGE m 0 payload",
                "MESSAGE m 0 payload /content",
                "MESSAGE m 0 payload /encoded",
            ],
        );
    }
}

#[test]
fn names_that_a_matching_rule_lets_differ_are_no_fields() {
    let expected = [
        "GET /prices 0 operation",
        "GET /prices 200 status",
        "GET /prices 200 response-body",
        "GET /prices 200 response-body /by",
        "GET /prices 200 response-body /by/*",
        "GET /prices 200 response-body /by/*/net",
    ];
    let body = r#""body": {"by": {"A-1": {"net": 1}, "A-2": {"net": 2}}}"#;
    for rules in [
        r#"{"body": {"$.by": {"matchers": [{"match": "values"}]}}}"#,
        r#"{"body": {"$['by']": {"matchers": [{"match": "eachKey"}]}}}"#,
        r#"{"$.body.by": {"match": "values"}}"#,
    ] {
        let response = format!(r#"{{"status": 200, {body}, "matchingRules": {rules}}}"#);
        let interaction = format!(r#"{{"request": {{"path": "/prices"}}, "response": {response}}}"#);
        check(&format!(r#"{{"interactions": [{interaction}]}}"#), &expected);
    }
}

#[test]
fn messages_use_their_payload_and_metadata() {
    check(
        r#"{"messages": [{"description": "an order", "contents": {"id": 1}, "metaData": {"Topic": "orders"}}],
            "interactions": [
                {"type": "Asynchronous/Messages", "description": "a", "contents": {"content": {"x": 1}, "contentType": "j"},
                 "comments": {"references": {"AsyncAPI": {"operationId": "receiveX"}}}},
                {"type": "Synchronous/Messages", "description": "ask", "request": {"contents": {"content": {"q": 1}, "encoded": false}},
                 "response": [{"contents": {"content": {"a": 1}, "encoded": false}}]}
            ]}"#,
        &[
            "MESSAGE an order 0 operation",
            "MESSAGE an order 0 payload",
            "MESSAGE an order 0 payload /id",
            "MESSAGE an order 0 metadata topic",
            "MESSAGE ask 0 operation",
            "MESSAGE ask 0 request-body",
            "MESSAGE ask 0 request-body /q",
            "MESSAGE ask 0 response-body",
            "MESSAGE ask 0 response-body /a",
            "MESSAGE receiveX 0 operation",
            "MESSAGE receiveX 0 payload",
            "MESSAGE receiveX 0 payload /x",
        ],
    );
}

fn check_path(path: &str, told: Option<&str>, expected: &str) {
    assert_eq!(normalised(path, told), expected, "{path}");
}

#[test]
fn segments_that_look_like_ids_are_one_for_all() {
    check_path("/v2/items/42", None, "/v2/items/{}");
    check_path("/items/7f1c5b1e-58a4-4f0e-9a37-3b0b3f1f6f10/tax", None, "/items/{}/tax");
    check_path("/days/2026-01-31", None, "/days/{}");
    check_path("/orders/ORD-123.json?full=1", None, "/orders/{}.json");
    check_path("/orders/7.json", None, "/orders/{}.json");
    check_path("/users/a@b.c", None, "/users/{}");
    check_path("/payments/pay_8841c0de/refunds", None, "/payments/{}/refunds");
    check_path("/oauth2/cafe/feedface", None, "/oauth2/cafe/feedface");
    check_path("/a-facade/by_v1beta2/on-feedface", None, "/a-facade/by_v1beta2/on-feedface");
}

#[test]
fn patterns_and_expressions_tell_what_varies() {
    check_path("/items/red", Some(r"^/items/[^/]+$"), "/items/{}");
    check_path("/items/red", Some(r"\/items\/(red|blue)"), "/items/{}");
    check_path("/items/red", Some("/items/${colour}"), "/items/{}");
    check_path("/items/red", Some("/items/red"), "/items/red");
    check_path("/items/red", Some("/.*"), "/items/red");
}

fn check_covers(template: &str, path: &str, expected: bool) {
    assert_eq!(covers(template, path), expected, "{template} {path}");
}

#[test]
fn templates_stand_for_paths_of_their_shape() {
    check_covers("/items/{id}", "/items/{}", true);
    check_covers("/items/{id}", "/items/red", true);
    check_covers("/items/{id}", "/items/red/tax", false);
    check_covers("/items/{id}.json", "/items/{}.json", true);
    check_covers("/items/{id}.json", "/items/red.xml", false);
    check_covers("/items/latest", "/items/latest", true);
    check_covers("/items/latest", "/items/{}", false);
    check_covers("/years/2026", "/years/{}", true);
}

fn check_may_be(asked: &str, path: &str, expected: bool) {
    assert_eq!(may_be(asked, path), expected, "{asked} {path}");
}

#[test]
fn who_asks_for_a_path_means_all_that_may_be_it() {
    check_may_be("/items/{id}", "/items/{}", true);
    check_may_be("/items/{id}", "/items/red", true);
    check_may_be("/items/42", "/items/{}", true);
    check_may_be("/items/red", "/items/{}", true);
    check_may_be("/items/red?size=1", "/items/{}", true);
    check_may_be("/items/red.json", "/items/{}.json", true);
    check_may_be("/items/red.xml", "/items/{}.json", false);
    check_may_be("/items/red", "/items/blue", false);
    check_may_be("/items/red", "/items/red", true);
    check_may_be("/items/{id}/tax", "/items/{}/{}", true);
    check_may_be("/items", "/items/{}", false);
}

#[test]
fn what_uses_too_much_says_so() {
    let fields: Vec<String> = (0..MOST).map(|field| format!("\"{field}\":0")).collect();
    let body = format!("{{{}}}", fields.join(","));
    let content =
        format!(r#"{{"interactions":[{{"request":{{"path":"/"}},"response":{{"status":200,"body":{body}}}}}]}}"#);

    let used = usage(&content).unwrap();

    assert_eq!(used.len(), MOST + 1);
    assert!(used.iter().any(|element| element.part == Part::More));
}

#[test]
fn no_name_holds_what_a_database_cannot() {
    let used = usage(
        r#"{"interactions":[{"request":{"method":"G\u0000","path":"/\u0000","query":"%00"},
        "response":{"body":{"\u0000":1},"headers":{"a\u0000":"b"}}}]}"#,
    );

    let texts: Vec<String> = used.unwrap().into_iter().flat_map(|used| [used.method, used.path, used.name]).collect();
    assert!(texts.iter().all(|text| !text.contains('\0')), "{texts:?}");
}

#[test]
fn names_too_long_for_an_index_are_left_out_and_missed() {
    let long = "x".repeat(2_000);
    let used = usage(&format!(
        r#"{{"interactions":[{{"request":{{"path":"/{long}"}},"response":{{"body":{{"{long}":{{"a":1}}}}}}}}]}}"#
    ));

    let used = used.unwrap();
    assert!(used.iter().all(|element| element.path.len() <= LONGEST && element.name.len() <= LONGEST));
    assert!(used.iter().any(|element| element.part == Part::More));
}
