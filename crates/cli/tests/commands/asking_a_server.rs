//! The client commands against answers that a healthy server does not give: busy, gone, slow, or no Pact Broker at all.
//! What a healthy server answers is tested with a real one.

use std::path::Path;

use crate::support::{Ended, Reply, Request, Server, index, run, run_in};
use base64::Engine as _;
use serde_json::{Value, json};

const PACT: &str =
    "{ \"consumer\": {\"name\": \"Zoë/ß\"}, \"provider\": {\"name\": \"stock\"}, \"interactions\": [] }\n";
const ENVIRONMENT: [&str; 3] = ["create-environment", "--name", "test"];
const QUESTION: [&str; 7] = ["can-i-deploy", "-a", "shop", "-e", "1", "--to-environment", "prod"];

fn pact_file() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pact.json"), PACT).unwrap();
    folder
}

fn publish_in(folder: &Path, server: &Server, arguments: &[&str]) -> Ended {
    let arguments: Vec<&str> = ["publish", ".", "-a", "1"].iter().chain(arguments).copied().collect();
    run_in(folder, &[("PACT_BROKER_BASE_URL", &server.url)], &arguments)
}

fn matrix(deployable: &Value) -> Reply {
    let notices = json!([{ "type": "info", "text": "because" }]);
    Reply::Json(200, json!({ "summary": { "deployable": deployable }, "notices": notices, "matrix": [] }))
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Server::start(|request, before| match (before, request.target.as_str()) {
        (0, _) => Reply::Json(503, json!({})),
        (_, "/") => index(),
        (2, _) => Reply::With(429, "retry-after", "0", String::new()),
        _ => Reply::Json(200, json!({ "notices": [{ "type": "success", "text": "published" }] })),
    });
    let folder = pact_file();

    let ended = publish_in(folder.path(), &server, &["--branch", "feat/x", "--tag", "a,b"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.lines(), ["GET /", "GET /", "POST /contracts/publish", "POST /contracts/publish"]);
    assert!(ended.stderr.contains("503") && ended.stderr.contains("trying again"), "{ended:?}");
    assert_eq!(ended.stdout, "version 1 (--consumer-app-version), branch feat/x (--branch), tags a, b\npublished\n");

    let request = server.requests().pop().unwrap();
    let body = request.json();
    let content = body["contracts"][0]["content"].as_str().unwrap();
    let content = base64::engine::general_purpose::STANDARD.decode(content).unwrap();
    assert_eq!(content, PACT.as_bytes(), "the file's bytes arrive as they are");
    assert_eq!(body["pacticipantName"], "Zoë/ß");
    assert_eq!(request.header("accept"), Some("application/hal+json, application/json"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn a_server_that_stays_busy_could_not_be_asked() {
    let server = Server::start(|_, _| Reply::Json(503, json!({ "error": { "message": "starting up" } })));

    let ended = run(&server, &[&QUESTION[..], &["--retries", "1", "--json"]].concat());

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(server.lines().len(), 2);
    let error = &ended.json()["error"];
    assert_eq!(
        (&error["kind"], &error["status"], &error["exitCode"]),
        (&json!("server-error"), &json!(503), &json!(3))
    );
    assert_eq!(error["details"], json!(["starting up"]));
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    let server = Server::start(|_, before| if before == 0 { Reply::Drop } else { matrix(&json!(true)) });

    let ended = run(&server, &QUESTION);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        server.lines().last().unwrap(),
        "GET /matrix?q[][pacticipant]=shop&q[][version]=1&latestby=cvpv&environment=prod"
    );
}

#[test]
fn what_may_have_been_done_is_not_done_again() {
    let with_status = |status| {
        let server = Server::start(move |request, before| match request.target.as_str() {
            "/" => index(),
            _ if before == 1 => Reply::Json(status, json!({})),
            _ => Reply::Json(201, json!({ "uuid": "u" })),
        });
        let ended = run(&server, &ENVIRONMENT);
        (ended.code, server.lines().len())
    };

    assert_eq!(with_status(502), (Some(3), 2), "a gateway can't tell whether it was done");
    assert_eq!(with_status(503), (Some(0), 3), "a busy server did nothing");
}

#[test]
fn nobody_listening_is_said_with_the_address_and_what_to_check() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}");

    let arguments = [&QUESTION[..], &["--broker-base-url", &address, "--retries", "0", "--json"]].concat();
    let ended = run_in(&std::env::temp_dir(), &[], &arguments);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(ended.json()["error"]["kind"], "unreachable");
    for part in [&address, "refused", "PACT_BROKER_BASE_URL"] {
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let server = Server::start(|_, _| Reply::Hang);

    let ended = run(&server, &[&QUESTION[..], &["--request-timeout", "1", "--json"]].concat());

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(ended.json()["error"]["kind"], "timeout");
    assert_eq!(server.lines().len(), 1);
}

fn check_not_understood(reply: &Reply, expected: &str) {
    let reply = reply.clone();
    let server = Server::start(move |_, _| reply.clone());
    for command in [&QUESTION[..], &ENVIRONMENT[..]] {
        let ended = run(&server, command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{ended:?}");
        assert!(ended.stderr.contains(expected), "{ended:?}");
    }
}

#[test]
fn a_page_is_no_answer() {
    let page = "<!doctype html><title>Log in</title>".to_owned();
    check_not_understood(&Reply::With(200, "content-type", "text/html", page), "text/html");
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let moved = Reply::With(301, "location", "https://elsewhere.example.com/", String::new());
    check_not_understood(&moved, "redirects to https://elsewhere.example.com/");
}

#[test]
fn an_answer_that_is_cut_short_is_no_answer() {
    check_not_understood(&Reply::With(200, "content-type", "application/json", "{\"summary\":".to_owned()), "JSON");
}

#[test]
fn json_of_another_service_is_no_answer() {
    let server = Server::start(|_, _| Reply::Json(200, json!({ "status": "up" })));

    let question = run(&server, &QUESTION);
    assert_eq!(question.code, Some(3), "never a false yes: {question:?}");
    let environment = run(&server, &ENVIRONMENT);
    assert_eq!(environment.code, Some(3), "{environment:?}");
    assert!(environment.stderr.contains("is not a Pact Broker"), "{environment:?}");
}

#[test]
fn whoever_is_not_let_in_learns_what_to_set() {
    let server = Server::start(|request: &Request, _| match request.header("authorization") {
        Some("Bearer right") => matrix(&json!(true)),
        Some("Basic Ym9iOnM6Y3JpdA==") => Reply::Json(403, json!({})),
        _ => Reply::With(401, "www-authenticate", "Basic realm=\"x\"", String::new()),
    });
    let ask = |variables: &[(&str, &str)]| {
        let variables = [&[("PACT_BROKER_BASE_URL", server.url.as_str())], variables].concat();
        let ended = run_in(&std::env::temp_dir(), &variables, &QUESTION);
        (ended.code, ended.stderr)
    };

    let (code, stderr) = ask(&[]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("set PACT_BROKER_TOKEN"), "{stderr}");
    let (code, stderr) = ask(&[("PACT_BROKER_TOKEN", "wrong")]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("check PACT_BROKER_TOKEN") && !stderr.contains("wrong"), "{stderr}");
    let (code, stderr) = ask(&[("PACT_BROKER_USERNAME", "bob"), ("PACT_BROKER_PASSWORD", "s:crit")]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("403"), "{stderr}");
    assert_eq!(ask(&[("PACT_BROKER_TOKEN", "right")]), (Some(0), String::new()));
}

#[test]
fn an_unknown_answer_is_asked_for_again_and_has_its_own_exit_code() {
    let server = Server::start(|_, before| matrix(&if before < 2 { Value::Null } else { json!(true) }));

    let patient = ["--retry-while-unknown", "5", "--retry-interval", "0"];
    let ended = run(&server, &[&QUESTION[..], &patient].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.lines().len(), 3);

    let server = Server::start(|_, _| matrix(&Value::Null));
    let ended = run(&server, &[&QUESTION[..], &["--retry-while-unknown", "1", "--retry-interval", "0"]].concat());
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(server.lines().len(), 2);
    assert!(ended.stdout.starts_with("Unknown: shop version 1"), "{ended:?}");
}

#[test]
fn a_dry_run_ends_well_whatever_happens() {
    let no = Server::start(|_, _| matrix(&json!(false)));
    let dry = [("PACT_BROKER_BASE_URL", no.url.as_str()), ("PACT_BROKER_CAN_I_DEPLOY_DRY_RUN", "true")];

    assert_eq!(run(&no, &QUESTION).code, Some(1));
    let ended = run_in(&std::env::temp_dir(), &dry, &QUESTION);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("Dry run") && ended.stdout.contains("No: shop"), "{ended:?}");

    let gone = Server::start(|_, _| Reply::Drop);
    assert_eq!(run(&gone, &[&QUESTION[..], &["--dry-run", "--retries", "0"]].concat()).code, Some(0));
    assert_eq!(run(&no, &["can-i-deploy", "--dry-run", "-a", "a", "-e", "1", "-a", "b"]).code, Some(2));
}

#[test]
fn one_consumer_that_is_refused_does_not_keep_the_others_back() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => index(),
        _ if request.json()["pacticipantName"] == "b" => Reply::Json(
            409,
            json!({ "errors": { "contracts": ["changed"] }, "notices": [{ "type": "error", "text": "the difference" }] }),
        ),
        _ => Reply::Json(200, json!({ "notices": [{ "type": "success", "text": "done" }] })),
    });
    let folder = tempfile::tempdir().unwrap();
    for consumer in ["a", "b", "c"] {
        let pact = json!({ "consumer": { "name": consumer }, "provider": { "name": "stock" } });
        std::fs::write(folder.path().join(format!("{consumer}.json")), pact.to_string()).unwrap();
    }

    let ended = publish_in(folder.path(), &server, &["--json"]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    let result = ended.json();
    let published: Vec<&Value> = result["publications"].as_array().unwrap().iter().map(|p| &p["published"]).collect();
    assert_eq!(published, [true, false, true]);
    assert_eq!(result["published"], false);
    assert_eq!(result["publications"][1]["error"]["details"], json!(["contracts changed", "the difference"]));
}

