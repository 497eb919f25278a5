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
    assert!(ended.stdout.contains("✗ breaking: 1 error, 0 warnings, 0 other changes"), "{ended:?}");
}

fn stock(version: &str, satisfies: &Value, reason: &str) -> Value {
    json!({
        "version": version, "environments": ["production"], "branches": [], "satisfies": satisfies, "reason": reason,
        "verified": null, "verifiedAt": null, "comparison": null, "kept": null, "findings": [],
    })
}

fn demands(versions: &[Value]) -> Value {
    let used = json!({
        "method": "GET", "path": "/items/{}", "status": 200, "part": "response-body", "name": "/price",
    });
    let added = json!({
        "kind": "interaction", "description": "an order", "providerStates": [], "outline": "GET /orders/1 → 200",
        "difference": "added", "changes": null,
    });
    json!({
        "consumer": "shop", "provider": "stock", "environment": "production", "sha": "ab", "satisfied": null,
        "before": { "version": "41", "sha": "cd", "environment": "production" },
        "newUseCount": 1, "newUses": [used], "droppedUseCount": 0, "droppedUses": [],
        "interactions": {
            "differing": [added], "differingCount": 1,
            "onlyExamples": [{ "kind": "interaction", "description": "an item", "providerStates": [] }],
            "onlyExamplesCount": 1,
        },
        "providerVersions": versions,
    })
}

const PACT: &str = r#"{"consumer": {"name": "shop"}, "provider": {"name": "stock"}, "interactions": []}"#;

fn demanded(answer: Value, arguments: &[&str], allowed: Option<&Value>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pact.json"), PACT).unwrap();
    if let Some(allowed) = allowed {
        std::fs::write(folder.path().join("accepted.json"), allowed.to_string()).unwrap();
    }
    let server = Server::start(move |request, _| {
        if request.target != "/" {
            assert_eq!(request.target, "/contracts/provider/stock/consumer/shop/preview");
            assert_eq!(request.json()["environment"], "production");
            return Reply::Json(200, answer.clone());
        }
        let origin = format!("http://{}", request.header("host").unwrap());
        let href = format!("{origin}/contracts/provider/{{provider}}/consumer/{{consumer}}/preview");
        Reply::Json(200, json!({ "_links": { "pf:preview-contract": { "href": href, "templated": true } } }))
    });
    let allow: &[&str] = if allowed.is_some() { &["--allow", "accepted.json"] } else { &[] };
    let question = ["preview", "--contract", "pact.json", "--environment", "production"];
    let arguments = [&question, arguments, allow].concat();
    run_in(Path::new(folder.path()), &[("PACT_BROKER_BASE_URL", &server.url)], &arguments)
}

#[test]
fn what_a_new_contract_demands_is_told_with_who_satisfies_it() {
    let ended = demanded(demands(&[stock("3", &json!(true), "identical content was verified with it")]), &[], None);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stdout,
        "pact.json against shop 41, which runs in production\n\
         · info  GET /orders/1 → 200: \"an order\" is new\n    interaction.added  pact.json:1:1\n\
         · info  GET /items/{}: newly uses `/price` (response-body 200)\n    use.new  pact.json:1:1\n\
         Satisfied by stock 3 in production: identical content was verified with it\n\
         Nothing changed but examples: \"an item\"\n\
         0 breaking, 0 warnings, 2 other changes; 1 version of stock in production\n"
    );
}

#[test]
fn who_does_not_satisfy_a_new_contract_is_named_with_what_speaks_against_it() {
    let mut refusing = stock("3", &json!(false), "what it offers does not fit");
    refusing["comparison"] = "incompatible".into();
    refusing["findings"] = json!([{
        "code": "response.body.undescribed", "severity": "error", "message": "`tax` is not described", "interaction": "an item",
        "contract": { "pointer": "/interactions/0/response/body/tax", "line": 7, "column": 3 },
        "document": { "pointer": "/paths", "line": 2, "column": 1 }, "fixBy": "either", "edit": "describe the property",
    }]);
    let mut other = refusing.clone();
    other["version"] = "4".into();
    let answer = demands(&[refusing, other]);

    for format in ["text", "markdown", "junit", "sarif", "github"] {
        let ended = demanded(answer.clone(), &["--format", format], None);
        assert_eq!(ended.code, Some(1), "{format}: {ended:?}");
        assert!(
            ended.stdout.contains("not satisfied by stock 3 and stock 4, both in production"),
            "{format}: {ended:?}"
        );
        assert!(ended.stdout.contains("response.body.undescribed"), "{format}: {ended:?}");
    }
    assert_eq!(demanded(answer.clone(), &["--format", "json"], None).json()["passed"], false);
    let accepted = json!([{
        "id": "response.body.undescribed", "pointer": "/interactions/0/response/body/tax", "reason": "stock 5 has it",
        "expires": "2999-01-01",
    }]);
    assert_eq!(demanded(answer, &[], Some(&accepted)).code, Some(0));
}

#[test]
fn what_is_not_known_is_neither_yes_nor_no() {
    let unknown =
        demands(&[stock("3", &Value::Null, "it offers no document, and identical content was not verified with it")]);

    let ended = demanded(unknown.clone(), &[], None);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.stdout.contains("? unknown"), "{ended:?}");
    assert!(ended.stdout.contains("not known of stock 3 in production"), "{ended:?}");
    assert_eq!(demanded(unknown.clone(), &["--fail-on", "warning"], None).code, Some(1));
    let comment = demanded(unknown.clone(), &["--format", "markdown"], None);
    assert!(
        comment.stdout.starts_with("### ❔ It is not known whether stock satisfies this contract of shop\n"),
        "{comment:?}"
    );
    assert!(demanded(unknown.clone(), &["--format", "junit"], None).stdout.contains("<skipped message="), "{unknown}");
    assert_eq!(demanded(unknown, &["--format", "json"], None).json()["passed"], false);
    let nobody = demanded(demands(&[]), &[], None);
    assert_eq!(nobody.code, Some(4), "{nobody:?}");
    assert!(nobody.stdout.contains("there is no stock in production to satisfy it"), "{nobody:?}");
}

#[test]
fn a_file_that_is_no_pact_is_refused_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pact.json"), PACT).unwrap();
    std::fs::write(folder.path().join("none.json"), "{}").unwrap();
    let nowhere = [("PACT_BROKER_BASE_URL", "http://127.0.0.1:9")];
    let refused = |arguments: &[&str]| {
        let ended = run_in(folder.path(), &nowhere, arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        ended.stderr
    };

    assert!(refused(&["preview", "--contract", "none.json"]).contains("names no consumer and provider"));
    assert!(
        refused(&["preview", "--contract", "pact.json", "--provider", "till"])
            .contains("is a pact with stock, not with till")
    );
    refused(&["preview", "--contract", "pact.json", "--oas", "none.json", "--provider", "stock"]);
    refused(&["preview"]);
}
