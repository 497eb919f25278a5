//! Messages are the Pact Broker's, since people search for them.
#![expect(clippy::needless_pass_by_value, reason = "json! reads best as an argument")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn local() -> AllowedTargets {
    AllowedTargets {
        schemes: vec!["https".to_owned(), "http".to_owned()],
        hosts: ["127.0.0.1", "localhost"].iter().map(|host| host.parse().unwrap()).collect(),
        ..AllowedTargets::default()
    }
}

fn parse(body: Value) -> Webhook {
    Webhook::parse(&body, &local()).unwrap()
}

fn request(request: Value) -> WebhookRequest {
    parse(json!({ "request": request })).request
}

fn check_refused(body: Value, field: &str, message: &str) {
    let problems = Webhook::parse(&body, &local()).unwrap_err();

    assert_eq!(problems.by_field(), [(field.to_owned(), vec![message.to_owned()])]);
}

fn check_request_refused(request: Value, field: &str, message: &str) {
    check_refused(json!({ "request": request }), field, message);
}

fn check_url_refused(url: &str, message: &str) {
    check_request_refused(json!({ "method": "POST", "url": url }), "request.url", message);
}

fn check_with_request_refused(mut body: Value, field: &str, message: &str) {
    body["request"] = json!({ "method": "POST", "url": "http://127.0.0.1/x" });
    check_refused(body, field, message);
}

fn check_scope(consumer: Value, provider: Value, expected: &str) {
    let webhook = parse(json!({
        "consumer": consumer,
        "provider": provider,
        "request": { "method": "POST", "url": "http://localhost" },
    }));
    assert_eq!(webhook.scope_description(), expected);
}

#[test]
fn a_short_webhook_has_defaults() {
    let webhook = parse(json!({ "request": { "method": "post", "url": "http://127.0.0.1:9988/x" } }));

    assert!(webhook.enabled);
    assert_eq!(webhook.events, [WebhookEvent::ContractContentChanged]);
    assert_eq!(webhook.request.method, "post");
    assert_eq!(webhook.title(), "POST 127.0.0.1");
    assert_eq!(webhook.scope_description(), "A webhook for all pacts");
}

#[test]
fn a_full_webhook_is_read() {
    let webhook = parse(json!({
        "description": "mine",
        "enabled": false,
        "consumer": { "name": "shop" },
        "provider": { "label": "team-a" },
        "events": [{ "name": "contract_published" }, { "name": "contract_published" }],
        "request": {
            "method": "POST",
            "url": "http://localhost/${pactbroker.consumerName}?v=${pactbroker.consumerVersionNumber}",
            "headers": { "Content-Type": "application/json", "X-Count": 1 },
            "body": { "a": "${pactbroker.eventName}" },
            "username": "u",
            "password": "p",
        },
    }));

    assert_eq!(webhook.title(), "mine");
    assert!(!webhook.enabled);
    assert_eq!(webhook.consumer, Some(Scope::Name(PacticipantName::parse("shop").unwrap())));
    assert_eq!(webhook.provider, Some(Scope::Label("team-a".to_owned())));
    assert_eq!(webhook.events, [WebhookEvent::ContractPublished]);
    assert_eq!(webhook.request.headers[0], ("content-type".to_owned(), "application/json".to_owned()));
    assert_eq!(webhook.request.headers[1].1, "1");
    assert_eq!(webhook.request.password.as_deref(), Some("p"));
    assert!(webhook.request.is_json());
}

#[test]
fn a_request_must_be_there() {
    check_refused(json!([]), "", "must be a JSON object");
    check_refused(json!({}), "request", "is missing");
    check_refused(json!({ "request": null }), "request", "must be filled");
    check_refused(json!({ "request": {} }), "request", "must be filled");
    check_refused(json!({ "request": "x" }), "request", "must be a hash");
}

#[test]
fn a_method_must_be_known_and_allowed() {
    let with_method = |method: Value| json!({ "method": method, "url": "http://127.0.0.1/x" });
    check_request_refused(json!({ "url": "http://127.0.0.1" }), "request.method", "is missing");
    check_request_refused(with_method(json!(1)), "request.method", "must be a string");
    check_request_refused(with_method(json!("FOO")), "request.method", "is not a recognised HTTP method");
    let not_allowed = "must be POST. See /doc/webhooks#whitelist for more information.";
    check_request_refused(with_method(json!("GET")), "request.method", not_allowed);
}

#[test]
fn several_methods_are_listed() {
    let allowed = AllowedTargets { methods: vec!["POST".to_owned(), "PUT".to_owned()], ..local() };
    let body = json!({ "request": { "method": "get", "url": "http://localhost" } });

    let problems = Webhook::parse(&body, &allowed).unwrap_err();

    assert_eq!(problems.0[0].message, "must be one of POST, PUT. See /doc/webhooks#whitelist for more information.");
}

#[test]
fn a_url_must_be_one() {
    let invalid = "is not a valid URL eg. http://example.org";
    for url in ["not a url", "http:127.0.0.1", "http:///x", "http://", "http://a b/", "http://localhost\\@evil", "/x"] {
        check_url_refused(url, invalid);
    }
    check_url_refused("", "must be filled");
}

