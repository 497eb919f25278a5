//! The cases of the Pact specification, version 1 to 4, through the judge. `PACTOLUS_CONFORMANCE` names the folder that
//! holds them (`pact-spec`), without it this says that it did not run.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "a test that did not run must say so")]

use std::path::{Path, PathBuf};

use pactolus_judge::{Answer, Contract, Request, Response, Verdict, judge, judge_request, request_to_send};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Cases whose published verdict the reference engine does not share, each with the reason.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "v1/request/query/different param order",
        "parameters have no order between names: queries are not compared as text",
    ),
    ("v1/request/query/trailing amperand", "an ampersand that nothing follows adds no parameter"),
    ("v2/request/body/matches with regex xml", "the case itself is wrong: the engine's own copy corrects it"),
    ("v3/request/body/matches with regex xml", "the case itself is wrong: the engine's own copy corrects it"),
    (
        "v4/request/body/array with regular expression that does not match in element xml",
        "the rule's path in the case leads nowhere: the engine's own copy corrects it",
    ),
];

/// The same for the engine's own corrected copies.
const DIFFERENT_FROM_CORRECTED: &[(&str, &str)] = &[
    ("v3/response/body/unexpected xml namespace", "known to the engine's authors as incorrect behaviour"),
    ("v4/response/body/unexpected xml namespace", "known to the engine's authors as incorrect behaviour"),
];

#[test]
fn each_case_of_the_specification_has_the_verdict_that_it_names() {
    check(&["v1", "v1_1", "v2", "v3", "v4"], "", DIFFERENT);
}

#[test]
fn each_corrected_case_has_the_verdict_that_it_names() {
    check(&["v1", "v2", "v3", "v4"], "reference-overrides", DIFFERENT_FROM_CORRECTED);
}

fn check(versions: &[&str], below: &str, different: &[(&str, &str)]) {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        println!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        return;
    };
    let folder = Path::new(&folder).join("pact-spec").join(below);
    let (mut number, mut wrong) = (0, Vec::new());
    for version in versions {
        for file in files(&folder.join(version)) {
            let name = file.strip_prefix(&folder).unwrap().with_extension("").display().to_string();
            let text = std::fs::read_to_string(&file).unwrap();
            let case: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let verdict = verdict(version, name.split('/').nth(1).unwrap(), &case);
            number += 1;
            let is_right = match verdict {
                Verdict::Matched => case["match"] == true,
                Verdict::Mismatched(_) => case["match"] == false,
                Verdict::NotJudged(_) => false,
            };
            if is_right == different.iter().any(|(different, _)| *different == name) {
                wrong.push(format!("{name}: {verdict:?}"));
            }
        }
    }
    println!("{number} cases, {} known to be different", different.len());
    assert!(number > 0, "no cases in {}", folder.display());
    assert!(wrong.is_empty(), "{} of {number}:\n{}", wrong.len(), wrong.join("\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn verdict(version: &str, part: &str, case: &Value) -> Verdict {
    let (expected, actual) = (&case["expected"], &case["actual"]);
    match part {
        "request" => {
            let document = document(version, json!({ "request": expected, "response": {} }));
            judge_request(document.get(), &as_request(version, actual))
        }
        "response" => {
            let document = document(version, json!({ "request": {}, "response": expected }));
            let status = u16::try_from(actual["status"].as_u64().unwrap_or(200)).unwrap();
            let Request { headers, body, .. } = as_request(version, actual);
            judge(document.get(), &Answer::Response(Response { status, headers, body }))
        }
        "message" => {
            let Request { headers, body, .. } = as_request(version, &message_as_http(version, actual));
            let document = message(version, expected);
            judge(document.get(), &Answer::Message(Response { status: 200, headers, body }))
        }
        other => panic!("{other} is no part that is known"),
    }
}

/// What the case calls actual, as it would come over the wire.
fn as_request(version: &str, actual: &Value) -> Request {
    let document = document(version, json!({ "request": actual, "response": {} }));
    request_to_send(document.get(), &Map::new()).unwrap()
}

fn document(version: &str, mut interaction: Value) -> Box<RawValue> {
    interaction["description"] = "a case".into();
    if version == "v4" {
        interaction["type"] = "Synchronous/HTTP".into();
    }
    only(&contract(version, "interactions", &interaction))
}

fn message(version: &str, expected: &Value) -> Box<RawValue> {
    let mut message = expected.clone();
    message["description"] = "a case".into();
    if version == "v4" {
        message["type"] = "Asynchronous/Messages".into();
    }
    only(&contract(version, if version == "v4" { "interactions" } else { "messages" }, &message))
}

/// The answer of a provider that makes the message.
fn message_as_http(version: &str, message: &Value) -> Value {
    let metadata = message.get("metaData").or_else(|| message.get("metadata"));
    let content_type = match version {
        "v4" => &message["contents"]["contentType"],
        _ => metadata.map_or(&Value::Null, |metadata| &metadata["contentType"]),
    };
    json!({ "headers": { "Content-Type": content_type }, "body": message["contents"] })
}

fn contract(version: &str, list: &str, interaction: &Value) -> Value {
    let version = match version {
        "v1" => "1.0.0",
        "v1_1" => "1.1.0",
        "v2" => "2.0.0",
        "v3" => "3.0.0",
        _ => "4.0",
    };
    json!({
        "consumer": { "name": "c" },
        "provider": { "name": "p" },
        list: [interaction],
        "metadata": { "pactSpecification": { "version": version } },
    })
}

fn only(contract: &Value) -> Box<RawValue> {
    Contract::read(&contract.to_string()).unwrap().interactions.remove(0).document
}
