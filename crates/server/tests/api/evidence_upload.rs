//! Uploading evidence: what is taken, and what is refused with what to change.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use pactolus_server::Settings;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::evidence::{RUNS, exchange, run, run_at, sha256, written};

const PEN: &str = r#"{"sku":"pen","left":"7"}"#;

/// With a provider called stock.
async fn start() -> TestApp {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut Settings)) -> TestApp {
    let app = TestApp::with(change).await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("it is written to memory")
}

#[tokio::test]
async fn a_run_without_exchanges_creates_the_version_of_a_known_provider() {
    let app = start().await;
    app.get("/pacticipants/stock/versions/7").await.is(404);

    app.upload_text(RUNS, &run(1).to_string()).await.is(201);

    app.get("/pacticipants/stock/versions/7").await.is(200);
    let mut nobody = run(2);
    nobody["run"]["provider"] = "nobody".into();
    let answer = app.upload_text("/pacticipants/nobody/versions/7/evidence", &nobody.to_string()).await.is(404);
    assert_eq!(answer.text_at("/error"), "No provider with name 'nobody' found");
}

#[tokio::test]
async fn a_run_sent_again_changes_nothing_and_its_id_is_taken() {
    let app = start().await;
    let lines = [run(1), exchange(1, "/pen", PEN)];
    let first = app.upload(&lines).await.is(201);
    app.advance_secs(60);

    let again = app.upload(&lines).await.is(200);
    let other = app.upload(&[run(1), exchange(1, "/pen", "{}")]).await.is(409);
    let mut elsewhere = lines.clone();
    elsewhere[0]["run"]["providerVersion"] = "8".into();
    let elsewhere = app.upload_text("/pacticipants/stock/versions/8/evidence", &written(&elsewhere)).await.is(409);

    assert_eq!(again.json(), first.json());
    for refused in [other, elsewhere] {
        assert!(refused.text_at("/error").contains("each run needs an id of its own"), "{refused:?}");
    }
    app.get("/pacticipants/stock/versions/8").await.is(404);
    assert_eq!(app.get(&format!("{}/exchanges/1", run_at(1))).await.at("/response/body/text"), PEN);
}

/// What is said of a run whose second exchange is changed so.
async fn refusal(app: &TestApp, change: impl FnOnce(&mut Value)) -> String {
    let mut second = exchange(2, "/pen", PEN);
    change(&mut second);
    let lines = written(&[run(1), exchange(1, "/pen", PEN), second]);
    app.upload_text(RUNS, &lines).await.is(400).at("/errors").to_string()
}

