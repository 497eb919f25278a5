//! `pactolus verify` against providers of all kinds: the built program, as a build of a provider runs it.

#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

mod publishing;
mod shared_world;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Ended, Reply, Request, Server, run_in};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder for contracts and reports.
struct Build {
    folder: TempDir,
}

impl Build {
    fn of(contracts: &[Value]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (number, contract) in contracts.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.json")), contract.to_string()).unwrap();
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn verify(&self, provider: &Server, arguments: &[&str]) -> (Ended, Value) {
        let always = ["verify", "-n", "stock", "-d", ".", "-j", "report", "--provider-base-url", &provider.url];
        let ended = run_in(self.path(), &[], &[&always[..], arguments].concat());
        let report = std::fs::read_to_string(self.path().join("report"));
        let report = report.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        (ended, report)
    }
}

fn contract(consumer: &str, interactions: Value) -> Value {
    json!({
        "consumer": { "name": consumer },
        "provider": { "name": "stock" },
        "interactions": interactions,
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    })
}

fn get(path: &str, body: Value) -> Value {
    let headers = json!({ "Content-Type": "application/json" });
    json!({
        "description": format!("get {path}"),
        "request": { "method": "GET", "path": path },
        "response": { "status": 200, "headers": headers, "body": body },
    })
}

fn with(mut interaction: Value, key: &str, value: Value) -> Value {
    interaction[key] = value;
    interaction
}

fn in_state(interaction: Value, name: &str, params: Value) -> Value {
    with(interaction, "providerStates", json!([{ "name": name, "params": params }]))
}

fn ok(body: &Value) -> Reply {
    Reply::With(200, "content-type", "application/json", body.to_string())
}

/// The results in the order of the report.
fn results(report: &Value) -> Vec<String> {
    let contracts = report["contracts"].as_array().unwrap();
    let interactions = contracts.iter().flat_map(|contract| contract["interactions"].as_array().unwrap());
    interactions.map(|one| one["result"].as_str().unwrap().to_owned()).collect()
}

/// The report without what differs from run to run.
fn verdicts(mut report: Value) -> Value {
    for contract in report["contracts"].as_array_mut().unwrap() {
        for one in contract["interactions"].as_array_mut().unwrap() {
            let one = one.as_object_mut().unwrap();
            one.remove("durationMs");
            one.remove("attempts");
        }
    }
    report["contracts"].take()
}

#[test]
fn a_provider_that_does_what_is_expected_passes() {
    let provider = Server::start(|_, _| ok(&json!({ "id": 1 })));
    let build = Build::of(&[contract("shop", json!([get("/a", json!({ "id": 1 })), get("/b", json!({}))]))]);

    let (ended, report) = build.verify(&provider, &[]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(results(&report), ["passed", "passed"]);
    assert_eq!(report["summary"]["requests"], 2);
}

#[test]
fn a_provider_that_does_not_fails_with_the_place_in_its_answer() {
    let provider = Server::start(|_, _| ok(&json!({ "items": [{ "id": "x" }] })));
    let build = Build::of(&[contract("shop", json!([get("/a", json!({ "items": [{ "id": 1 }] }))]))]);

    let (ended, report) = build.verify(&provider, &[]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    let one = &report["contracts"][0]["interactions"][0];
    assert_eq!(one["mismatches"][0]["type"], "BodyMismatch");
    assert_eq!(one["mismatches"][0]["path"], "$.items[0].id");
    let key = one["key"].as_str().unwrap();
    assert!(ended.stdout.contains("$.items[0].id") && ended.stdout.contains(&format!("--only {key}")), "{ended:?}");
}

#[test]
fn what_several_contracts_have_in_common_is_asked_once() {
    let provider = Server::start(|_, _| ok(&json!({ "id": 1 })));
    let build = Build::of(&[
        contract("shop", json!([get("/a", json!({ "id": 1 }))])),
        contract("app", json!([get("/a", json!({ "id": 2 }))])),
    ]);

    let (ended, report) = build.verify(&provider, &[]);

    assert_eq!(ended.code, Some(1));
    assert_eq!(results(&report), ["passed", "failed"]);
    assert_eq!(provider.lines(), ["GET /a"]);
}

#[test]
fn an_address_never_tells_its_password() {
    let build = Build::of(&[contract("shop", json!([get("/a", json!({}))]))]);
    let address = "http://me:hunter2@127.0.0.1:1";

    let ended = run_in(
        build.path(),
        &[],
        &["verify", "-n", "stock", "-d", ".", "--retries", "0", "--provider-base-url", address],
    );

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stdout.contains("GET http://127.0.0.1:1/a") && !format!("{ended:?}").contains("hunter2"),
        "{ended:?}"
    );
}

#[test]
fn hostile_interactions_cost_themselves_and_no_other() {
    let rules = |rule: Value| json!({ "body": { "$.a": { "matchers": [rule] } } });
    let endless = json!({ "match": "regex", "regex": "^(a+)+$" });
    let mut panics = get("/panic", json!({ "a": "a" }));
    panics["response"]["matchingRules"] = rules(endless.clone());
    let mut never_ends = get("/never", json!({ "a": ["a"] }));
    never_ends["response"]["matchingRules"] = json!({ "body": {
        "$.a": { "matchers": [{ "match": "type" }] },
        "$.a[*]": { "matchers": [endless] },
    } });
    let mut no_number = get("/status", json!({}));
    no_number["response"]["status"] = "200".into();
    let interactions = json!([
        panics,
        never_ends,
        no_number,
        get("/deep", json!([])),
        get("/huge", json!("")),
        get("/good", json!({ "id": 1 })),
        "no interaction",
    ]);
    let text = contract("shop", interactions).to_string();
    let too_deep = get("/nested", json!("NESTED")).to_string();
    let too_deep = too_deep.replace("\"NESTED\"", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    let build = Build::of(&[]);
    let text = text.replace("\"no interaction\"", &format!("\"no interaction\",{too_deep}"));
    std::fs::write(build.path().join("0.json"), text).unwrap();
    let provider = Server::start(|request, _| match request.target.as_str() {
        "/panic" => ok(&json!({ "a": format!("{}!", "a".repeat(26)) })),
        "/never" => ok(&json!({ "a": vec![format!("{}!", "a".repeat(22)); 1000] })),
        "/deep" => Reply::With(
            200,
            "content-type",
            "application/json",
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        ),
        "/huge" => Reply::With(200, "content-type", "text/plain", "x".repeat(100 << 20)),
        _ => ok(&json!({ "id": 1 })),
    });

    let (ended, report) = build.verify(&provider, &["--judge-timeout", "2000"]);

    assert_eq!(ended.code, Some(4), "{ended:?}");
    let not_judged = "not-judged";
    assert_eq!(
        results(&report),
        [not_judged, not_judged, not_judged, not_judged, not_judged, "passed", not_judged, not_judged]
    );
    let reasons: Vec<&str> = report["contracts"][0]["interactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reason"].as_str().unwrap_or_default())
        .collect();
    assert!(reasons[0].contains("retry-limit"), "{reasons:?}");
    assert!(reasons[1].contains("longer than 2 s"), "{reasons:?}");
    assert!(reasons[3].contains("nested deeper"), "{reasons:?}");
    assert!(reasons[4].contains("longer than the 10 MB"), "{reasons:?}");
}

#[test]
fn who_judges_has_so_much_memory_and_no_more() {
    let judge = |memory_bytes: &str| {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pactolus"))
            .args(["judge-contracts", memory_bytes])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The beginning of something of 250 MB, for which room is made at once; then no more.
        let mut input = process.stdin.take().unwrap();
        let _ = input.write_all(&(250_u32 << 20).to_be_bytes());
        drop(input);
        process.wait().unwrap()
    };

    assert_eq!(judge("1000000000").code(), Some(3), "it says that its input ended");
    assert_eq!(judge("400000000").code(), None, "it is ended");
}

#[test]
fn values_of_a_state_become_part_of_the_request() {
    let provider = Server::start(|request, _| match request.target.as_str() {
        "/state" => ok(&json!({ "userId": 77 })),
        _ => ok(&json!({})),
    });
    let mut interaction = get("/users/1", json!({}));
    interaction["request"]["generators"] =
        json!({ "path": { "type": "ProviderState", "expression": "/users/${userId}" } });
    let build = Build::of(&[contract("shop", json!([in_state(interaction, "a user", json!({ "name": "Bob" }))]))]);
    let state = format!("{}/state", provider.url);

    let (ended, _) = build.verify(&provider, &["--state-change-url", &state, "--state-change-teardown"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(provider.lines(), ["POST /state", "GET /users/77", "POST /state"]);
    let calls: Vec<Value> = [0, 2].map(|number| provider.requests()[number].json()).to_vec();
    assert_eq!(calls[0], json!({ "state": "a user", "params": { "name": "Bob" }, "action": "setup" }));
    assert_eq!(calls[1]["action"], "teardown");
}

#[test]
fn a_state_that_cannot_be_made_is_no_failure_of_the_provider() {
    let provider = Server::start(|request, _| match request.target.as_str() {
        "/state?state=a+user&action=setup&age=7" => Reply::Json(500, json!({})),
        _ => ok(&json!({})),
    });
    let interaction = in_state(get("/a", json!({})), "a user", json!({ "age": 7 }));
    let build = Build::of(&[contract("shop", json!([interaction]))]);
    let state = format!("{}/state", provider.url);
    let asked = ["--state-change-url", &state, "--state-change-as-query", "--state-change-teardown"];

    let (ended, report) = build.verify(&provider, &asked);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(provider.lines(), ["POST /state?state=a+user&action=setup&age=7"]);
    assert_eq!(report["contracts"][0]["interactions"][0]["trouble"], "state");
    assert!(ended.stdout.contains("a user"), "{ended:?}");
}

#[test]
fn nobody_who_makes_states_is_a_warning() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let build = Build::of(&[contract("shop", json!([in_state(get("/a", json!({})), "a user", json!({}))]))]);

    let (ended, _) = build.verify(&provider, &[]);

    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("\"a user\"") && ended.stderr.contains("--state-change-url"), "{ended:?}");
}

#[test]
fn a_provider_that_is_not_there_could_not_be_asked() {
    let build = Build::of(&[contract("shop", json!([get("/a", json!({}))]))]);
    let arguments = ["verify", "-n", "stock", "-d", ".", "-j", "report", "-p", "1", "--retries", "1"];

    let ended = run_in(build.path(), &[], &arguments);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("GET http://localhost:1/a"), "{ended:?}");
}

#[test]
fn a_provider_that_does_not_answer_is_told_apart_from_one_that_fails() {
    let provider = Server::start(|_, _| Reply::Hang);
    let build = Build::of(&[contract("shop", json!([get("/a", json!({}))]))]);

    let (ended, report) = build.verify(&provider, &["--request-timeout", "200"]);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(report["contracts"][0]["interactions"][0]["trouble"], "timeout");
    assert_eq!(provider.lines().len(), 1, "what was sent is not sent again");
}

#[test]
fn a_run_that_takes_too_long_is_no_pass() {
    let provider = Server::start(|_, before| if before == 0 { ok(&json!({})) } else { Reply::Hang });
    let build = Build::of(&[contract("shop", json!([get("/a", json!({})), get("/b", json!({}))]))]);

    let (ended, report) = build.verify(&provider, &["--run-timeout", "1", "--jobs", "1"]);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(results(&report), ["passed", "skipped"]);
    assert!(report["cutShort"].as_str().unwrap().contains("1 s"));
}

#[test]
fn those_that_failed_can_be_run_again_by_name_or_by_report() {
    let provider = Server::start(|request, _| ok(&json!({ "ok": request.target != "/b" })));
    let interactions = ["/a", "/b", "/c"].map(|path| get(path, json!({ "ok": true })));
    let build = Build::of(&[contract("shop", json!(interactions))]);
    let (_, report) = build.verify(&provider, &[]);
    let key = report["contracts"][0]["interactions"][1]["key"].as_str().unwrap();

    let (by_name, by_name_report) = build.verify(&provider, &["--only", key]);
    let (by_report, by_report_report) = build.verify(&provider, &["--last-failed"]);

    assert_eq!((by_name.code, by_report.code), (Some(1), Some(1)));
    assert_eq!(results(&by_name_report), ["failed"]);
    assert_eq!(results(&by_report_report), ["failed"]);
    assert_eq!(by_report_report["contracts"][0]["leftOut"], 2);
}

#[test]
fn filters_choose_by_description_state_and_consumer() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let interactions =
        json!([get("/a", json!({})), in_state(get("/b", json!({})), "full", json!({})), get("/c", json!({}))]);
    let build = Build::of(&[contract("shop", interactions), contract("app", json!([get("/a", json!({}))]))]);
    let check = |arguments: &[&str], expected: &[&str]| {
        let (_, report) = build.verify(&provider, arguments);
        let contracts = report["contracts"].as_array().unwrap().clone();
        let run = contracts.iter().flat_map(|contract| contract["interactions"].as_array().unwrap());
        let run: Vec<&str> = run.map(|one| one["request"].as_str().unwrap()).collect();
        assert_eq!(run, expected, "{arguments:?}");
    };

