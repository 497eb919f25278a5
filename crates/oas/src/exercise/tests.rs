//! Reports of each tool against one small document.

use serde_json::json;

use super::*;
use crate::source::Budget;

fn document() -> Document {
    let answers = |status: &str| json!({"responses": {status: {"description": ""}}});
    let text = json!({"openapi": "3.0.3", "servers": [{"url": "https://stock.example/v1"}], "paths": {
        "/items/{id}": {"get": answers("200")},
        "/items": {"post": answers("201")},
        "/broken": {"get": answers("200")},
        "/hidden": {"delete": answers("204")},
    }});
    Document::load(&text.to_string(), &Budget::default()).unwrap()
}

/// What was tried: `GET /items/{id} 2+1` passed twice and failed once.
fn seen(report: &str) -> (Vec<String>, Exercise) {
    let told = exercised(report.as_bytes(), &document());
    let tried = told.operations.iter().filter(|operation| operation.is_exercised());
    let tried = tried.map(|one| format!("{} {} {}+{}", one.method, one.path, one.passed, one.failed));
    (tried.collect(), told)
}

const JUNIT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites errors="0" failures="1" tests="3">
  <testsuite name="schemathesis" tests="3">
    <testcase name="POST /items" time="3.5"/>
    <testcase name="GET /broken" time="0.1">
      <failure type="failure" message="ST101">curl -X GET http://127.0.0.1/broken &lt;EMPTY&gt;</failure>
      <failure type="failure" message="ST103"><![CDATA[<testcase name="DELETE /hidden"/>]]></failure>
    </testcase>
    <testcase name="DELETE /hidden"><skipped/></testcase>
    <testcase name="GET /items/{id}" time="0.5"></testcase>
  </testsuite>
</testsuites>"#;

#[test]
fn cases_of_junit_count_for_the_operation_that_they_are_called_by() {
    let (tried, told) = seen(JUNIT);

    assert_eq!(tried, ["GET /items/{id} 1+0", "POST /items 1+0", "GET /broken 0+1"]);
    assert_eq!(told.sentence(), "3 of 4 operations were exercised by Schemathesis (JUnit), 1 of them with failures");
    assert_eq!(told.notes, [""; 0]);
}

#[test]
fn cases_that_name_no_operation_are_counted_and_noted() {
    let report = r#"<testsuite name="mine"><testcase name="adds numbers"/><testcase name="GET /nowhere"/></testsuite>"#;

    let (tried, told) = seen(report);

    assert_eq!((tried.len(), told.elsewhere, told.notes.len()), (0, 1, 2));
}

#[test]
fn a_report_that_ends_in_the_middle_counts_as_far_as_it_goes() {
    let (tried, told) = seen(&JUNIT[..JUNIT.find("ST103").unwrap()]);

    assert_eq!(tried, ["POST /items 1+0", "GET /broken 0+1"]);
    assert_eq!(told.notes, ["the report ends in the middle; what stands before counts"]);
}

fn scenario(label: &str, method: &str, path: &str, status: u16, check: &str) -> String {
    json!({"ScenarioFinished": {"status": check, "recorder": {
        "label": label,
        "cases": {"k": {"value": {"method": method, "path": path, "id": "k"}}},
        "checks": {"k": [{"name": "not_a_server_error", "status": "success"}, {"name": "it", "status": check}]},
        "interactions": {"k": {"request": {"method": method}, "response": {"status_code": status}}},
    }}})
    .to_string()
}

#[test]
fn events_of_schemathesis_count_by_case_and_only_for_the_operations_own_method() {
    let report = [
        json!({"Initialize": {"schemathesis_version": "4.32.5", "seed": 1}}).to_string(),
        json!({"ScenarioFinished": {"status": "skip", "recorder": {"label": "POST /items"}}}).to_string(),
        scenario("GET /items/{id}", "GET", "/items/{id}", 200, "success"),
        scenario("GET /items/{id}", "TRACE", "/items/{id}", 405, "failure"),
        scenario("GET /broken", "GET", "/broken", 500, "failure"),
        "{\"ScenarioFinished\": {".to_owned(),
    ];

    let (tried, told) = seen(&report.join("\n"));

    assert_eq!(tried, ["GET /items/{id} 1+0", "GET /broken 0+1"]);
    assert_eq!(told.by.as_deref(), Some("Schemathesis 4.32.5"));
    assert_eq!(told.operations[2].statuses, BTreeSet::from([500]));
    assert_eq!(told.notes, ["1 lines of the report could not be read; the others count"]);
}

