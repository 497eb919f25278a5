//! The report for programs, and what the next run wants of it.

use std::collections::BTreeSet;
use std::time::Duration;

use pactolus_verify::{ContractReport, ENGINE, InteractionReport, Mismatch, Result};
use serde_json::{Value, json};

use super::Finished;
use super::exit::exit;
use super::tally::Tally;
use crate::outcome::{Exit, Failure};

/// Everything, with words as the contracts have them.
pub(crate) fn json(finished: &Finished<'_>) -> Value {
    let report = finished.report;
    let exit = exit(report);
    let contracts: Vec<Value> =
        finished.contracts().map(|(contract, published)| contract_json(contract, published)).collect();
    json!({
        "runId": report.run_id.to_string(),
        "tool": concat!("pactolus ", env!("CARGO_PKG_VERSION")),
        "engine": ENGINE,
        "provider": report.provider,
        "providerVersion": report.provider_version,
        "startedAt": report.started_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "durationMs": milliseconds(report.duration),
        "success": exit == Exit::Yes,
        "exitCode": exit as u8,
        "cutShort": report.cut_short,
        "summary": summary(Tally::of(report.interactions()), report.requests_sent),
        "contracts": contracts,
    })
}

/// The keys of a report's interactions that did not pass. `name` is that of the file, for the message if it is none.
pub(crate) fn not_passed(name: &str, text: &str) -> std::result::Result<BTreeSet<String>, Failure> {
    let no_report = |why: &str| Failure::usage(format!("{name} is no report of pactolus verify --json: {why}"));
    let report: Value = serde_json::from_str(text).map_err(|error| no_report(&error.to_string()))?;
    let contracts = report["contracts"].as_array().ok_or_else(|| no_report("it has no contracts"))?;
    let mut keys = BTreeSet::new();
    for contract in contracts {
        let interactions =
            contract["interactions"].as_array().ok_or_else(|| no_report("a contract has no interactions"))?;
        for one in interactions {
            match (one["key"].as_str(), one["result"].as_str()) {
                (Some(_), Some("passed")) => {}
                (Some(key), Some(_)) => {
                    keys.insert(key.to_owned());
                }
                _ => return Err(no_report("an interaction has no key or no result")),
            }
        }
    }
    Ok(keys)
}

fn summary(tally: Tally, requests: usize) -> Value {
    json!({
        "interactions": tally.interactions,
        "passed": tally.passed,
        "failed": tally.failed,
        "pending": tally.pending,
        "notJudged": tally.not_judged,
        "notAsked": tally.not_asked,
        "skipped": tally.skipped,
        "requests": requests,
    })
}

fn contract_json(contract: &ContractReport, published: Option<&str>) -> Value {
    let interactions: Vec<Value> =
        contract.interactions.iter().map(|one| interaction_json(one, contract.is_pending(one))).collect();
    json!({
        "consumer": contract.consumer,
        "location": contract.source.location,
        "pending": contract.source.is_pending,
        "wip": contract.source.is_wip,
        "success": contract.is_success(),
        "leftOut": contract.left_out,
        "unreadable": contract.unreadable,
        "published": published,
        "interactions": interactions,
    })
}

fn interaction_json(one: &InteractionReport, is_pending: bool) -> Value {
    let interaction = &one.interaction;
    let (result, reason, trouble) = told(&one.result);
    let states: Vec<Value> =
        interaction.states.iter().map(|state| json!({"name": state.name, "params": state.params})).collect();
    let mismatches: Vec<Value> = match &one.result {
        Result::Failed(mismatches) => mismatches.iter().map(mismatch_json).collect(),
        _ => Vec::new(),
    };
    json!({
        "key": interaction.key,
        "id": interaction.id,
        "description": interaction.description,
        "states": states,
        "kind": interaction.kind.as_str(),
        "pending": is_pending,
        "comments": interaction.comments,
        "testName": interaction.test_name,
        "request": interaction.request_line,
        "result": result,
        "reason": reason,
        "trouble": trouble,
        "durationMs": milliseconds(one.duration),
        "attempts": one.attempts,
        "mismatches": mismatches,
    })
}

/// The result in a word, the reason if it is neither a pass nor a failure, and the kind of trouble.
fn told(result: &Result) -> (&'static str, Option<&str>, Option<&'static str>) {
    match result {
        Result::Passed => ("passed", None, None),
        Result::Failed(_) => ("failed", None, None),
        Result::NotJudged(why) => ("not-judged", Some(why), None),
        Result::NotAsked(trouble) => ("not-asked", Some(&trouble.message), Some(trouble.kind.as_str())),
        Result::Skipped(why) => ("skipped", Some(why), None),
    }
}

