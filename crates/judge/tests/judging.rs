//! The judge by itself: what it says, and that it says the same each time.
#![expect(clippy::unwrap_used, reason = "tests")]

use pactolus_judge::{Answer, Contract, InteractionKind, MismatchKind, Response, Verdict, judge, request_to_send};
use serde_json::{Map, Value, json};

fn contract(interaction: &Value, version: &str) -> Contract {
    let contract = json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "stock" },
        "interactions": [interaction],
        "metadata": { "pactSpecification": { "version": version } },
    });
    Contract::read(&contract.to_string()).unwrap()
}

fn expecting(response: &Value) -> Contract {
    contract(
        &json!({ "description": "a", "request": { "method": "GET", "path": "/a" }, "response": response }),
        "3.0.0",
    )
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer::Response(Response { status, headers, body: Some(body.to_owned().into()) })
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn mismatches_are_sorted_and_the_same_each_time() {
    let body = json!({ "a": 1, "b": [1, 2], "c": { "d": "x" } });
    let headers = json!({ "Content-Type": "application/json", "X-A": "1", "X-B": "2" });
    let contract = expecting(&json!({ "status": 200, "headers": headers, "body": body }));
    let answer = answer(201, &[JSON, ("x-a", "2")], r#"{"a": "1", "b": [1], "c": {}}"#);
    let say = || judge(contract.interactions[0].document.get(), &answer);

    let first = say();

    assert!((0..50).all(|_| say() == first), "{first:?}");
    let Verdict::Mismatched(mismatches) = first else { panic!("{first:?}") };
    let places: Vec<_> = mismatches.iter().map(|one| (one.kind, one.path.as_str())).collect();
    assert_eq!(places[0], (MismatchKind::Status, ""));
    assert!(places.is_sorted_by_key(|(kind, _)| *kind), "{places:?}");
    assert!(
        places.contains(&(MismatchKind::Body, "$.a")) && places.contains(&(MismatchKind::Header, "X-B")),
        "{places:?}"
    );
}

#[test]
fn null_satisfies_who_expects_null() {
    let headers = json!({ "Content-Type": "application/json" });
    let contract = expecting(&json!({ "status": 200, "headers": headers, "body": null }));

    assert_eq!(judge(contract.interactions[0].document.get(), &answer(200, &[JSON], "null")), Verdict::Matched);
}

#[test]
fn the_answer_to_a_message_is_judged_with_its_metadata() {
    let contents = |value: &Value| json!({ "content": value, "contentType": "application/json", "encoded": false });
    let contract = contract(
        &json!({
            "type": "Synchronous/Messages",
            "description": "a price",
            "request": { "contents": contents(&json!({ "sku": "pen" })) },
            "response": [{ "contents": contents(&json!({ "price": 1 })), "metadata": { "queue": "prices" } }],
        }),
        "4.0",
    );
    let interaction = &contract.interactions[0];
    let say = |metadata: &str, body: &str| {
        let headers = vec![(JSON.0.into(), JSON.1.into()), ("pact-message-metadata".into(), metadata.into())];
        let response = Response { status: 200, headers, body: Some(body.to_owned().into()) };
        judge(interaction.document.get(), &Answer::Message(response))
    };

    assert_eq!(interaction.kind, InteractionKind::SyncMessage);
    let asked = request_to_send(interaction.document.get(), &Map::new()).unwrap();
    let asked: Value = serde_json::from_slice(&asked.body.unwrap()).unwrap();
    assert_eq!(
        (&asked["description"], &asked["request"]["contents"]["content"]["sku"]),
        (&json!("a price"), &json!("pen"))
    );
    // {"queue": "prices"} and {"queue": "others"}
    assert_eq!(say("eyJxdWV1ZSI6ICJwcmljZXMifQ==", r#"{"price": 1}"#), Verdict::Matched);
    assert!(matches!(say("eyJxdWV1ZSI6ICJvdGhlcnMifQ==", r#"{"price": 1}"#), Verdict::Mismatched(_)));
    assert!(matches!(say("eyJxdWV1ZSI6ICJwcmljZXMifQ==", r#"{"price": 2}"#), Verdict::Mismatched(_)));
    assert!(matches!(say("no base64!", r#"{"price": 1}"#), Verdict::Mismatched(_)));
}

#[test]
fn one_interaction_that_cannot_be_read_leaves_the_others_alone() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let text = format!(
        r#"{{"consumer": {{"name": "c"}}, "provider": {{"name": "p"}}, "interactions": [
            {{"description": "deep", "request": {{"method": "GET", "path": "/"}}, "response": {{"status": 200, "body": {nested}}}}},
            {{"description": "good", "request": {{"method": "GET", "path": "/"}}, "response": {{"status": 200}}}}]}}"#
    );
    let contract = Contract::read(&text).unwrap();
    let say = |number: usize| judge(contract.interactions[number].document.get(), &answer(200, &[], ""));

    assert!(matches!(say(0), Verdict::NotJudged(_)), "{:?}", say(0));
    assert_eq!(say(1), Verdict::Matched);
}

#[test]
fn what_needs_a_plugin_is_never_judged() {
    let check = |key: &str, value: Value| {
        let mut interaction = json!({ "type": "Synchronous/HTTP", "description": "a", "request": {}, "response": {} });
        interaction[key] = value;
        let reason = contract(&interaction, "4.0").interactions[0].cannot_be_judged.clone();
        assert!(reason.as_ref().is_some_and(|reason| reason.contains("plugin")), "{reason:?}");
    };

    check("transport", json!("grpc"));
    check("pluginConfiguration", json!({ "protobuf": {} }));
}

#[test]
fn states_are_read_in_every_version() {
    let check = |key: &str, value: Value, expected: &[&str]| {
        let mut interaction = json!({ "description": "a", "request": {}, "response": {} });
        interaction[key] = value;
        let contract = contract(&interaction, "3.0.0");
        let names: Vec<&str> = contract.interactions[0].states.iter().map(|state| state.name.as_str()).collect();
        assert_eq!(names, expected);
    };

    check("providerState", json!("full"), &["full"]);
    check("provider_state", json!("full"), &["full"]);
    check("providerState", json!(""), &[]);
    check("providerState", Value::Null, &[]);
    check("providerStates", json!([{ "name": "a" }, { "name": "b", "params": { "x": 1 } }]), &["a", "b"]);
}