#[test]
fn recorded_exchanges_pass_if_the_document_knows_the_answer() {
    let entry = |method: &str, url: &str, status: u16| {
        json!({"request": {"method": method, "url": url, "headers": [{"name": "User-Agent", "value": "schemathesis/4.32.5"}]},
            "response": {"status": status}})
    };
    let report = json!({"log": {"version": "1.2", "creator": {"name": "harfile", "version": "0.6.0"}, "entries": [
        entry("GET", "http://127.0.0.1:8000/items/7?a=b", 200),
        entry("GET", "http://127.0.0.1:8000/v1/items/8", 500),
        entry("TRACE", "http://127.0.0.1:8000/items/7", 405),
        entry("DELETE", "http://127.0.0.1:8000/hidden", 0),
    ]}});

    let (tried, told) = seen(&report.to_string());

    assert_eq!(tried, ["GET /items/{id} 1+1", "DELETE /hidden 0+1"]);
    assert_eq!((told.by.as_deref(), told.elsewhere), (Some("Schemathesis 4.32.5"), 1));
}

#[test]
fn executions_of_newman_pass_by_their_assertions() {
    let execution = |method: &str, path: &[&str], code: u16, assertions: serde_json::Value| {
        json!({"item": {"name": "it"}, "request": {"method": method, "url": {"protocol": "http", "host": ["localhost"], "path": path}},
            "response": {"code": code}, "assertions": assertions})
    };
    let report = json!({"collection": {}, "run": {"stats": {}, "executions": [
        execution("GET", &["v1", "items", "7"], 200, json!([{"assertion": "is fine"}])),
        execution("POST", &["items"], 201, json!([{"assertion": "is fine", "error": {"message": "no"}}])),
        execution("GET", &["broken"], 500, json!([])),
        json!({"request": {"method": "DELETE", "url": {"path": ["hidden"]}}, "requestError": {"code": "ECONNREFUSED"}}),
    ]}});

    let (tried, told) = seen(&report.to_string());

    assert_eq!(tried, ["GET /items/{id} 1+0", "POST /items 0+1", "GET /broken 0+1", "DELETE /hidden 0+1"]);
    assert_eq!(told.by.as_deref(), Some("Newman"));
}

#[test]
fn dredd_is_understood_as_it_prints_and_in_each_of_its_reports() {
    let printed = "\u{1b}[32mpass:\u{1b}[39m GET (200) /items/7 duration: 20ms\nfail: POST (201) /items duration: 3ms\n\
        skip: DELETE (204) /hidden\nerror: cannot load\nDisplaying failed tests...\nfail: POST (201) /items duration: 3ms\n";
    let markdown = "# Dredd Tests\n## Pass: GET (200) /items/7\n## Fail: POST (201) /items\n### Message\n## Skip: DELETE (204) /hidden\n";
    let html = "<h1>Dredd Tests</h1>\n<h2>Pass: GET (200) /items/7</h2>\n<h2>Fail: POST (201) /items</h2>\n";
    let xunit = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"Dredd Tests\" tests=\"3\" skip=\"1\">\n\
        <testcase name=\"GET (200) /items/7\" time=\"0.02\"/>\n<testcase name=\"POST (201) /items\" time=\"0\"><failure>\
        <![CDATA[Message:\nno]]></failure></testcase>\n<testcase name=\"DELETE (204) /hidden\" time=\"0\"><skipped/></testcase>\n</testsuite>";

    for report in [printed, markdown, html, xunit] {
        let (tried, told) = seen(report);

        assert_eq!(tried, ["GET /items/{id} 1+0", "POST /items 0+1"], "{report}");
        assert_eq!((told.by.as_deref(), told.notes.len()), (Some("Dredd"), 0), "{report}");
        assert_eq!(told.operations[0].statuses, BTreeSet::from([200]), "{report}");
    }
}

#[test]
fn what_is_no_report_gets_a_note() {
    for report in
        ["", "all good", "{", "{}", "[]", "<html></html>", "<a href=\"", "{\"log\": {\"entries\": 1}}", "\u{0}"]
    {
        let (tried, told) = seen(report);

        assert_eq!((tried.len(), told.format, told.notes.len()), (0, None, 1), "{report}");
        assert!(told.notes[0].starts_with("the report could not be understood: "), "{}", told.notes[0]);
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_report_is_refused_however_it_is_cut_or_changed(cut in 0usize..700, at in 0usize..700, letter in any::<char>()) {
            let mut report: String = JUNIT.chars().take(cut).collect();
            let place = report.char_indices().map(|(index, _)| index).nth(at).unwrap_or(0);
            report.insert(place, letter);

            prop_assert!(exercised(report.as_bytes(), &document()).exercised() <= 4);
        }
    }
}
