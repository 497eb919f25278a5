//! All documented operations with hostile addresses, queries and bodies: never a failure of ours, always a documented
//! answer.

use axum::body::Body;
use axum::extract::Request;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::TestApp;
use crate::support::api_document::ApiDocument;

const SEGMENTS: [&str; 34] = [
    "shop",
    "stock",
    "1",
    "40",
    "main",
    "prod",
    "latest",
    "all",
    "0",
    "-1",
    "9223372036854775808",
    "%00",
    "%0a",
    "%2F",
    "%2e%2e",
    "..",
    ".",
    "%FF%FE",
    "%",
    "%zz",
    "%25%32%46",
    "a%20b",
    "%20",
    "+",
    "%F0%9F%98%80",
    "'%20or%201=1--",
    "%22",
    "%5C",
    "%3Cscript%3E",
    "null",
    "0195fd3e-7d3a-7000-8000-000000000000",
    "6fa9442c9ef95c7e38ae383c384efabeb01564e2",
    "{provider}",
    "Y3ZuPTE",
];

const QUERIES: [&str; 22] = [
    "",
    "q",
    "q[]",
    "q[][",
    "q[][]=1",
    "q[][pacticipant]=shop&q[][pacticipant]=stock",
    "q[][pacticipant]=shop&q[][version]=1",
    "q[][pacticipant]=%00",
    "q[][pacticipant]=shop&limit=-1",
    "q[][pacticipant]=shop&limit=99999999999999999999",
    "q[][pacticipant]=shop&q[][tag]=%ff&latestby=cvpv",
    "page=1&size=1",
    "page=0",
    "size=9223372036854775807&page=2",
    "page=9223372036854775807",
    "q=%25%5C_",
    "q=%00",
    "name=%00",
    "pacticipant=shop&version=1&environment=production",
    "pacticipant=%00&version=%00&to=%00",
    "ignore[][pacticipant]=x&ignore[]=",
    "applicationInstance=&pacticipant=%00&version=%00",
];

const BODIES: [&str; 24] = [
    "",
    "{}",
    "[]",
    "null",
    "7",
    "1e999",
    "\"\\u0000\"",
    "{",
    "{\"name\":\"\\u0000\"}",
    "{\"name\":null}",
    "{\"success\":true}",
    "{\"success\":true,\"providerApplicationVersion\":\"\\u0000\"}",
    "{\"success\":true,\"providerApplicationVersion\":\"1\",\"verifiedBy\":{\"a\":\"\\u0000\"}}",
    "{\"consumerVersionSelectors\":[{\"tag\":\"\\u0000\",\"latest\":true}]}",
    "{\"consumerVersionSelectors\":[{\"environment\":\"\\u0000\"}],\"providerVersionBranch\":\"\\u0000\"}",
    "{\"name\":\"x\",\"production\":true,\"contacts\":[{\"name\":\"a\",\"details\":{\"b\":\"\\u0000\"}}]}",
    "{\"tags\":[{\"name\":\"\"}],\"buildUrl\":\"\\u0000\"}",
    "{\"currentlyDeployed\":null}",
    "{\"applicationInstance\":\"\\u0000\"}",
    "{\"run\":{\"id\":\"0195fd3e-7d3a-7000-8000-000000000000\",\"provider\":\"stock\",\"providerVersion\":\"40\",\"tool\":\"a\",\"engine\":\"a\",\"startedAt\":\"2026-11-22T06:48:46Z\"}}",
    "{\"run\":{\"id\":\"0195fd3e-7d3a-7000-8000-000000000000\",\"provider\":\"stock\",\"providerVersion\":\"40\",\"tool\":\"a\",\"engine\":\"a\",\"startedAt\":\"2026-11-22T06:48:46Z\"}}\n{\"sequence\":2147483647,\"fingerprint\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"kind\":\"http\",\"startedAt\":\"2026-11-22T06:48:46Z\",\"outcome\":\"state\",\"request\":{\"method\":\"\\u0000\",\"path\":\"/\\u0000\"},\"states\":[{\"name\":\"\\u0000\"}],\"redacted\":[\"\\u0000\"],\"durationMs\":18446744073709551615}",
    "{\"content\":\"YQ==\",\"contractType\":\"oas\",\"verificationResults\":{\"content\":\"AA==\"}}",
    "{\"pacticipantVersionNumber\":\"1\",\"contract\":{\"content\":\"AA==\",\"specification\":\"oas\",\"contentType\":\"a/b\\u0000\",\"selfVerificationResults\":{\"verifier\":\"\\u0000\"}}}",
    "{\"events\":[{\"name\":\"contract_published\"}],\"request\":{\"method\":\"POST\",\"url\":\"https://a/\\u0000\",\"headers\":{\"\\u0000\":\"\\r\\n\"}}}",
];

