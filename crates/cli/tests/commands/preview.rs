//! `pactolus preview` against answers of a server.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, Reply, Server, run, run_in};

const POINTER: &str = "/components/schemas/Item/properties/price";

fn change(level: &str, breaks: &Value) -> Value {
    json!({
        "id": "response-required-property-removed", "severity": "error", "level": level, "operation": "GET",
        "path": "/items/{id}", "message": "`price` in the body of the response 200: the property is no longer described",
        "old": { "pointer": POINTER, "line": 22, "column": 9 }, "new": { "pointer": "/components", "line": 20, "column": 7 },
        "breaks": breaks, "usedBy": [], "otherConsumerCount": 12,
    })
}

fn answer() -> Value {
    let at = |consumer, version| json!({ "consumer": consumer, "version": version, "environments": ["production"], "branches": [] });
    json!({
        "level": "breaking", "environment": "production", "document": { "version": "1", "environment": "production" },
        "consumerCount": 14, "broken": [], "failedBefore": [], "unreadable": [],
        "changes": [change("info", &json!([])), change("breaking", &json!([at("shop", "41"), at("app", "7")]))],
    })
}

fn previewed(answer: Value, arguments: &[&str], allowed: Option<&Value>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("new.yaml"), "openapi: 3.0.3\n").unwrap();
    if let Some(allowed) = allowed {
        std::fs::write(folder.path().join("accepted.json"), allowed.to_string()).unwrap();
    }
    let server = Server::start(move |request, _| {
        if request.target != "/" {
            assert_eq!(request.json()["contract"]["content"], "b3BlbmFwaTogMy4wLjMK");
            return Reply::Json(200, answer.clone());
        }
        let origin = format!("http://{}", request.header("host").unwrap());
        let href = format!("{origin}/provider-contracts/provider/{{provider}}/preview");
        Reply::Json(200, json!({ "_links": { "pf:preview-provider-contract": { "href": href, "templated": true } } }))
    });
    let allow: &[&str] = if allowed.is_some() { &["--allow", "accepted.json"] } else { &[] };
    let question = ["preview", "--oas", "new.yaml", "--provider", "stock", "--environment", "production"];
    let arguments = [&question, arguments, allow].concat();
    run_in(Path::new(folder.path()), &[("PACT_BROKER_BASE_URL", &server.url)], &arguments)
}

fn accepted(expires: &str) -> Value {
    json!([{ "id": "response-required-property-removed", "pointer": POINTER, "reason": "moved", "expires": expires }])
}

#[test]
fn each_format_says_whom_it_breaks() {
    for format in ["text", "markdown", "junit", "sarif", "github"] {
        let ended = previewed(answer(), &["--format", format], None);

        assert_eq!(ended.code, Some(1), "{format}: {ended:?}");
        let sentence = "breaks shop 41 and app 7, both in production; 12 other consumers do not use it";
        assert!(ended.stdout.contains(sentence), "{format}: {ended:?}");
        assert!(ended.stdout.contains("response-required-property-removed"), "{format}: {ended:?}");
    }
    assert_eq!(previewed(answer(), &["--format", "json"], None).json()["passed"], false);
}

#[test]
fn the_level_from_which_it_fails_can_be_chosen() {
    let mut harmless = answer();
    harmless["changes"] = json!([change("info", &json!([]))]);

    assert_eq!(previewed(harmless.clone(), &[], None).code, Some(0));
    assert_eq!(previewed(harmless.clone(), &["--fail-on", "warning"], None).code, Some(0));
    assert_eq!(previewed(harmless, &["--fail-on", "any"], None).code, Some(1));
    let mut warning = answer();
    warning["changes"] = json!([change("warning", &json!([]))]);
    assert_eq!(previewed(warning, &["--fail-on", "warning"], None).code, Some(1));
}

#[test]
fn what_is_accepted_does_not_fail() {
    let ended = previewed(answer(), &[], Some(&accepted("2999-01-01")));

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("accepted: moved"), "{ended:?}");
}

#[test]
fn an_acceptance_that_has_expired_is_refused() {
    let ended = previewed(answer(), &[], Some(&accepted("2020-01-01")));

    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("until 2020-01-01, which is over"), "{ended:?}");
}

#[test]
fn an_acceptance_of_nothing_is_noted() {
    let mut nothing = answer();
    nothing["changes"] = json!([]);

    let ended = previewed(nothing, &[], Some(&accepted("2999-01-01")));

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("nothing is found any more"), "{ended:?}");
}

#[test]
fn what_breaks_without_a_change_that_explains_it_is_told_too() {
    let mut unexplained = answer();
    unexplained["changes"] = json!([]);
    unexplained["broken"] = json!([{
        "consumers": [{ "consumer": "shop", "version": "41", "environments": [], "branches": ["main"] }],
        "interaction": "an item", "code": "response.body.incompatible", "message": "`price` is not described",
        "document": { "pointer": "/paths", "line": 3, "column": 1 }, "changes": [],
    }]);

    let ended = previewed(unexplained, &[], None);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("breaks shop 41 on main"), "{ended:?}");
}

#[test]
fn documents_of_two_versions_are_compared_by_the_server() {
    let server = Server::start(|request, _| {
        if request.target != "/" {
            let changes = json!([change("breaking", &json!([]))]);
            return Reply::Json(
                200,
                json!({ "breaking": true, "errors": 1, "warnings": 0, "infos": 0, "changes": changes }),
            );
        }
        let origin = format!("http://{}", request.header("host").unwrap());
        let href = format!("{origin}/provider-contracts/provider/{{provider}}/diff?from={{from}}&to={{to}}");
        Reply::Json(200, json!({ "_links": { "pf:diff-provider-contracts": { "href": href, "templated": true } } }))
    });

    let ended = run(&server, &["diff", "--provider", "stock", "--from", "40", "--to", "41"]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(server.lines()[1], "GET /provider-contracts/provider/stock/diff?from=40&to=41");
    assert!(ended.stdout.contains("stock 40:22:9  stock 41:20:7"), "{ended:?}");
    assert!(ended.stdout.contains("✗ breaking: 1 errors"), "{ended:?}");
}
