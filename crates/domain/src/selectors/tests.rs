//! The messages are the Pact Broker's, since people search for them.
#![expect(clippy::needless_pass_by_value, reason = "json! reads best as an argument")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(body: Value) -> Result<VerificationRequest, Vec<(String, Vec<String>)>> {
    VerificationRequest::parse(&body).map_err(|problems| problems.by_field())
}

fn check(selector: Value, expected: Criterion) {
    let request = parse(json!({ "consumerVersionSelectors": [selector], "providerVersionBranch": "main" })).unwrap();

    assert_eq!(request.selectors, [ConsumerVersionSelector { criterion: expected, consumer: None }]);
}

fn check_refused(selector: Value, expected: &[&str]) {
    let expected = expected.iter().map(|message| format!("{message} (at index 0)")).collect();

    let problems = parse(json!({ "consumerVersionSelectors": [selector] })).unwrap_err();

    assert_eq!(problems, [("consumerVersionSelectors".to_owned(), expected)]);
}

fn check_body_refused(body: Value, field: &str, message: &str) {
    assert_eq!(parse(body).unwrap_err(), [(field.to_owned(), vec![message.to_owned()])]);
}

fn check_since(text: &str, expected: &str) {
    let request = parse(json!({ "includeWipPactsSince": text })).unwrap();
    assert_eq!(request.include_wip_pacts_since.unwrap().to_rfc3339(), expected);
}

fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn tag(name: &str) -> TagName {
    TagName::parse(name).unwrap()
}

fn test_environment() -> EnvironmentName {
    EnvironmentName::parse("test").unwrap()
}

#[test]
fn an_empty_body_asks_for_the_default() {
    assert_eq!(parse(json!({})), Ok(VerificationRequest::default()));
    assert_eq!(parse(json!({ "consumerVersionSelectors": [], "foo": 1 })), Ok(VerificationRequest::default()));
}

#[test]
fn each_kind_of_selector() {
    let environment = || Some(test_environment());
    check(json!({ "latest": true }), Criterion::Latest);
    check(json!({ "mainBranch": true, "latest": true }), Criterion::MainBranch);
    check(json!({ "matchingBranch": true }), Criterion::MatchingBranch);
    check(json!({ "branch": true }), Criterion::EachBranch);
    check(json!({ "branch": "b" }), Criterion::Branch { branch: branch("b"), fallback: None });
    check(
        json!({ "branch": "b", "latest": true, "fallbackBranch": "main" }),
        Criterion::Branch { branch: branch("b"), fallback: Some(branch("main")) },
    );
    check(json!({ "tag": "t" }), Criterion::AllTagged { tag: tag("t") });
    check(json!({ "tag": "t", "latest": false }), Criterion::AllTagged { tag: tag("t") });
    check(
        json!({ "tag": "t", "latest": true, "fallbackTag": "u" }),
        Criterion::LatestTagged { tag: tag("t"), fallback: Some(tag("u")) },
    );
    check(json!({ "deployed": true }), Criterion::Deployed { environment: None });
    check(json!({ "deployed": true, "environment": "test" }), Criterion::Deployed { environment: environment() });
    check(json!({ "released": true, "environment": "test" }), Criterion::Released { environment: environment() });
    check(json!({ "deployedOrReleased": true }), Criterion::DeployedOrReleased { environment: None });
    check(json!({ "environment": "test" }), Criterion::InEnvironment { environment: test_environment() });
}

#[test]
fn a_selector_may_be_limited_to_a_consumer() {
    let request = parse(json!({ "consumerVersionSelectors": [{ "latest": true, "consumer": "shop" }] })).unwrap();

    assert_eq!(request.selectors[0].consumer.as_ref().map(PacticipantName::as_str), Some("shop"));
}

#[test]
fn a_selector_needs_a_criterion() {
    for selector in [json!({}), json!({ "consumer": "Foo" }), json!({ "latest": false })] {
        check_refused(selector, &[NO_CRITERION]);
    }
}

#[test]
fn main_branch_stands_alone() {
    let alone = "cannot specify mainBranch=true with any other criteria apart from consumer";
    check_refused(json!({ "mainBranch": true, "tag": "a" }), &[alone]);
    check_refused(
        json!({ "mainBranch": true, "latest": false }),
        &["cannot specify mainBranch=true with latest=false"],
    );
    check_refused(json!({ "mainBranch": false }), &["mainBranch must be one of: true"]);
}

#[test]
fn matching_branch_needs_something_to_match() {
    check_refused(json!({ "matchingBranch": true }), &[MATCHING_NEEDS_BRANCH]);
    let alone = "cannot specify matchingBranch=true with any other criteria apart from consumer";
    check_refused(json!({ "matchingBranch": true, "branch": "x" }), &[alone, MATCHING_NEEDS_BRANCH]);
}

#[test]
fn branches_and_tags_do_not_mix() {
    check_refused(json!({ "tag": "a", "branch": "b" }), &["cannot specify both a tag and a branch"]);
    check_refused(json!({ "branch": "x", "latest": false }), &["cannot specify a branch with latest=false"]);
}

#[test]
fn branches_and_environments_do_not_mix() {
    check_refused(json!({ "tag": "a", "deployed": true }), &["cannot specify the field tag with the field deployed"]);
    check_refused(
        json!({ "branch": "x", "latest": true, "environment": "test", "deployed": true }),
        &["cannot specify the fields branch/latest with the fields deployed/environment"],
    );
}

#[test]
fn a_fallback_needs_what_it_replaces() {
    check_refused(json!({ "tag": "a", "fallbackTag": "b" }), &["fallbackTag can only be set if latest is true"]);
    check_refused(
        json!({ "fallbackTag": "b", "latest": true }),
        &["a tag must be specified when a fallbackTag is specified"],
    );
    check_refused(
        json!({ "fallbackBranch": "b", "latest": true }),
        &["a branch must be specified when a fallbackBranch is specified"],
    );
}

