//! A provider with one world for everybody, asked by several lanes at once: states that disturb each other, and the order of
//! what changes something.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Build, contract, get, in_state, ok, results, verdicts, with};
use crate::support::{Reply, Server};

/// A provider with one world for everybody: whoever makes a state changes it for all.
fn provider_with_one_world() -> Server {
    let world = Mutex::new((String::new(), 0));
    Server::start(move |request, _| {
        let mut world = world.lock().unwrap();
        match request.line().as_str() {
            "POST /state" => {
                request.json()["state"].as_str().unwrap().clone_into(&mut world.0);
                ok(&json!({}))
            }
            "POST /count" => {
                world.1 += 1;
                ok(&json!({ "count": world.1 }))
            }
            _ => ok(&json!({ "state": world.0 })),
        }
    })
}

#[test]
fn verdicts_are_the_same_with_one_job_and_with_sixteen() {
    let interactions = (0..60).map(|number| {
        let state = format!("state {}", number % 5);
        // Some are wrong, and would be right in the state that another lane makes.
        let wanted = if number % 7 == 0 { format!("state {}", (number + 1) % 5) } else { state.clone() };
        let one = get(&format!("/{number}"), json!({ "state": wanted }));
        in_state(one, &state, json!({}))
    });
    let counted = (1..=10).map(|count| {
        let one = get(&format!("/count/{count}"), json!({ "count": count }));
        with(one, "request", json!({ "method": "POST", "path": "/count" }))
    });
    let build = Build::of(&[contract("shop", interactions.chain(counted).collect())]);
    let run = |jobs: &str| {
        let provider = provider_with_one_world();
        let state = format!("{}/state", provider.url);
        build.verify(&provider, &["--jobs", jobs, "--state-change-url", &state]).1
    };

    let (one, sixteen) = (run("1"), run("16"));

    assert_eq!(results(&one).iter().filter(|result| *result == "failed").count(), 9);
    assert_eq!(verdicts(one), verdicts(sixteen));
}

#[test]
fn what_a_contract_changes_without_a_state_keeps_its_order() {
    let contract = contract(
        "shop",
        json!([
            get("/count", json!({ "count": 0 })),
            with(get("/one", json!({ "count": 1 })), "request", json!({ "method": "POST", "path": "/count" })),
            with(get("/again", json!({ "count": 1 })), "request", json!({ "method": "GET", "path": "/count" })),
            with(get("/two", json!({ "count": 2 })), "request", json!({ "method": "POST", "path": "/count" })),
            with(get("/last", json!({ "count": 2 })), "request", json!({ "method": "GET", "path": "/count" })),
        ]),
    );
    let build = Build::of(&[contract]);
    for jobs in ["1", "16"] {
        let count = Mutex::new(0);
        let provider = Server::start(move |request, _| {
            let mut count = count.lock().unwrap();
            *count += usize::from(request.method == "POST");
            ok(&json!({ "count": *count }))
        });

        let (ended, _) = build.verify(&provider, &["--jobs", jobs]);

        assert_eq!(ended.code, Some(0), "{jobs}: {ended:?}");
    }
}

#[test]
fn what_fails_in_its_order_is_not_asked_again_out_of_it() {
    // Asked after the change, the first would be right.
    let build = Build::of(&[
        contract(
            "shop",
            json!([
                get("/count", json!({ "count": 1 })),
                with(get("/one", json!({ "count": 1 })), "request", json!({ "method": "POST", "path": "/count" })),
            ]),
        ),
        contract("app", json!([in_state(get("/a", json!({})), "full", json!({}))])),
    ]);
    for jobs in ["1", "16"] {
        let count = Mutex::new(0);
        let provider = Server::start(move |request, _| {
            let mut count = count.lock().unwrap();
            *count += usize::from(request.line() == "POST /count");
            ok(&json!({ "count": *count }))
        });
        let state = format!("{}/state", provider.url);

        let (ended, report) = build.verify(&provider, &["--jobs", jobs, "--state-change-url", &state]);

        assert_eq!(ended.code, Some(1), "{jobs}: {ended:?}");
        assert_eq!(results(&report), ["failed", "passed", "passed"], "{jobs}");
    }
}

#[test]
fn a_failure_that_one_of_two_expects_hides_no_disturbance() {
    // Both contracts share each request; the second is always disappointed.
    let provider = Server::start(|request, before| match request.target.as_str() {
        "/state" => ok(&json!({})),
        _ => ok(&json!({ "ok": before > 3 })),
    });
    let of = |consumer: &str, wanted: Value| {
        let interactions = (0..2).map(|number| {
            in_state(get(&format!("/{number}"), json!({ "ok": wanted })), &format!("state {number}"), json!({}))
        });
        contract(consumer, interactions.collect())
    };
    let build = Build::of(&[of("shop", json!(true)), of("app", json!("never"))]);
    let state = format!("{}/state", provider.url);

    let (ended, report) = build.verify(&provider, &["--state-change-url", &state]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(results(&report), ["passed", "passed", "failed", "failed"]);
    assert!(ended.stderr.contains("disturb one another"), "{ended:?}");
}

#[test]
fn a_failure_that_cannot_be_asked_again_stays_one() {
    let provider = Server::start(|request, before| match request.target.as_str() {
        "/state" if before > 3 => Reply::Json(500, json!({})),
        "/state" => ok(&json!({})),
        _ => ok(&json!({ "ok": false })),
    });
    let interactions = (0..2).map(|number| {
        in_state(get(&format!("/{number}"), json!({ "ok": true })), &format!("state {number}"), json!({}))
    });
    let build = Build::of(&[contract("shop", interactions.collect())]);
    let state = format!("{}/state", provider.url);

    let (ended, report) = build.verify(&provider, &["--state-change-url", &state]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(results(&report), ["failed", "failed"]);
    assert!(!ended.stderr.contains("disturb"), "{ended:?}");
}

#[test]
fn a_failure_that_is_none_alone_is_told() {
    // Both states are made and both requests answered before anything is asked alone.
    let provider = Server::start(|request, before| match request.target.as_str() {
        "/state" => ok(&json!({})),
        _ => ok(&json!({ "ok": before > 3 })),
    });
    let interactions = (0..2).map(|number| {
        in_state(get(&format!("/{number}"), json!({ "ok": true })), &format!("state {number}"), json!({}))
    });
    let build = Build::of(&[contract("shop", interactions.collect())]);
    let state = format!("{}/state", provider.url);

    let (ended, report) = build.verify(&provider, &["--state-change-url", &state]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("disturb one another"), "{ended:?}");
    assert_eq!(report["contracts"][0]["interactions"][0]["attempts"], 2);
}

#[test]
fn a_name_that_no_interaction_has_is_refused() {
    let provider = Server::start(|_, _| ok(&json!({})));
    let build = Build::of(&[contract("shop", json!([get("/a", json!({}))]))]);

    let (ended, _) = build.verify(&provider, &["--only", "typo"]);

    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("typo"), "{ended:?}");
}

#[test]
fn a_teardown_that_fails_hides_no_failure() {
    let provider = Server::start(|request, _| match request.target.as_str() {
        "/state" if request.json()["action"] == "teardown" => Reply::Json(500, json!({})),
        "/state" | "/good" => ok(&json!({})),
        _ => Reply::Json(500, json!({})),
    });
    let build = Build::of(&[contract("shop", json!([get("/bad", json!({})), get("/good", json!({}))]))]);
    let state = format!("{}/state", provider.url);

    let (ended, report) = build.verify(&provider, &["--state-change-url", &state, "--state-change-teardown"]);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(results(&report), ["failed", "not-asked"]);
}