    check(&["--filter-description", "/a", "--filter-description", "/c$"], &["GET /a", "GET /c", "GET /a"]);
    check(&["--filter-state", "ul"], &["GET /b"]);
    check(&["--filter-no-state", "-c", "shop"], &["GET /a", "GET /c"]);
}

#[test]
fn the_first_failure_ends_the_run_where_that_is_wanted() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let interactions: Vec<Value> = (0..30).map(|number| get(&format!("/{number}"), json!({ "a": 1 }))).collect();
    let build = Build::of(&[contract("shop", json!(interactions))]);

    let (ended, report) = build.verify(&provider, &["--fail-fast", "--jobs", "2"]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(provider.lines().len() <= 3, "{:?}", provider.lines());
    assert!(results(&report).contains(&"skipped".to_owned()));
}

#[test]
fn headers_are_added_and_made_by_a_command() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let mut interaction = get("/a", json!({ "missing": 1 }));
    interaction["request"]["headers"] = json!({ "Authorization": "Bearer contract", "X-Kept": "yes" });
    let build = Build::of(&[contract("shop", json!([interaction]))]);
    let command = r#"sed -E 's/.*"path":"([^"]*)".*/X-Signed: \1/'"#;

    let (ended, _) =
        build.verify(&provider, &["-HAuthorization=Bearer hunter2", "-thunter2", "--header-from-command", command]);

    // The command to run it again is told.
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("--only"), "{ended:?}");
    let request = provider.requests().pop().unwrap();
    assert_eq!(request.header("authorization"), Some("Bearer hunter2"));
    assert_eq!(request.header("x-kept"), Some("yes"));
    assert_eq!(request.header("x-signed"), Some("/a"));
    assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
}

