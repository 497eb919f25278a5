//! Pacts of all versions come out in one form.

use serde_json::json;

use super::*;

fn load(pact: &Value) -> Contract {
    Contract::load(&pact.to_string(), &Budget::default()).unwrap()
}

fn http(contract: &Contract) -> (&Request, &Response) {
    let exchange = contract.interactions()[0].exchange.as_ref().unwrap();
    (&exchange.request, &exchange.response)
}

#[test]
fn the_specification_is_found_in_its_three_places() {
    let of = |metadata: Value| load(&json!({"interactions": [], "metadata": metadata})).specification();

    assert_eq!(of(json!({})), Specification::V1);
    assert_eq!(of(json!({"pactSpecificationVersion": "2.0.0"})), Specification::V2);
    assert_eq!(of(json!({"pact-specification": {"version": "3.0.0"}})), Specification::V3);
    assert_eq!(of(json!({"pactSpecification": {"version": "4.0"}})), Specification::V4);
}

#[test]
fn both_forms_of_query_give_the_same_fields() {
    let field = |name: &str, values: &[&str]| (name.to_owned(), values.iter().map(|&value| value.to_owned()).collect());

    let text = Query::Text("a=1&b=x+y&a=%32".to_owned());
    let fields = Query::Fields(vec![field("a", &["1", "2"]), field("b", &["x y"])]);

    assert_eq!(text.fields(), fields.fields());
    assert_eq!(fields.joined(), "a=1,2&b=x y");
}

#[test]
fn headers_are_joined_and_found_in_any_case() {
    let pact = json!({"interactions": [{"request": {"method": "get", "path": "/", "headers": {"X-A": ["1", "2"], "x-b": " 3 "}},
        "response": {"status": 200, "headers": null}}]});

    let contract = load(&pact);

    let (request, response) = http(&contract);
    assert_eq!(request.headers.find("x-a"), Some("1,2"));
    assert_eq!(request.headers.find("X-B"), Some("3"));
    assert_eq!(response.headers, Headers::default());
}

#[test]
fn bodies_of_version_4_are_unwrapped_and_decoded() {
    let of = |body: Value| {
        let pact = json!({"metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": [
            {"type": "Synchronous/HTTP", "request": {"method": "GET", "path": "/", "body": body}, "response": {"status": 200}}]});
        http(&load(&pact)).0.body.clone()
    };

    assert_eq!(
        of(json!({"content": {"a": 1}, "contentType": "application/json", "encoded": false})),
        Some(json!({"a": 1}))
    );
    assert_eq!(of(json!({"content": "{\"a\":1}", "encoded": "JSON"})), Some(json!({"a": 1})));
    assert_eq!(of(json!({"content": "aGk=", "encoded": "base64"})), Some(json!("hi")));
    assert_eq!(of(json!(null)), None);
}

#[test]
fn a_body_of_null_differs_from_none() {
    let of = |request: Value| {
        http(&load(&json!({"interactions": [{"request": request, "response": {"status": 200}}]}))).0.body.clone()
    };

    assert_eq!(of(json!({"method": "GET", "path": "/", "body": null})), Some(Value::Null));
    assert_eq!(of(json!({"method": "GET", "path": "/"})), None);
}

#[test]
fn places_lead_back_into_the_file() {
    let pact = json!({"metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": [
        {"request": {"method": "GET", "path": "/", "headers": {"Accept": ["a"]}, "query": {"q": ["1"]}},
         "response": {"status": 200, "body": {"content": {"a": [1]}}}}]});
    let contract = load(&pact);
    let pointer = |part, within: &[&str]| {
        let within = within.iter().map(|&token| token.to_owned()).collect();
        contract.pointer(&Place::within(0, part, within)).to_string()
    };

    assert_eq!(pointer(Part::RequestHeader("accept".to_owned()), &["0"]), "/interactions/0/request/headers/Accept/0");
    assert_eq!(pointer(Part::RequestHeader("missing".to_owned()), &[]), "/interactions/0/request/headers");
    assert_eq!(pointer(Part::QueryField("q".to_owned()), &[]), "/interactions/0/request/query/q");
    assert_eq!(pointer(Part::ResponseBody, &["a", "0", "gone"]), "/interactions/0/response/body/content/a/0");
}

#[test]
fn messages_are_kept_but_hold_no_exchange() {
    let contract = load(&json!({"messages": [{"description": "m", "providerStates": [{"name": "s"}]}]}));

    let interaction = &contract.interactions()[0];
    assert_eq!(interaction.exchange, None);
    assert_eq!(interaction.states, ["s"]);
    assert_eq!(interaction.pointer.as_str(), "/messages/0");
}

#[test]
fn what_is_missing_is_named_with_its_line() {
    let text = "{\"interactions\": [\n {\"request\": {\"method\": \"GET\"}, \"response\": {\"status\": 200}}]}";

    let error = Contract::load(text, &Budget::default()).unwrap_err();

    assert_eq!(error.to_string(), "/interactions/0/request/path should be a text (line 2, column 3)");
    assert_eq!(Contract::load("{}", &Budget::default()).unwrap_err(), ContractError::NoInteractions);
}