#[test]
fn a_url_must_lead_where_it_may() {
    check_url_refused(
        "ftp://127.0.0.1/x",
        "scheme must be https, http. See /doc/webhooks#whitelist for more information.",
    );
    check_url_refused(
        "https://example.org/x",
        r#"host must be in the whitelist "127.0.0.1", "localhost". See /doc/webhooks#whitelist for more information."#,
    );
    let userinfo = "cannot have a user name or a password: give them as username and password of the request";
    for url in
        ["http://u:p@localhost/x", "http://u@localhost", "http://:p@localhost", "http://${pactbroker.x}@localhost"]
    {
        check_url_refused(url, userinfo);
    }
    check_url_refused(
        "https://localhost@evil.example/x",
        r#"host must be in the whitelist "127.0.0.1", "localhost". See /doc/webhooks#whitelist for more information."#,
    );
}

#[test]
fn a_host_has_no_placeholder() {
    let message = "cannot have a template parameter in the host";
    check_url_refused("https://${pactbroker.consumerName}.com/x", message);
    check_url_refused("https://localhost${pactbroker.consumerName}/x", message);
}

#[test]
fn headers_must_be_sendable() {
    let with_headers = |headers: Value| json!({ "method": "POST", "url": "http://localhost", "headers": headers });
    check_request_refused(with_headers(json!([])), "request.headers", "must be a hash");
    check_request_refused(with_headers(json!({ "a b": "" })), "request.headers.a b", "is not a valid header name");
    check_request_refused(
        with_headers(json!({ "a": "b\r\nc: d" })),
        "request.headers.a",
        "cannot contain control characters",
    );
}

#[test]
fn headers_of_the_connection_are_refused() {
    for name in ["Host", "connection", "Transfer-Encoding", "content-length", "TE", "trailer", "upgrade", "keep-alive"]
        .into_iter()
        .chain(["Proxy-Authorization", "proxy-connection"])
    {
        check_request_refused(
            json!({ "method": "POST", "url": "http://localhost", "headers": { name: "x" } }),
            &format!("request.headers.{name}"),
            "cannot be set: it belongs to the connection",
        );
    }
}

#[test]
fn a_body_must_be_storable() {
    let with_body = |body: Value| json!({ "method": "POST", "url": "http://localhost", "body": body });
    for body in [json!("a\0"), json!([{ "a": "\0" }]), json!({ "\0": 1 })] {
        check_request_refused(with_body(body), "request.body", "cannot contain the NUL character");
    }
    assert_eq!(request(with_body(json!(r"\u0000"))).body, Some(json!(r"\u0000")));
}

#[test]
fn events_must_be_known() {
    let one_of = "name must be one of: contract_published, contract_content_changed, provider_verification_published, \
                  provider_verification_succeeded, provider_verification_failed, \
                  contract_requiring_verification_published, deployment_recorded, deployment_ended, release_recorded, \
             release_ended, can_i_deploy_refused, branch_deleted, provider_contract_published, comparison_changed, \
             comparison_change_proposed (at index 0)";
    check_with_request_refused(json!({ "events": [{ "name": "nope" }] }), "events", one_of);
    check_with_request_refused(json!({ "events": [] }), "events", "size cannot be less than 1");
    check_with_request_refused(json!({ "events": [{}] }), "events", "name is missing (at index 0)");
    check_with_request_refused(json!({ "events": "x" }), "events", "must be an array");
}

#[test]
fn a_scope_is_a_name_or_a_label() {
    check_with_request_refused(json!({ "consumer": {} }), "consumer.name", "cannot be blank");
    check_with_request_refused(json!({ "provider": "x" }), "provider", "must be a hash");
    check_with_request_refused(
        json!({ "consumer": { "name": "a", "label": "b" } }),
        "consumer.label",
        "name and label cannot be provided at the same time",
    );
}

#[test]
fn a_scope_must_exist() {
    let webhook = parse(json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "stock" },
        "request": { "method": "POST", "url": "http://localhost" },
    }));

    let problems = webhook.check_scopes(|name| name.as_str() == "shop").unwrap_err();

    assert_eq!(problems.to_string(), "provider.name does not match an existing pacticipant");
}

#[test]
fn enabled_is_a_boolean() {
    check_with_request_refused(json!({ "enabled": "yes" }), "enabled", "must be boolean");
}

#[test]
fn the_scope_is_described() {
    check_scope(json!({ "name": "a" }), json!({ "name": "b" }), "A webhook for the pact between a and b");
    check_scope(json!({ "name": "a" }), json!(null), "A webhook for all pacts with consumer a");
    check_scope(json!(null), json!({ "label": "x" }), "A webhook for all pacts with providers labeled 'x'");
    check_scope(
        json!({ "label": "x" }),
        json!({ "name": "b" }),
        "A webhook for all pacts between consumers labeled 'x' and provider b",
    );
}