fn mismatch_json(mismatch: &Mismatch) -> Value {
    json!({
        "type": mismatch.kind.as_str(),
        "path": mismatch.path,
        "expected": mismatch.expected,
        "actual": mismatch.actual,
        "sentence": mismatch.sentence,
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use pactolus_verify::Report;

    use super::*;
    use crate::verify::examples::{self, COMMAND, contract, failed, pending, report, state};

    fn json_of(report: &Report, published: &[Option<String>]) -> Value {
        json(&Finished { report, published, command: COMMAND })
    }

    #[test]
    fn a_report_has_all_that_is_known() {
        let mut one = failed("a product");
        one.interaction.states = vec![state("product 7 exists", json!({"id": 7}))];
        one.interaction.comments = vec!["in centimetres".to_owned()];
        one.interaction.id = Some("7f3a".to_owned());
        one.interaction.test_name = Some("ProductTest.gets".to_owned());
        let run = report([contract("shop", [one])]);

        let told = json_of(&run, &[Some("https://broker/results/1".to_owned())]);

        assert_snapshot!(format!("{told:#}"), @r#"
        {
          "runId": "0190f5b0-0000-7000-8000-000000000001",
          "tool": "pactolus 0.1.0",
          "engine": "pact_matching 2.1.0",
          "provider": "stock",
          "providerVersion": "1.2.3",
          "startedAt": "2026-01-01T00:00:00Z",
          "durationMs": 1234,
          "success": false,
          "exitCode": 1,
          "cutShort": null,
          "summary": {
            "interactions": 1,
            "passed": 0,
            "failed": 1,
            "pending": 0,
            "notJudged": 0,
            "notAsked": 0,
            "skipped": 0,
            "requests": 1
          },
          "contracts": [
            {
              "consumer": "shop",
              "location": "pacts/shop.json",
              "pending": false,
              "wip": false,
              "success": false,
              "leftOut": 0,
              "unreadable": null,
              "published": "https://broker/results/1",
              "interactions": [
                {
                  "key": "kaproduct",
                  "id": "7f3a",
                  "description": "a product",
                  "states": [
                    {
                      "name": "product 7 exists",
                      "params": {
                        "id": 7
                      }
                    }
                  ],
                  "kind": "http",
                  "pending": false,
                  "comments": [
                    "in centimetres"
                  ],
                  "testName": "ProductTest.gets",
                  "request": "GET /products/7?size=2",
                  "result": "failed",
                  "reason": null,
                  "trouble": null,
                  "durationMs": 12,
                  "attempts": 1,
                  "mismatches": [
                    {
                      "type": "StatusMismatch",
                      "path": "",
                      "expected": "200",
                      "actual": "500",
                      "sentence": "expected 200 but was 500"
                    }
                  ]
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn parts_of_the_summary_add_up() {
        let told = json_of(&examples::one_of_each(), &[]);

        assert_snapshot!(told["summary"], @r#"
        {"interactions":9,"passed":2,"failed":1,"pending":3,"notJudged":1,"notAsked":1,"skipped":1,"requests":6}
        "#);
    }

    #[test]
    fn each_result_has_its_word_and_reason() {
        let told = json_of(&examples::one_of_each(), &[]);

        let words = |name: &str| -> Vec<Value> {
            told["contracts"][0]["interactions"].as_array().unwrap().iter().map(|one| one[name].clone()).collect()
        };
        assert_eq!(words("result"), ["passed", "failed", "not-judged", "not-asked", "skipped"]);
        assert_eq!(words("trouble"), [json!(null), json!(null), json!(null), json!("unreachable"), json!(null)]);
        assert_eq!(words("reason")[4], "it passed last time");
    }

    #[test]
    fn a_pending_failure_is_no_failure_of_the_run() {
        let told =
            json_of(&report([contract("shop", [examples::passed("a")]), pending(contract("pay", [failed("b")]))]), &[]);

        assert_eq!((&told["success"], &told["exitCode"]), (&json!(true), &json!(0)));
        assert_eq!(told["contracts"][1]["success"], false);
        assert_eq!(told["contracts"][1]["interactions"][0]["pending"], true);
    }

    #[test]
    fn the_next_run_can_ask_for_what_did_not_pass() {
        let text = json_of(&examples::one_of_each(), &[]).to_string();

        let keys = not_passed("report.json", &text).unwrap();

        assert_eq!(keys.iter().map(String::as_str).collect::<Vec<_>>(), ["kb", "kc", "kd", "ke", "kg", "kh", "ki"]);
    }

    #[test]
    fn another_file_is_no_report() {
        for (text, why) in [
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("[]", "it has no contracts"),
            (r#"{"contracts":[{}]}"#, "a contract has no interactions"),
            (r#"{"contracts":[{"interactions":[{"key":"a"}]}]}"#, "an interaction has no key or no result"),
        ] {
            let failure = not_passed("a.json", text).unwrap_err();

            assert_eq!(failure.exit, Exit::Usage);
            assert_eq!(failure.message, format!("a.json is no report of pactolus verify --json: {why}"));
        }
    }
}