#[test]
fn a_server_that_goes_away_is_not_asked_for_each_consumer() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => index(),
        _ => Reply::Json(500, json!({ "error": { "message": "broken" } })),
    });
    let folder = tempfile::tempdir().unwrap();
    for consumer in ["a", "b", "c"] {
        let pact = json!({ "consumer": { "name": consumer }, "provider": { "name": "stock" } });
        std::fs::write(folder.path().join(format!("{consumer}.json")), pact.to_string()).unwrap();
    }

    let ended = publish_in(folder.path(), &server, &[]);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(server.lines(), ["GET /", "POST /contracts/publish"]);
    assert!(ended.stdout.contains("did not try to publish c"), "{ended:?}");
}

#[test]
fn version_branch_and_build_come_from_the_ci_system() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => index(),
        _ => Reply::Json(200, json!({})),
    });
    let folder = pact_file();
    let event = folder.path().join("event");
    std::fs::write(&event, r#"{"pull_request":{"head":{"sha":"pushed"}}}"#).unwrap();
    let variables = [
        ("PACT_BROKER_BASE_URL", server.url.as_str()),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SHA", "merge"),
        ("GITHUB_HEAD_REF", "feat/x"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "me/shop"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
    ];

    let ended = run_in(folder.path(), &variables, &["publish", "pact.json", "--json"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    let request = server.requests().pop().unwrap().json();
    assert_eq!(request["pacticipantVersionNumber"], "pushed");
    assert_eq!(request["branch"], "feat/x");
    assert_eq!(request["buildUrl"], "https://github.com/me/shop/actions/runs/7");
    assert_eq!(ended.json()["version"]["branch"]["source"], "GITHUB_HEAD_REF, GitHub Actions");
}

#[test]
fn a_missing_version_or_environment_is_explained() {
    let server = Server::start(|request, _| match request.line().as_str() {
        "GET /" => index(),
        "GET /pacticipants/a%2Fb/versions/1" => {
            let link = json!({ "name": "test", "href": "https://broker.invalid/deploy" });
            Reply::Json(200, json!({ "_links": { "pb:record-deployment": [link] } }))
        }
        "GET /pacticipants/a%2Fb" => Reply::Json(200, json!({})),
        "POST /deploy" => Reply::Json(201, json!({ "uuid": "u-1" })),
        _ => Reply::Json(404, json!({})),
    });
    let record = |version: &str, environment: &str, output: &str| {
        let arguments = ["record-deployment", "-a", "a/b", "-e", version, "--environment", environment, "-o", output];
        run(&server, &arguments)
    };

    let missing_version = record("2", "test", "text");
    assert_eq!(missing_version.code, Some(1), "{missing_version:?}");
    assert!(missing_version.stderr.contains("there is no version 2 of a/b"), "{missing_version:?}");
    let missing_environment = record("1", "prod", "text");
    assert_eq!(missing_environment.code, Some(2), "{missing_environment:?}");
    assert!(missing_environment.stderr.contains("these exist: test"), "{missing_environment:?}");
    let recorded = record("1", "test", "id");
    assert_eq!((recorded.code, recorded.stdout.as_str()), (Some(0), "u-1\n"), "{recorded:?}");
}

#[test]
fn what_to_ignore_may_stand_in_a_variable_and_others_do_not_disturb() {
    let server = Server::start(|_, _| matrix(&json!(true)));
    let variables = [
        ("PACT_BROKER_BASE_URL", server.url.as_str()),
        ("PACT_BROKER_CAN_I_DEPLOY_IGNORE", "stock, pay & go"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];

    let ended = run_in(&std::env::temp_dir(), &variables, &QUESTION);

    assert_eq!(ended.code, Some(0), "neither a proxy nor certificates are needed: {ended:?}");
    assert_eq!(
        server.lines(),
        ["GET /matrix?q[][pacticipant]=shop&q[][version]=1&ignore[][pacticipant]=stock\
          &ignore[][pacticipant]=pay%20%26%20go&latestby=cvpv&environment=prod"]
    );
}

#[test]
fn nothing_is_painted_where_nobody_looks() {
    let server = Server::start(|_, _| matrix(&json!(false)));

    let ended = run(&server, &[&QUESTION[..], &["--output", "table"]].concat());

    assert!(ended.stdout.starts_with("No: shop version 1 can't be deployed to prod.\n"), "{ended:?}");
    assert!(!ended.stdout.contains('\x1b') && !ended.stderr.contains('\x1b'), "{ended:?}");
}

#[test]
fn wrong_usage_has_its_exit_code_and_help_has_none() {
    let run = |arguments: &[&str]| run_in(&std::env::temp_dir(), &[], arguments);

    assert_eq!(run(&[]).code, Some(2));
    assert_eq!(run(&["publish"]).code, Some(2));
    assert_eq!(run(&["publish", "x", "-a", "1", "-h"]).code, Some(2), "-h is the branch, never a silent success");
    assert_eq!(run(&["create-environment", "--name", "x", "-b", "localhost:9292"]).code, Some(2));
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("PACT_BROKER_TOKEN") && help.stdout.contains("Exit codes"), "{help:?}");
}

#[test]
fn what_if_is_one_question_with_a_body() {
    let server = Server::start(|_, _| {
        let notices = json!([{ "type": "success", "text": "fine" }]);
        let steps = json!([{ "pacticipant": "stock", "version": "40" }, { "pacticipant": "shop", "version": "1" }]);
        let order = json!({ "steps": steps, "text": "A safe order: stock 40, then shop 1" });
        let summary = json!({ "deployable": true });
        let answer = json!({ "summary": summary, "notices": notices, "matrix": [], "assumed": [], "order": order });
        Reply::Json(200, answer)
    });

    let flags = ["-a", "stock", "-e", "40", "--what-if", "--assume-result", "shop@1,stock@40"];
    let ended = run(&server, &[&QUESTION[..], &flags].concat());

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.ends_with("Deploy them in this order\n  1. stock 40\n  2. shop 1\n"), "{ended:?}");
    assert_eq!(server.lines(), ["POST /can-i-deploy/what-if"]);
    let body = server.requests().pop().unwrap().json();
    assert_eq!(body["pacticipants"][1], json!({ "pacticipant": "stock", "version": "40" }));
    assert_eq!(body["assume"]["results"][0]["success"], true);
}

#[test]
fn a_server_without_what_if_could_not_be_asked() {
    let server = Server::start(|_, _| Reply::Json(404, json!({ "error": "not found" })));

    let ended = run(&server, &[&QUESTION[..], &["--what-if"]].concat());

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("knows no what-if"), "{ended:?}");
}

/// A pact of the version as a Pact Broker serves it.
fn served(version: &str, path: &str) -> Reply {
    let own = format!("https://broker.invalid/pacts/provider/stock/consumer/shop/version/{version}");
    Reply::Json(
        200,
        json!({
            "interactions": [{"_id": version, "description": "an item", "request": {"method": "GET", "path": path}}],
            "createdAt": version,
            "_links": {
                "self": {"name": format!("Pact between shop ({version}) and stock"), "href": own},
                "pb:previous-distinct": {"href": format!("{own}/previous-distinct")},
            },
        }),
    )
}

fn broker_with_three_versions() -> Server {
    Server::start(|request, _| match request.target.rsplit_once("/version/") {
        Some((_, "1" | "2/previous-distinct")) => served("1", "/items/1"),
        Some((_, "2" | "3")) => served("2", "/items/2"),
        Some(_) => Reply::Json(404, json!({"error": "not found"})),
        None => index(),
    })
}

fn diff(server: &Server, arguments: &[&str]) -> Ended {
    run(server, &[&["diff", "--consumer", "shop", "--provider", "stock"], arguments].concat())
}

#[test]
fn two_published_versions_are_compared() {
    let server = broker_with_three_versions();
    let expected = "- Pact between shop (1) and stock\n+ Pact between shop (2) and stock\n\nInteractions: 1 changed.\n\n\
                    ~ interaction \"an item\"\n    GET /items/2\n    ~ $.request.path: \"/items/1\" → \"/items/2\"\n";

    for arguments in [["--version", "2"].as_slice(), &["--version", "2", "--with", "1"]] {
        let ended = diff(&server, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), expected), "{ended:?}");
    }
    let same = diff(&server, &["--version", "2", "--with", "3", "--output", "json"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert_eq!(
        (&same.json()["same"], &same.json()["summary"]["text"]),
        (&json!(true), &json!("Both promise the same."))
    );
}

#[test]
fn a_pact_that_is_missing_is_named() {
    let server = broker_with_three_versions();

    for (arguments, message) in [
        (["--version", "9"].as_slice(), "there is no pact between shop and stock of shop version 9"),
        (&["--version", "2", "--with", "9"], "there is no pact between shop and stock of shop version 9"),
        (&["--version", "1"], "there is nothing to compare with: no version of shop before 1 has another pact"),
    ] {
        let ended = diff(&server, arguments);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(message), "{ended:?}");
    }
}

