//! What CI servers read.

use insta::assert_snapshot;
use kiss_xml::dom::{Element, Node as _};
use pactolus_verify::Report;

use super::*;
use crate::verify::examples::{self, COMMAND, contract, failed, passed, pending, report, unreadable};

fn junit_of(report: &Report) -> String {
    junit(&Finished { report, published: &[], command: COMMAND })
}

/// The file as a strict reader sees it.
fn read(report: &Report) -> Element {
    kiss_xml::parse_str(junit_of(report)).unwrap().root_element().clone()
}

fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    element.get_attr(name).unwrap_or_else(|| panic!("no {name} in {element}"))
}

fn counts(element: &Element) -> [&str; 4] {
    ["tests", "failures", "errors", "skipped"].map(|name| attribute(element, name))
}

/// Name, and the element that says what is wrong with its type and message.
fn cases(suite: &Element) -> Vec<String> {
    let case = |case: &Element| {
        let wrong: Vec<String> = case
            .child_elements()
            .map(|wrong| {
                let kind = wrong.get_attr("type").map(|kind| format!(" {kind}")).unwrap_or_default();
                format!(": {}{kind}: {}", wrong.name(), wrong.get_attr("message").unwrap())
            })
            .collect();
        format!("{}{}", attribute(case, "name"), wrong.concat())
    };
    suite.elements_by_name("testcase").map(case).collect()
}

#[test]
fn a_file_has_a_suite_for_each_contract() {
    let root = read(&examples::one_of_each());

    let suites: Vec<&str> = root.elements_by_name("testsuite").map(|suite| attribute(suite, "name")).collect();

    assert_eq!(root.name(), "testsuites");
    assert_eq!(suites, ["shop", "pay"]);
}

#[test]
fn counts_are_those_of_the_cases() {
    let root = read(&examples::one_of_each());

    assert_eq!(counts(&root), ["9", "1", "2", "4"]);
    for suite in root.elements_by_name("testsuite") {
        let cases: Vec<&Element> = suite.elements_by_name("testcase").collect();
        let with =
            |name: &str| cases.iter().filter(|case| case.elements_by_name(name).next().is_some()).count().to_string();
        let counted = [cases.len().to_string(), with("failure"), with("error"), with("skipped")];
        assert_eq!(counts(suite), counted.each_ref().map(String::as_str));
    }
}