const CONTENT_TYPES: [&str; 6] = [
    "application/json",
    "application/merge-patch+json",
    "application/hal+json",
    "application/x-ndjson",
    "text/plain",
    "",
];

const ACCEPTS: [&str; 6] = [
    "",
    "*/*",
    "application/json",
    "application/problem+json, application/hal+json",
    "text/plain",
    "image/png;q=x, */*;q=-1",
];

#[derive(Clone, Debug)]
struct Hostile {
    operation: usize,
    segments: Vec<usize>,
    query: String,
    body: String,
    content_type: usize,
    accept: usize,
}

fn hostile(operations: usize) -> impl Strategy<Value = Hostile> {
    let query = prop_oneof![
        4 => (0..QUERIES.len()).prop_map(|at| QUERIES[at].replace('[', "%5B").replace(']', "%5D")),
        1 => "[a-z%0-9&=+]{0,40}",
    ];
    let body = prop_oneof![
        6 => (0..BODIES.len()).prop_map(|at| BODIES[at].to_owned()),
        1 => "\\PC{0,60}",
    ];
    let segments = prop::collection::vec(0..SEGMENTS.len(), 6);
    (0..operations, segments, query, body, 0..CONTENT_TYPES.len(), 0..ACCEPTS.len()).prop_map(
        |(operation, segments, query, body, content_type, accept)| Hostile {
            operation,
            segments,
            query,
            body,
            content_type,
            accept,
        },
    )
}

/// `None` when no client could send that.
fn request(hostile: &Hostile, operations: &[(String, String)]) -> Option<Request> {
    let (method, template) = &operations[hostile.operation];
    let mut next = hostile.segments.iter().cycle();
    let filled = template.split('/').map(|segment| match segment.strip_prefix('{') {
        Some(_) => SEGMENTS[*next.next().expect("it has no end")],
        None => segment,
    });
    let path = filled.collect::<Vec<_>>().join("/");
    let separator = if hostile.query.is_empty() { "" } else { "?" };
    let mut builder = Request::builder()
        .method(method.as_str())
        .uri(format!("{path}{separator}{}", hostile.query))
        .header("host", "pactolus.test");
    if !CONTENT_TYPES[hostile.content_type].is_empty() {
        builder = builder.header("content-type", CONTENT_TYPES[hostile.content_type]);
    }
    if !ACCEPTS[hostile.accept].is_empty() {
        builder = builder.header("accept", ACCEPTS[hostile.accept]);
    }
    let body = if matches!(method.as_str(), "GET" | "DELETE") { String::new() } else { hostile.body.clone() };
    builder.body(Body::from(body)).ok()
}

#[test]
fn no_operation_fails_whatever_it_is_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app = runtime.block_on(async {
        let app = TestApp::start().await;
        app.leave_jobs();
        let world = app.world();
        world.environment("production").await;
        world.webhook("https://hooks.example.org/").on("contract_published").await;
        world.consumer("shop").version("1").branch("main").tag("prod").contract_with("stock", &["a"]).await;
        world.provider("stock").version("40").branch("main").tag("prod").verifies("shop", "1").await;
        world.deployed("stock", "40", "production").await;
        app
    });
    let operations = ApiDocument::load().operations();
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));

    let outcome = runner.run(&hostile(operations.len()), |hostile| {
        let Some(request) = request(&hostile, &operations) else { return Err(TestCaseError::reject("not sendable")) };
        let (method, address) = (request.method().clone(), request.uri().clone());
        let answer = runtime.block_on(app.send(request));
        prop_assert!(answer.status < 500, "{method} {address}: {answer:?}");
        Ok(())
    });

    if let Err(error) = outcome {
        panic!("{error}");
    }
}