#[test]
fn ids_have_sixteen_plain_characters_or_more() {
    assert!(parse_uuid("my-webhook_uuid-1").is_ok());
    for id in ["short", "a/b4567890123456", &"a".repeat(256), "é234567890123456"] {
        assert_eq!(parse_uuid(id).unwrap_err().in_field().0, "uuid", "{id}");
    }
}

#[test]
fn secrets_are_hidden() {
    let request = request(json!({
        "method": "POST",
        "url": "http://localhost",
        "headers": {
            "Authorization": "Bearer x",
            "X-Api-Key": "k",
            "X-Auth-Token": "y",
            "X-Thing": "z",
            "a-token": "${pactbroker.eventName}",
            "b-token": "Bearer ${pactbroker.eventName}",
            "c-token": "x${pactbroker.eventName}",
            "d-token": "${pactbroker.s3cret}",
            "e-token": "Bearer ${user.TOKEN}",
            "f-token": "${user.TOKEN}:x",
        },
        "password": "p",
    }));

    let values: Vec<String> = request.redacted_headers().into_iter().map(|(_, value)| value).collect();
    let event = "${pactbroker.eventName}";
    let bearer = "Bearer ${pactbroker.eventName}";
    assert_eq!(values, [REDACTED, REDACTED, REDACTED, "z", event, bearer, REDACTED, REDACTED, REDACTED, REDACTED]);
    assert_eq!(request.redacted_password(), Some(REDACTED));
    assert!(!format!("{request:?}").contains("Bearer"));
}

#[test]
fn the_secrets_that_a_request_asks_for_are_found_wherever_they_stand() {
    let request = request(json!({
        "method": "POST",
        "url": "http://localhost/${user.IN_URL}?a=${pactbroker.eventName}",
        "headers": {"x": "${user.IN_HEADER} ${user.IN_URL}"},
        "body": {"${user.IN_KEY}": [{"a": "b ${user.IN_BODY}"}, 1]},
        "username": "${user.IN_NAME}",
        "password": "${user.IN_PASSWORD} ${user.-}",
    }));

    let found: Vec<String> = request.secrets().into_iter().collect();

    assert_eq!(found, ["IN_BODY", "IN_HEADER", "IN_KEY", "IN_NAME", "IN_PASSWORD", "IN_URL"]);
}

#[test]
fn secrets_sent_back_hidden_are_kept() {
    let body = |headers: Value, password: Value| json!({ "request": { "method": "POST", "url": "http://localhost", "headers": headers, "password": password } });
    let stored = parse(body(json!({ "Authorization": "Bearer x", "token": "t" }), json!("p"))).request;
    let submitted = body(json!({ "Authorization": "**********", "token": "new" }), json!("****"));
    let mut updated = parse(submitted.clone()).request;

    updated.keep_secrets(&stored, &submitted).unwrap();

    assert_eq!(updated.headers[0].1, "Bearer x");
    assert_eq!(updated.headers[1].1, "new");
    assert_eq!(updated.password.as_deref(), Some("p"));
}

#[test]
fn a_password_goes_only_when_the_client_says_so() {
    let stored = request(json!({ "method": "POST", "url": "http://localhost", "password": "p" }));
    let kept_after = |submitted: Value| {
        let mut updated = parse(submitted.clone()).request;
        updated.keep_secrets(&stored, &submitted).unwrap();
        updated.password
    };
    let without = json!({ "request": { "method": "POST", "url": "http://localhost" } });
    let with_null = json!({ "request": { "method": "POST", "url": "http://localhost", "password": null } });

    assert_eq!(kept_after(without).as_deref(), Some("p"));
    assert_eq!(kept_after(with_null), None);
}

#[test]
fn secrets_do_not_move_to_another_place() {
    let stored = request(json!({
        "method": "POST", "url": "http://localhost/x", "headers": { "Authorization": "a" }, "password": "p",
    }));
    let moved_to = |url: &str| {
        let submitted = json!({
            "request": { "method": "POST", "url": url, "headers": { "Authorization": REDACTED }, "password": REDACTED },
        });
        let mut updated = parse(submitted.clone()).request;
        let problems = updated.keep_secrets(&stored, &submitted).err().unwrap_or_default();
        problems.by_field().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };

    assert_eq!(moved_to("http://localhost:80/y?${pactbroker.eventName}"), Vec::<String>::new());
    for url in ["https://localhost/x", "http://127.0.0.1/x", "http://localhost:8080/x"] {
        assert_eq!(moved_to(url), ["request.headers.authorization", "request.password"], "{url}");
    }
    let unmentioned = json!({ "request": { "method": "POST", "url": "http://127.0.0.1/x" } });
    let mut updated = parse(unmentioned.clone()).request;
    assert!(updated.keep_secrets(&stored, &unmentioned).is_err());
}

proptest! {
    #[test]
    fn no_url_makes_it_panic(url in r"(http://|https:|[a-z\[\]:@/?#\\.0-9é ]|\$\{pactbroker\.[a-z]\}){0,8}") {
        let _ = Webhook::parse(&json!({ "request": { "method": "POST", "url": url } }), &AllowedTargets::default());
    }
}