#[test]
fn each_result_has_its_element() {
    let root = read(&examples::one_of_each());

    let told: Vec<String> = root.elements_by_name("testsuite").flat_map(cases).collect();

    assert_snapshot!(told.join("\n"), @"
    a
    b: failure StatusMismatch: status  expected 200 but was 500
    c: error not-judged: its body is application/grpc, which needs a plugin
    d: error unreachable: can't connect to http://127.0.0.1:8080 (connection refused): start the provider before, or correct --provider-base-url
    e: skipped: it passed last time
    f
    g: skipped: pending: status  expected 200 but was 500
    h: skipped: pending: its body is application/grpc, which needs a plugin
    i: skipped: pending: can't connect to http://127.0.0.1:8080 (connection refused): start the provider before, or correct --provider-base-url
    ");
}

#[test]
fn a_file_has_the_attributes_of_the_schema() {
    let mut names: Vec<String> = Vec::new();
    let root = read(&examples::one_of_each());
    let elements = std::iter::once(&root).chain(root.search_elements(|_| true));
    for element in elements {
        let mut attributes: Vec<&str> = element.attributes().keys().map(String::as_str).collect();
        attributes.sort_unstable();
        let line = format!("{}: {}", element.name(), attributes.join(" "));
        if !names.contains(&line) {
            names.push(line);
        }
    }

    assert_snapshot!(names.join("\n"), @"
    testsuites: errors failures name skipped tests time timestamp
    testsuite: errors failures name skipped tests time timestamp
    properties: 
    testcase: classname name time
    property: name value
    failure: message type
    error: message type
    skipped: message
    ");
}

#[test]
fn a_failure_has_all_that_a_terminal_shows() {
    assert_snapshot!(junit_of(&examples::deep_body()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pactolus verify stock" tests="2" failures="1" errors="0" skipped="0" time="1.234" timestamp="2026-01-01T00:00:00">
    <testsuite name="shop" tests="2" failures="1" errors="0" skipped="0" time="0.024" timestamp="2026-01-01T00:00:00">
    <properties>
    <property name="provider" value="stock"/>
    <property name="providerVersion" value="1.2.3"/>
    <property name="contract" value="pacts/shop.json"/>
    <property name="engine" value="pact_matching 2.1.0"/>
    <property name="runId" value="0190f5b0-0000-7000-8000-000000000001"/>
    </properties>
    <testcase name="a request for a product" classname="shop/stock" time="0.012"/>
    <testcase name="a request for the orders of a customer, given customer 7 has orders and the user is logged in" classname="shop/stock" time="0.012">
    <failure type="StatusMismatch" message="status  expected 200 but was 206 (and 5 more)">
    given    customer 7 has orders {&quot;id&quot;:7,&quot;orders&quot;:1}
    and      the user is logged in
    request  GET /customers/7/orders?expand=items
    test     OrderClientTest.getsOrders

    status  expected 200 but was 206

    body $.orders[0].items[0].id  must be an integer
      expected  0
      actual    &quot;x&quot;
      the same at $.orders[0].items[1].id

    body $.orders[0].state  must match &apos;^(open|paid)$&apos;
      expected  &quot;open&quot;
      actual    &quot;cancelled&quot;

    body $.orders[0].total.amount  must be a decimal number
      expected  12.5
      actual    null

    body $.orders[0].address  Actual map is missing the following keys: zip
      - expected  + actual
        {
          &quot;city&quot;: &quot;Delft&quot;,
      -   &quot;country&quot;: {
      -     &quot;code&quot;: &quot;NL&quot;,
      -     &quot;name&quot;: &quot;Netherlands&quot;
      -   },
      +   &quot;country&quot;: &quot;NL&quot;,
          &quot;street&quot;: &quot;1 Main St&quot;,
      -   &quot;zip&quot;: &quot;2611&quot;
      +   &quot;zipCode&quot;: &quot;2611&quot;
        }

    run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only karequest
    </failure>
    </testcase>
    </testsuite>
    </testsuites>
    "#);
}

#[test]
fn whatever_contracts_say_the_file_can_be_read() {
    let root = read(&examples::hostile());

    let case = root.first_element_by_name("testsuite").unwrap().first_element_by_name("testcase").unwrap();
    let name = attribute(case, "name");
    assert!(name.starts_with(r"]]></failure>\u{1b}[2J\u{1b}]0;owned\u{7}<script>"), "{name}");
    assert!(name.ends_with("… [kfailure2]") && name.chars().count() < 300, "{name}");
    assert!(case.first_element_by_name("failure").unwrap().text().contains("+ </pre>"));
    assert!(!junit_of(&examples::hostile()).contains(|one: char| one.is_control() && one != '\n'));
}

#[test]
fn two_of_the_same_name_are_told_apart() {
    let root = read(&report([contract("shop", [passed("a"), failed("a")]), contract("shop", [])]));

    let suites: Vec<&Element> = root.elements_by_name("testsuite").collect();
    assert_eq!(attribute(suites[0], "name"), "shop (pacts/shop.json)");
    assert_eq!(cases(suites[0])[1], "a [ka]: failure StatusMismatch: status  expected 200 but was 500");
}

#[test]
fn a_contract_that_cannot_be_read_is_an_error_unless_it_is_pending() {
    let root = read(&report([contract("shop", [passed("a")]), unreadable("pay"), pending(unreadable("log"))]));

    let told: Vec<String> = root.elements_by_name("testsuite").flat_map(cases).collect();

    assert_snapshot!(told.join("\n"), @"
    a
    the contract can be read: error unreadable: it is not JSON: expected value at line 1 column 1
    the contract can be read: skipped: pending: it is not JSON: expected value at line 1 column 1
    ");
}

#[test]
fn a_run_that_is_no_pass_is_never_green() {
    let mut cut_short = examples::green();
    cut_short.cut_short = Some("--run-timeout".to_owned());

    for run in [cut_short, report([])] {
        let root = read(&run);

        let last = root.elements_by_name("testsuite").last().unwrap();
        assert_eq!(attribute(last, "name"), "the run as a whole");
        assert_eq!(counts(last), ["1", "0", "1", "0"]);
    }
}

#[test]
fn comments_of_what_passed_are_kept() {
    assert!(junit_of(&examples::green()).contains("<system-out>sizes are in centimetres\n</system-out>"));
}
