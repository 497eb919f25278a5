//! What people read.

use insta::assert_snapshot;
use pactolus_verify::{MismatchKind, Notice, TroubleKind};

use super::*;
use crate::verify::examples::{self, COMMAND, contract, failed, mismatch, not_asked, passed, pending, report, with};

fn told(report: &Report, reader: Reader) -> String {
    text(&Finished { report, published: &[], command: COMMAND }, reader, Style::PLAIN)
}

#[test]
fn a_log_shows_what_passed_with_its_comments() {
    assert_snapshot!(told(&examples::green(), Reader::Log), @"
    shop  3 passed
      ✓ a request for a product, given product 7 exists  ProductClientTest.getsAProduct
          comment  sizes are in centimetres
      ✓ a request for all products
      ✓ a request for no product

    ✓ stock 1.2.3 is verified: 3 passed (1 contract, 3 requests, 1.2 s)
    ");
}

#[test]
fn a_terminal_shows_of_what_passed_only_what_has_comments() {
    assert_snapshot!(told(&examples::green(), Reader::Terminal), @"
    shop  3 passed
      ✓ a request for a product, given product 7 exists  ProductClientTest.getsAProduct
          comment  sizes are in centimetres

    ✓ stock 1.2.3 is verified: 3 passed (1 contract, 3 requests, 1.2 s)
    ");
}

#[test]
fn a_body_is_told_by_path_with_what_was_expected_and_answered() {
    assert_snapshot!(told(&examples::deep_body(), Reader::Terminal), @r#"
    shop  pacts/shop.json

      ✗ a request for the orders of a customer
        given    customer 7 has orders {"id":7,"orders":1}
        and      the user is logged in
        request  GET /customers/7/orders?expand=items
        test     OrderClientTest.getsOrders

        status  expected 200 but was 206

        body $.orders[0].items[0].id  must be an integer
          expected  0
          actual    "x"
          the same at $.orders[0].items[1].id

        body $.orders[0].state  must match '^(open|paid)$'
          expected  "open"
          actual    "cancelled"

        body $.orders[0].total.amount  must be a decimal number
          expected  12.5
          actual    null

        body $.orders[0].address  Actual map is missing the following keys: zip
          - expected  + actual
            {
              "city": "Delft",
          -   "country": {
          -     "code": "NL",
          -     "name": "Netherlands"
          -   },
          +   "country": "NL",
              "street": "1 Main St",
          -   "zip": "2611"
          +   "zipCode": "2611"
            }

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only karequest

    ✗ stock 1.2.3 breaks shop: 1 failed, 1 passed (1 contract, 2 requests, 1.2 s)
    "#);
}

#[test]
fn a_log_names_at_its_end_what_failed() {
    let run = report([
        contract("shop", [passed("a"), failed("b")]),
        contract("pay", (0..12).map(|number| failed(&format!("c{number}")))),
    ]);

    let told = told(&run, Reader::Log);

    let end: Vec<&str> = told.lines().rev().take(13).collect::<Vec<_>>().into_iter().rev().collect();
    assert_snapshot!(end.join("\n"), @"

    ✗ shop: b  --only kb
    ✗ pay: c0  --only kc0
    ✗ pay: c1  --only kc1
    ✗ pay: c2  --only kc2
    ✗ pay: c3  --only kc3
    ✗ pay: c4  --only kc4
    ✗ pay: c5  --only kc5
    ✗ pay: c6  --only kc6
    ✗ pay: c7  --only kc7
    ✗ pay: c8  --only kc8
    ✗ … and 3 more
    ✗ stock 1.2.3 breaks shop, pay: 13 failed, 1 passed (2 contracts, 14 requests, 1.2 s)
    ");
}

#[test]
fn a_header_is_told_by_name() {
    let sentence = "Mismatch with header 'Content-Type': Expected header 'Content-Type' to have value \
                    'application/json' but was 'text/html'";
    let missing = "Expected a header 'X-Total' but was missing";
    let mismatches = vec![
        mismatch(MismatchKind::Header, "Content-Type", "application/json", "text/html", sentence),
        mismatch(MismatchKind::Header, "X-Total", "3", "", missing),
    ];

    let told = told(&report([contract("shop", [with("a product", Result::Failed(mismatches))])]), Reader::Terminal);

    assert_snapshot!(told, @"
    shop  pacts/shop.json

      ✗ a product
        request  GET /products/7?size=2

        header Content-Type  must have value 'application/json' but was 'text/html'

        header X-Total  is missing
          expected  3
          actual    (nothing)

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only kaproduct

    ✗ stock 1.2.3 breaks shop: 1 failed (1 contract, 1 request, 1.2 s)
    ");
}

#[test]
fn a_provider_that_is_down_is_told_once() {
    let shop = contract("shop", (0..60).map(|number| not_asked(&format!("request {number}"))));

    let told = told(&report([shop, contract("pay", [not_asked("a payment")])]), Reader::Terminal);

    let lines: Vec<&str> = told.lines().filter(|line| !line.contains("shop: request")).collect();
    assert_snapshot!(lines.join("\n"), @"
    ! can't connect to http://127.0.0.1:8080 (connection refused): start the provider before, or correct --provider-base-url
      61 interactions could not be asked (unreachable):
        … and 11 more
      run it again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080

    ? stock 1.2.3 is not verified: 61 not asked (2 contracts, 0 requests, 1.2 s)
    ");
}

#[test]
fn a_state_that_failed_is_told_apart_from_failures() {
    let message = "the state 'product 7 exists' could not be set up: http://127.0.0.1:8080/states answered 500";
    let trouble = Trouble { kind: TroubleKind::StateFailed, message: message.to_owned() };
    let run = report([contract("shop", [passed("a"), with("a product", Result::NotAsked(trouble))])]);

    assert_snapshot!(told(&run, Reader::Terminal), @"
    ! the state 'product 7 exists' could not be set up: http://127.0.0.1:8080/states answered 500
      1 interaction could not be asked (state):
        shop: a product
      run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only kaproduct

    ? stock 1.2.3 is not verified: 1 not asked, 1 passed (1 contract, 2 requests, 1.2 s)
    ");
}

#[test]
fn a_pending_failure_is_said_to_be_pending() {
    let mut run = report([contract("shop", [passed("a")]), pending(contract("pay", [failed("a payment")]))]);
    run.contracts[1].source.is_wip = true;

    assert_snapshot!(told(&run, Reader::Terminal), @"
    1 interaction is pending: it does not fail the run yet

    pay  pacts/pay.json  (work in progress)

      ~ a payment  (pending)
        request  GET /products/7?size=2

        status  expected 200 but was 500

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only kapayment

    ✓ stock 1.2.3 is verified: 1 pending, 1 passed (2 contracts, 2 requests, 1.2 s)
    ");
}

#[test]
fn what_could_not_be_judged_says_why() {
    let run = report([contract("shop", [passed("a"), examples::not_judged("b")]), examples::unreadable("pay")]);

    assert_snapshot!(told(&run, Reader::Terminal), @"
    ? pacts/pay.json can't be read as a contract
      it is not JSON: expected value at line 1 column 1

    shop  pacts/shop.json

      ? b  (not judged)
        request  GET /products/7?size=2

        its body is application/grpc, which needs a plugin

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only kb

    ? stock 1.2.3 is not verified: 1 not judged, 1 passed (2 contracts, 2 requests, 1.2 s)
    ");
}

#[test]
fn a_run_that_was_cut_short_says_so_at_the_end() {
    let mut run = report([contract("shop", [passed("a"), examples::skipped("b")])]);
    run.cut_short = Some("--run-timeout of 60 s".to_owned());
    run.contracts[0].left_out = 2;

    assert_snapshot!(told(&run, Reader::Terminal), @"
    ! the run was cut short: --run-timeout of 60 s
    ? stock 1.2.3 is not verified: 1 skipped, 1 passed, 2 left out by filters (1 contract, 1 request, 1.2 s)
    ");
}

#[test]
fn failures_stand_before_all_else() {
    let told = told(&examples::one_of_each(), Reader::Log);

    let marks: String = told
        .lines()
        .filter_map(|line| line.trim_start().chars().next())
        .filter(|mark| "✗?!~✓".contains(*mark))
        .collect();
    assert_eq!(marks, "✗?!~~~✓✓✗✗");
}

#[test]
fn a_thousand_passes_do_not_drown_a_failure() {
    let mut all: Vec<InteractionReport> = (0..1_000).map(|number| passed(&format!("request {number}"))).collect();
    all.push(failed("the one"));

    let told = told(&report([contract("shop", all)]), Reader::Log);

    assert_snapshot!(told, @"
    shop  pacts/shop.json

      ✗ the one
        request  GET /products/7?size=2

        status  expected 200 but was 500

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only ktheone

    shop  1000 passed
      ✓ request 0
      ✓ request 1
      ✓ request 2
      ✓ request 3
      ✓ request 4
      ✓ 995 more

    ✗ shop: the one  --only ktheone
    ✗ stock 1.2.3 breaks shop: 1 failed, 1000 passed (1 contract, 1001 requests, 1.2 s)
    ");
}

#[test]
fn thousands_of_passes_are_a_page_or_two() {
    let many = |consumer: &str| contract(consumer, (0..1_000).map(|number| passed(&format!("request {number}"))));
    let run = report((0..50).map(|number| many(&format!("consumer {number}"))));

    let told = told(&run, Reader::Log);

    assert_eq!(told.lines().count(), 100 + 50 + 50 + 2);
    assert!(told.contains("  ✓ 980 more\n") && told.contains("  ✓ 1000 more\n"));
}

#[test]
fn hundreds_of_failures_are_not_all_told_in_full() {
    let run = report([contract("shop", (0..300).map(|number| failed(&format!("request {number}"))))]);

    let told = told(&run, Reader::Terminal);

    assert_eq!(told.matches("run just this again").count(), 50);
    assert!(told.contains("    shop: request 99\n    … and 200 more\n"), "{told}");
}

#[test]
fn nothing_of_a_contract_reaches_the_terminal_that_it_would_obey() {
    let told = told(&examples::hostile(), Reader::Log);

    assert!(!told.contains(|one: char| one.is_control() && one != '\n'), "{told}");
    assert!(!told.contains("##vso[") && !told.contains('\u{202e}'));
    assert!(!told.lines().any(|line| line.trim_start().starts_with("::")));
    assert!(told.lines().all(|line| line.chars().count() < 1_000));
}

#[test]
fn notices_of_the_outcome_stand_before_the_last_line() {
    let mut run = report([pending(contract("shop", [passed("a")])), pending(contract("pay", [passed("b")]))]);
    for contract in &mut run.contracts {
        let notice = |when: &str, text: &str| Notice { when: when.to_owned(), text: text.to_owned() };
        contract.source.notices = vec![
            notice("before_verification", "why"),
            notice("after_verification:success_true_published_true", "no longer pending"),
            notice("after_verification:success_true_published_false", "publish it"),
        ];
    }
    let published = [Some("https://broker/results/1".to_owned())];

    let told =
        text(&Finished { report: &run, published: &published, command: COMMAND }, Reader::Terminal, Style::PLAIN);

    assert_snapshot!(told, @"
    shop: no longer pending
    pay: publish it

    ✓ stock 1.2.3 is verified: 2 passed (2 contracts, 2 requests, 1.2 s)
    ");
}

#[test]
fn lines_are_broken_where_the_terminal_is_narrow() {
    let run = report([contract("shop", [failed("a request with a description that is longer than the terminal")])]);
    let finished = Finished { report: &run, published: &[], command: COMMAND };

    let told = text(&finished, Reader::Terminal, Style::PLAIN.with_columns(40));

    assert_snapshot!(told, @"
    shop  pacts/shop.json

      ✗ a request with a description that is
        longer than the terminal
        request  GET /products/7?size=2

        status  expected 200 but was 500

        run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only karequest

    ✗ stock 1.2.3 breaks shop: 1 failed (1 contract, 1 request, 1.2 s)
    ");
}