#[tokio::test]
async fn a_line_that_cannot_be_read_refuses_the_whole_upload() {
    let app = start().await;
    let mut told = Vec::new();

    told.push(refusal(&app, |line| *line = json!([])).await);
    told.push(refusal(&app, |line| line["kind"] = "grpc".into()).await);
    told.push(refusal(&app, |line| line["sequence"] = 1.into()).await);
    told.push(refusal(&app, |line| line["after"] = json!([1, 2])).await);
    told.push(refusal(&app, |line| line["fingerprint"] = "12".into()).await);
    told.push(refusal(&app, |line| line["request"] = Value::Null).await);
    told.push(refusal(&app, |line| line["request"]["method"] = "".into()).await);
    told.push(refusal(&app, |line| line["request"]["path"] = "pen".into()).await);
    told.push(refusal(&app, |line| line["response"] = Value::Null).await);
    told.push(refusal(&app, |line| line["response"]["status"] = Value::Null).await);
    told.push(refusal(&app, |line| line["response"]["status"] = 7.into()).await);
    told.push(refusal(&app, |line| line["outcome"] = "timeout".into()).await);
    told.push(refusal(&app, |line| line["interactions"][0]["consumer"] = "".into()).await);
    told.push(refusal(&app, |line| line["interactions"][0]["contract"] = "1".into()).await);
    told.push(refusal(&app, |line| line["interactions"][0]["interactionId"] = "\0".into()).await);
    told.push(refusal(&app, |line| line["response"]["body"]["sha256"] = "1".into()).await);
    told.push(refusal(&app, |line| line["response"]["body"]["text"] = "{}".into()).await);
    told.push(refusal(&app, |line| line["response"]["body"]["sha256"] = sha256(b"").into()).await);
    told.push(refusal(&app, |line| line["response"]["body"]["base64"] = "e30=".into()).await);
    told.push(refusal(&app, |line| line["response"]["body"] = json!({"sha256": sha256(b""), "sizeBytes": 0})).await);
    told.push(
        refusal(&app, |line| {
            line["response"]["body"] = json!({"sha256": sha256(b""), "sizeBytes": 0, "base64": "!"});
        })
        .await,
    );

    assert_snapshot!(told.join("\n"), @r#"
    {"line 3":["cannot be read: it is no JSON object"]}
    {"line 3":["kind cannot be read: unknown variant `grpc`, expected one of `http`, `message`, `sync-message` (before character 109)"]}
    {"line 3":["sequence must be more than 1: numbers are unique, and ascend from line to line"]}
    {"line 3":["after names 2, which is no exchange of an earlier line"]}
    {"line 3":["fingerprint must be 64 hexadecimal digits, in lower case: a SHA-256"]}
    {"line 3":["request is missing: only messages may be asked for without one"]}
    {"line 3":["request.method must be filled"]}
    {"line 3":["request.path must begin with a slash"]}
    {"line 3":["response is missing: the outcome is answered"]}
    {"line 3":["response.status is missing"]}
    {"line 3":["response.status must be from 100 to 999"]}
    {"line 3":["response must be null: the outcome is timeout","interactions.0.result must not be passed: the outcome is timeout"]}
    {"line 3":["interactions.0.consumer must be filled"]}
    {"line 3":["interactions.0.contract must be 40 hexadecimal digits, or null"]}
    {"line 3":["interactions.0.interactionId cannot contain the NUL character"]}
    {"line 3":["response.body has a sha256 that is not 64 hexadecimal digits, in lower case"]}
    {"line 3":["response.body has 2 bytes, and sizeBytes says 24; say so if it is truncated, or name in redacted what was left out"]}
    {"line 3":["response.body has another sha256 than is told; it is that of the body's bytes"]}
    {"line 3":["response.body has both text and base64; send one of them"]}
    {"line 3":["response.body has neither text nor base64; send one of them, or say that it is truncated"]}
    {"line 3":["response.body has a base64 that is none: Invalid symbol 33, offset 0."]}
    "#);
    assert_eq!(app.get("/pacticipants/stock/versions/7").await.status, 404, "nothing is left of them");
}

#[tokio::test]
async fn the_first_line_says_which_run_it_is() {
    let app = start().await;
    let mut told = Vec::new();
    for text in ["", "\n\n", "{", "{}", "\u{1}", &format!("{} {{}}", run(1)), &exchange(1, "/pen", PEN).to_string()] {
        told.push(app.upload_text(RUNS, text).await.is(400).at("/errors").to_string());
    }
    for (key, value) in [
        ("id", json!("7")),
        ("provider", json!("shop")),
        ("providerVersion", json!("8")),
        ("startedAt", json!("yesterday")),
        ("branch", json!("")),
        ("buildUrl", json!("javascript:alert(1)")),
        ("tool", json!(" ")),
        ("engine", json!("\0")),
    ] {
        let mut line = run(1);
        line["run"][key] = value;
        told.push(app.upload(&[line]).await.is(400).at("/errors").to_string());
    }

    assert_snapshot!(told.join("\n"), @r#"
    {"line 1":["is missing: it says which run this is, {\"run\": {…}}"]}
    {"line 1":["is missing: it says which run this is, {\"run\": {…}}"]}
    {"line 1":["cannot be read: EOF while parsing an object (before character 2)"]}
    {"line 1":["cannot be read: missing field `run` (before character 3)"]}
    {"line 1":["cannot be read: it is no JSON object"]}
    {"line 1":["cannot be read: trailing characters (before character 274)"]}
    {"line 1":["cannot be read: missing field `run` (before character 862)"]}
    {"line 1":["run.id cannot be read: UUID parsing failed: invalid length: found 1 (before character 17)"]}
    {"line 1":["run.provider must be stock, as in the address"]}
    {"line 1":["run.providerVersion must be 7, as in the address"]}
    {"line 1":["run.startedAt cannot be read: input contains invalid characters (before character 233)"]}
    {"line 1":["run.branch must be filled"]}
    {"line 1":["run.buildUrl is not a valid URL eg. http://example.org"]}
    {"line 1":["run.tool must be filled"]}
    {"line 1":["run.engine cannot contain the NUL character"]}
    "#);
}

#[tokio::test]
async fn of_many_problems_the_first_are_told_with_their_lines() {
    let app = start().await;
    let lines = format!("{}\n{}", run(1), "x\n".repeat(100));

    let refused = app.upload_text(RUNS, &lines).await.is(400);

    assert_eq!(refused.at("/errors").as_object().map(serde_json::Map::len), Some(20));
    assert!(refused.text_at("/errors/line 2/0").starts_with("cannot be read: it is no JSON object"), "{refused:?}");
    assert!(refused.text_at("/errors/line 21/0").starts_with("cannot be read"), "{refused:?}");
}

#[tokio::test]
async fn an_upload_may_be_compressed() {
    let app = start().await;
    let packed = gzip(&written(&[run(1), exchange(1, "/pen", PEN)]));

    app.upload_as(RUNS, packed.clone(), &[("content-encoding", "gzip")]).await.is(201);

    assert_eq!(app.get(&format!("{}/exchanges/1", run_at(1))).await.at("/response/body/text"), PEN);
    app.upload(&[run(1), exchange(1, "/pen", PEN)]).await.is(200);
    let half = packed[..packed.len() / 2].to_vec();
    let broken = app.upload_as(RUNS, half, &[("content-encoding", "gzip")]).await.is(400);
    assert!(broken.text_at("/errors//0").starts_with("is not gzip or ends too early"), "{broken:?}");
    let other = app.upload_as(RUNS, packed.clone(), &[("content-encoding", "br")]).await.is(415);
    assert!(other.text_at("/error").contains("send gzip"), "{other:?}");
    let json = app.upload_as(RUNS, "{}", &[("content-type", "application/json")]).await.is(415);
    assert!(json.text_at("/error").contains("application/x-ndjson"), "{json:?}");
}

#[tokio::test]
async fn an_upload_is_taken_up_to_the_limit_unpacked() {
    let app = start_with(|settings| settings.evidence_limit_bytes = 10_000).await;
    let lines = |bytes: usize| written(&[run(1), exchange(1, "/pen", &"x".repeat(bytes))]);
    let fitting = lines(10_000 - lines(0).len() - 3);
    let large = lines(20_000);

    let plain = app.upload_text(RUNS, &large).await.is(413);
    let packed = app.upload_as(RUNS, gzip(&large), &[("content-encoding", "gzip")]).await.is(413);

    for refused in [plain, packed] {
        assert!(refused.text_at("/error").contains("10000 bytes"), "{refused:?}");
        assert!(refused.text_at("/error").contains("--evidence-limit-mb"), "{refused:?}");
    }
    assert_eq!(fitting.len(), 10_000);
    app.upload_text(RUNS, &fitting).await.is(201);
}

#[tokio::test]
async fn values_of_headers_that_let_somebody_in_are_not_kept() {
    let app = start().await;
    let secretive = |secret: &str| {
        let mut asked = exchange(1, "/pen", PEN);
        asked["request"]["headers"] =
            json!([["Authorization", format!("Bearer {secret}")], ["X-Api-Key", secret], ["accept", "a"]]);
        asked["response"]["headers"] =
            json!([["set-cookie", format!("a={secret}")], ["set-cookie", "b=2"], ["www-authenticate", "Basic"]]);
        asked["redacted"] = json!(["header:set-cookie", "header:x-mine"]);
        [run(1), asked]
    };

    app.upload(&secretive("s3cret")).await.is(201);

    let shown = app.get(&format!("{}/exchanges/1", run_at(1))).await.is(200);
    assert!(!shown.text().contains("s3cret"), "{shown:?}");
    assert_eq!(
        shown.at("/request/headers"),
        json!([["Authorization", "[redacted]"], ["X-Api-Key", "[redacted]"], ["accept", "a"]])
    );
    assert_eq!(
        shown.at("/response/headers"),
        json!([["set-cookie", "[redacted]"], ["set-cookie", "[redacted]"], ["www-authenticate", "Basic"]])
    );
    assert_eq!(
        shown.at("/redacted"),
        json!(["header:set-cookie", "header:x-mine", "header:authorization", "header:x-api-key"])
    );
    // Nothing that is kept depends on them.
    app.upload(&secretive("0ther")).await.is(200);
}

#[tokio::test]
async fn of_a_body_that_something_was_left_out_of_the_sha_may_be_the_whole_ones() {
    let app = start().await;
    let mut asked = exchange(1, "/pen", PEN);
    asked["response"]["body"]["text"] = r#"{"token":"[redacted]"}"#.into();
    app.upload(&[run(1), asked.clone()]).await.is(400);

    asked["redacted"] = json!(["$.token"]);
    app.upload(&[run(1), asked]).await.is(201);

    let shown = app.get(&format!("{}/exchanges/1", run_at(1))).await.is(200);
    assert_eq!(shown.text_at("/response/body/sha256"), sha256(PEN.as_bytes()));
    assert_eq!(shown.text_at("/response/body/text"), r#"{"token":"[redacted]"}"#);
}

#[tokio::test]
async fn the_page_to_try_the_api_has_the_lines_as_they_are_sent() {
    let app = TestApp::start().await;

    let page = app.get("/hal-browser/browser.html").await.is(200).text();

    let (_, body) = page.split_once("data-type=\"application/x-ndjson\">").expect("it stands there");
    let (body, _) = body.split_once("</pre>").expect("it ends");
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(lines.len(), 2, "{body}");
    assert!(lines[0].starts_with("{&quot;run&quot;:{"), "{body}");
}