#[test]
fn two_files_are_compared_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("old.json", r#"{"interactions":[{"description":"a","n":1},{"description":"b"}]}"#);
    write("new.json", r#"{"interactions":[{"description":"b"},{"description":"a","n":1e400}]}"#);
    write("list.json", "[]");
    let diff = |arguments: &[&str]| run_in(folder.path(), &[], &[&["diff"], arguments].concat());

    let changed = diff(&["old.json", "new.json"]);
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(changed.stdout.ends_with("~ interaction \"a\"\n    ~ $.n: 1 → 1.0e+400\n"), "{changed:?}");
    let same = diff(&["old.json", "old.json", "--json"]);
    assert_eq!((same.code, &same.json()["interactions"]), (Some(0), &json!([])));
    let untold = diff(&["old.json", "new.json", "--json"]);
    assert_eq!((untold.code, &untold.json()["error"]["kind"]), (Some(3), &json!("not-understood")), "{untold:?}");

    for arguments in [
        ["old.json"].as_slice(),
        &[],
        &["old.json", "list.json"],
        &["old.json", "none.json"],
        &["old.json", "new.json", "--version", "1"],
        &["--consumer", "shop"],
        &["--consumer", "shop", "--provider", "stock"],
    ] {
        assert_eq!(diff(arguments).code, Some(2), "{arguments:?}");
    }
}

fn webhooks_index(request: &Request) -> Option<Reply> {
    (request.target == "/").then(|| {
        let links = json!({
            "pb:webhooks": {"href": "/webhooks"},
            "pb:webhook": {"href": "/webhooks/{uuid}", "templated": true},
            "pb:webhook-deliveries": {"href": "/webhook-deliveries"},
        });
        Reply::Json(200, json!({"_links": links}))
    })
}

#[test]
fn what_was_given_up_is_replayed_until_there_is_no_more() {
    let server = Server::start(|request, before| {
        webhooks_index(request).unwrap_or_else(|| {
            Reply::Json(202, json!({"replayed": if before == 1 { 1000 } else { 7 }, "hasMore": before == 1}))
        })
    });

    let ended = run(&server, &["webhooks", "replay", "--since", "2026-01-31T22:00:00Z"]);

    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "1007 deliveries are under way again.\n"), "{ended:?}");
    let bodies: Vec<Value> = server.requests().iter().skip(1).map(Request::json).collect();
    assert_eq!(bodies, vec![json!({"webhook": null, "since": "2026-01-31T22:00:00Z", "until": null}); 2]);
    assert_eq!(run(&server, &["webhooks", "replay"]).code, Some(2), "nothing was said");
}