#[test]
fn a_message_is_asked_for_by_its_description() {
    let provider = Server::start(|request: &Request, _| match request.json()["description"].as_str() {
        Some("an order") => ok(&json!({ "id": 7 })),
        _ => Reply::Json(404, json!({ "error": "no such message" })),
    });
    let contract = json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "stock" },
        "messages": [
            { "description": "an order", "contents": { "id": 7 }, "metaData": { "contentType": "application/json" } },
            { "description": "nothing", "contents": { "id": 7 }, "metaData": { "contentType": "application/json" } },
        ],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    });
    let build = Build::of(&[contract]);

    let (ended, report) = build.verify(&provider, &[]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(results(&report), ["passed", "failed"]);
    let sentence = report["contracts"][0]["interactions"][1]["mismatches"][0]["sentence"].as_str().unwrap();
    assert!(sentence.contains("404"), "{sentence}");
}

#[test]
fn evidence_holds_what_was_answered_and_no_secret() {
    let provider = Server::start(|_, _| ok(&json!({ "id": 1, "token": "hunter2" })));
    let mut interaction = get("/a", json!({ "id": 2, "token": "x" }));
    interaction["request"]["headers"] = json!({ "Cookie": "hunter3" });
    let build = Build::of(&[contract("shop", json!([interaction]))]);

    let (ended, _) = build.verify(&provider, &["--evidence", "seen", "--redact", "$.token"]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    let seen = std::fs::read_to_string(build.path().join("seen")).unwrap();
    assert!(!seen.contains("hunter"), "{seen}");
    let lines: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["run"]["provider"], "stock");
    assert_eq!(lines[1]["response"]["body"]["text"], r#"{"id":1,"token":"[redacted]"}"#);
    assert_eq!(lines[1]["redacted"], json!(["header:cookie", "$.token"]));
    assert_eq!(lines[1]["interactions"][0]["result"], "failed");
    assert_eq!(lines[1]["fingerprint"].as_str().unwrap().len(), 64);
}

#[test]
fn without_contracts_nothing_is_verified() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let build = Build::of(&[]);

    assert_eq!(build.verify(&provider, &[]).0.code, Some(2));
    assert_eq!(build.verify(&provider, &["--ignore-no-pacts-error"]).0.code, Some(0));
}

#[test]
fn what_cannot_be_read_is_named_before_anything_is_asked() {
    let build = Build::of(&[contract("shop", json!([]))]);
    let check = |arguments: &[&str], expected: &str| {
        let ended = run_in(build.path(), &[], &[&["verify", "-n", "stock", "-f", "0.json"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{arguments:?}: {ended:?}");
    };

    check(&["--filter-description", "("], "--filter-description (");
    check(&["-H", "nonsense"], "NAME=VALUE");
    check(&["--provider-base-url", "localhost:80"], "http://127.0.0.1:8080");
    check(&["--transports", "message"], "TRANSPORT:PORT");
    check(&["--evidence", "x", "--redact", "token"], "$.user.token");
    check(&["-f", "absent.json"], "absent.json");
}