#[test]
fn deployed_and_released_do_not_mix() {
    check_refused(
        json!({ "deployed": true, "released": true }),
        &["cannot specify both deployed=true and released=true"],
    );
    check_refused(
        json!({ "deployed": true, "deployedOrReleased": true }),
        &["cannot specify both deployed=true and deployedOrReleased=true"],
    );
    check_refused(
        json!({ "released": true, "deployedOrReleased": true }),
        &["cannot specify both released=true and deployedOrReleased=true"],
    );
}

#[test]
fn values_have_their_types() {
    check_refused(json!({ "tag": "" }), &["tag must be filled"]);
    check_refused(json!({ "tag": null }), &["tag must be filled"]);
    check_refused(json!({ "tag": 1 }), &["tag must be a string"]);
    check_refused(json!({ "branch": 1 }), &["branch must be a string or branch must be equal to true"]);
    check_refused(json!({ "deployed": false }), &["deployed must be one of: true"]);
    check_refused(json!({ "latest": "true" }), &["latest must be one of: true, false"]);
    check_refused(json!({ "latest": true, "consumer": " " }), &["consumer cannot be blank"]);
    check_refused(json!({ "tag": "a\nb" }), &["tag cannot contain multiple lines"]);
    check_refused(json!("x"), &["must be a hash"]);
}

#[test]
fn every_selector_is_looked_at() {
    let body = json!({ "consumerVersionSelectors": [{}, { "latest": true }, { "tag": "a", "branch": "b" }] });
    let messages =
        vec![format!("{NO_CRITERION} (at index 0)"), "cannot specify both a tag and a branch (at index 2)".to_owned()];
    assert_eq!(parse(body).unwrap_err(), [("consumerVersionSelectors".to_owned(), messages)]);
}

#[test]
fn unknown_environments_are_told_by_index() {
    let body =
        json!({ "consumerVersionSelectors": [{ "environment": "test" }, { "deployed": true, "environment": "no" }] });
    let request = parse(body).unwrap();

    let problems = request.check_environments(&[test_environment()]).unwrap_err();

    assert_eq!(
        problems.0,
        [Problem::at_item("consumerVersionSelectors", 1, "environment with name 'no' does not exist")]
    );
    check_refused(json!({ "environment": "a b" }), &["environment with name 'a b' does not exist"]);
}

#[test]
fn the_top_level_has_its_types() {
    check_body_refused(json!([]), "", "must be a JSON object");
    check_body_refused(json!({ "consumerVersionSelectors": "x" }), "consumerVersionSelectors", "must be an array");
    check_body_refused(
        json!({ "includePendingStatus": "true" }),
        "includePendingStatus",
        "must be one of: true, false",
    );
    check_body_refused(json!({ "includeWipPactsSince": "foo" }), "includeWipPactsSince", "must be a date");
    check_body_refused(json!({ "includeWipPactsSince": 2020 }), "includeWipPactsSince", "must be a date");
    check_body_refused(json!({ "providerVersionTags": "x" }), "providerVersionTags", "must be an array");
    check_body_refused(json!({ "providerVersionTags": [1] }), "providerVersionTags", "must be a string (at index 0)");
    check_body_refused(json!({ "providerVersionBranch": 1 }), "providerVersionBranch", "must be a string");
    check_body_refused(json!({ "providerVersionBranch": " " }), "providerVersionBranch", "cannot be blank");
}

#[test]
fn an_empty_provider_branch_is_refused_where_it_matters() {
    check_body_refused(
        json!({ "providerVersionBranch": "", "includePendingStatus": true }),
        "providerVersionBranch",
        EMPTY_BRANCH,
    );
    check_body_refused(
        json!({ "providerVersionBranch": "", "includeWipPactsSince": "2020-01-01" }),
        "providerVersionBranch",
        EMPTY_BRANCH,
    );
    for body in [
        json!({ "providerVersionBranch": "" }),
        json!({ "providerVersionBranch": "", "includePendingStatus": true, "providerVersionTags": ["a"] }),
    ] {
        assert_eq!(parse(body).unwrap().provider_version_branch, None);
    }
}

#[test]
fn empty_tags_are_left_out() {
    let request = parse(json!({ "providerVersionTags": ["", "a"] })).unwrap();
    assert_eq!(request.provider_version_tags, [tag("a")]);
}

#[test]
fn a_date_is_its_first_moment() {
    check_since("2020-01-31", "2020-01-31T00:00:00+00:00");
    check_since("2020-01-31T10:11:12Z", "2020-01-31T10:11:12+00:00");
    check_since("2020-01-31T10:11:12.5+02:00", "2020-01-31T08:11:12.500+00:00");
    check_since("2020-01-31 10:11:12", "2020-01-31T10:11:12+00:00");
}

proptest! {
    #[test]
    fn a_selector_is_accepted_or_explained(
        members in prop::collection::hash_map(
            prop::sample::select(vec![
                "mainBranch", "tag", "branch", "matchingBranch", "latest", "fallbackTag", "fallbackBranch", "consumer",
                "deployed", "released", "deployedOrReleased", "environment",
            ]),
            prop::sample::select(vec![json!(true), json!(false), json!("a"), json!(""), json!(" "), json!(null), json!(1)]),
            0..5,
        ),
    ) {
        let members: Map<String, Value> = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        if let Err(problems) = parse(json!({ "consumerVersionSelectors": [members] })) {
            prop_assert!(!problems.is_empty());
        }
    }
}