#[test]
fn a_delivery_that_is_not_there_or_under_way_is_a_no() {
    let server = Server::start(|request, _| {
        webhooks_index(request).unwrap_or_else(|| match request.line().as_str() {
            "POST /webhook-deliveries/a%2Fb/replay" => Reply::Json(409, json!({"error": "it is still under way"})),
            _ => Reply::Json(404, json!({"error": "not found"})),
        })
    });

    let busy = run(&server, &["webhooks", "replay", "a/b"]);
    let missing = run(&server, &["webhooks", "deliveries", "--delivery", "c"]);

    assert_eq!(busy.code, Some(1), "{busy:?}");
    assert!(busy.stderr.contains("could not deliver a/b again") && busy.stderr.contains("still under way"), "{busy:?}");
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("there is no such delivery"), "{missing:?}");
}

#[test]
fn deliveries_are_shown_as_a_table() {
    let server = Server::start(|request, _| {
        webhooks_index(request).unwrap_or_else(|| {
            let delivery = json!({
                "uuid": "d1", "event": "contract_published", "status": "failure", "attemptsMade": 7,
                "error": "the receiver answered 500", "createdAt": "2026-01-01T00:00:00+00:00",
                "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            });
            Reply::Json(200, json!({"_embedded": {"deliveries": [delivery]}}))
        })
    });

    let ended = run(&server, &["webhooks", "deliveries", "6a0b1c2d3e4f5061", "--status", "failure"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    let last = ended.stdout.lines().last().unwrap();
    let cells: Vec<&str> = last.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect();
    let expected = [
        "2026-01-01T00:00:00+00:00",
        "contract_published",
        "shop and stock",
        "failure",
        "7",
        "d1",
        "the receiver answered 500",
    ];
    assert_eq!(cells, expected);
    let asked = "GET /webhook-deliveries?size=20&status=failure&webhook=6a0b1c2d3e4f5061";
    assert_eq!(server.lines().last().map(String::as_str), Some(asked));
}

#[test]
fn a_test_of_a_webhook_ends_as_its_receiver_answered() {
    let server = Server::start(|request, _| {
        webhooks_index(request).unwrap_or_else(|| match request.line().as_str() {
            "POST /webhooks/good/execute" => Reply::Json(200, json!({"success": true, "logs": "HTTP/1.1 200"})),
            "POST /webhooks/bad/execute" => Reply::Json(200, json!({"success": false, "logs": "HTTP/1.1 500"})),
            _ => Reply::Json(404, json!({})),
        })
    });

    let good = run(&server, &["webhooks", "test", "good"]);
    let bad = run(&server, &["webhooks", "test", "bad"]);

    assert_eq!((good.code, good.stdout.as_str()), (Some(0), "HTTP/1.1 200\nThe receiver took it.\n"));
    assert_eq!((bad.code, bad.stdout.as_str()), (Some(1), "HTTP/1.1 500\nThe receiver did not take it.\n"));
    assert_eq!(run(&server, &["webhooks", "test", "none"]).code, Some(1));
}

/// A server that keeps one secret.
fn secret_keeper() -> Server {
    let link = |path: &str| json!({ "href": format!("https://broker.invalid{path}") });
    let kept = move || {
        json!({ "uuid": "u1", "name": "KEPT", "description": "old", "usedByWebhooks": 1, "createdAt": "2026-11-22",
                "_links": { "self": link("/secrets/u1") } })
    };
    Server::start(move |request, _| match (request.method.as_str(), request.target.as_str()) {
        (_, "/") => Reply::Json(200, json!({ "_links": { "pb:secrets": link("/secrets") } })),
        ("GET", "/secrets?name=KEPT") => Reply::Json(200, json!({ "_embedded": { "secrets": [kept()] } })),
        ("GET", "/secrets") => Reply::Json(
            200,
            json!({ "_embedded": { "secrets": [kept()] }, "_links": { "next": link("/secrets?after=KEPT") } }),
        ),
        ("DELETE", "/secrets/u1") => Reply::Json(409, json!({ "error": "KEPT is used by 1 webhook" })),
        ("DELETE", _) => Reply::With(204, "x-none", "", String::new()),
        ("PUT" | "POST", _) => Reply::Json(200, kept()),
        _ => Reply::Json(200, json!({ "_embedded": { "secrets": [] } })),
    })
}

fn with_variable(server: &Server, arguments: &[&str]) -> Ended {
    let variables = [("PACT_BROKER_BASE_URL", server.url.as_str()), ("VALUE", "s3cret\n")];
    run_in(&std::env::temp_dir(), &variables, arguments)
}

#[test]
fn a_new_secret_is_created_and_one_that_is_there_changed() {
    let server = secret_keeper();

    let new = with_variable(&server, &["secrets", "set", "NEW", "--description", "d", "--from-env", "VALUE"]);
    let changed = with_variable(&server, &["secrets", "set", "KEPT", "--from-env", "VALUE"]);

    assert_eq!((new.code, changed.code), (Some(0), Some(0)), "{new:?} {changed:?}");
    assert_eq!(new.stdout, "Kept the secret NEW.\nWebhooks send it where they say ${user.NEW}.\n");
    let written: Vec<Request> = server.requests().into_iter().filter(|request| request.method != "GET").collect();
    assert_eq!(written[0].line(), "POST /secrets");
    assert_eq!(written[0].json(), json!({ "name": "NEW", "value": "s3cret\n", "description": "d" }));
    assert_eq!(written[1].line(), "PUT /secrets/u1");
    assert_eq!(written[1].json(), json!({ "name": "KEPT", "value": "s3cret\n", "description": "old" }));
    assert!(!format!("{new:?}{changed:?}").contains("s3cret"));
}

#[test]
fn secrets_are_listed_to_the_last_page_and_deleted_by_name() {
    let server = secret_keeper();

    let listed = run(&server, &["secrets", "list"]);
    let used = run(&server, &["secrets", "delete", "KEPT"]);
    let forced = run(&server, &["secrets", "delete", "KEPT", "--force"]);
    let missing = run(&server, &["secrets", "delete", "OTHER"]);

    assert!(listed.stdout.contains("KEPT  1         2026-11-22  old"), "{listed:?}");
    assert!(server.lines().contains(&"GET /secrets?after=KEPT".to_owned()));
    assert!(used.code == Some(1) && used.stderr.contains("KEPT is used by 1 webhook"), "{used:?}");
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert!(missing.code == Some(1) && missing.stderr.contains("there is no secret OTHER"), "{missing:?}");
}
