//! What is listed is sound, and wrong choices are told.

use serde_json::json;

use super::*;

fn check_refused(chosen: &Value, field: &str, message: &str) {
    let problems = ChosenPreset::parse(chosen).unwrap_err().by_field();

    let found = problems.iter().find(|(name, _)| name == field).unwrap_or_else(|| panic!("{problems:?}"));
    assert!(found.1[0].contains(message), "{problems:?}");
}

/// With examples for what is required, addresses apart.
fn filled(preset: &'static Preset) -> ChosenPreset {
    let required = preset.parameters.iter().filter(|parameter| parameter.default.is_none());
    let given = required.map(|parameter| match parameter.kind {
        Kind::SecretAddress => (parameter.name, "https://hooks.example.org/T/B?sig=s3cret".to_owned()),
        _ => (parameter.name, parameter.example.to_owned()),
    });
    ChosenPreset { preset, given: given.collect() }
}

#[test]
fn each_preset_makes_a_request_that_a_webhook_may_have() {
    for preset in PRESETS {
        let request = filled(preset).expand();

        super::super::request::check(&request, &super::super::AllowedTargets::default()).unwrap();
        let placeholders = serde_json::to_string(&request.body).unwrap() + &request.url;
        for name in crate::template::variables(&placeholders) {
            assert!(crate::template::VARIABLES.contains(&name), "{}: {name}", preset.name);
        }
    }
}

#[test]
fn names_are_told_once_and_in_order() {
    assert!(PRESETS.iter().all(|preset| find(preset.name).is_some_and(|found| std::ptr::eq(found, preset))));
    for preset in PRESETS {
        let mut names: Vec<_> = preset.parameters.iter().map(|parameter| parameter.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), preset.parameters.len(), "{}", preset.name);
    }
}

#[test]
fn nothing_of_a_secret_is_left_when_it_is_masked() {
    for preset in PRESETS {
        let mut chosen = filled(preset);
        for parameter in preset.parameters.iter().filter(|parameter| parameter.kind == Kind::Secret) {
            chosen.given.insert(parameter.name, "s3cret".to_owned());
        }
        let masked = chosen.masked();
        let request = masked.expand();
        let shown = format!("{:?} {} {:?} {:?}", masked.given, request.url, request.headers, request.body);

        assert!(shown.contains(REDACTED) && !shown.contains("s3cret"), "{shown}");
        assert!(request.password.is_none_or(|password| password == REDACTED));
        assert_eq!(request.url.contains("hooks.example.org"), chosen.given.contains_key("url"));
    }
}

#[test]
fn what_is_wrong_is_told_with_what_there_is() {
    check_refused(&json!("slack"), "", "must be an object");
    check_refused(&json!({"name": "irc"}), "name", "must be one of: azure-devops-commit-status, ");
    check_refused(&json!({"name": "slack", "parameters": []}), "parameters", "must be an object");
    let slack = |parameters: Value| json!({"name": "slack", "parameters": parameters});
    check_refused(&slack(json!({"channel": "x"})), "parameters.channel", "is no parameter of slack, which has: url");
    check_refused(
        &slack(json!({})),
        "parameters.url",
        "is missing: the address of an incoming webhook, such as https://",
    );
    check_refused(&slack(json!({"url": "hooks"})), "parameters.url", "must be an address like https://example.org");
    check_refused(&slack(json!({"url": ["x"]})), "parameters.url", "must be a string");
    check_refused(&slack(json!({"url": " "})), "parameters.url", "must be filled");
    check_refused(&slack(json!({"url": "https://a/\n"})), "parameters.url", "must be one line");
}

#[test]
fn a_part_of_a_path_can_not_lead_out_of_it() {
    let given = json!({"owner": "a/../b", "repository": "c?d#e", "token": "t", "base_url": "https://api.example.org/"});
    let chosen = ChosenPreset::parse(&json!({"name": "github-repository-dispatch", "parameters": given})).unwrap();

    assert_eq!(chosen.expand().url, "https://api.example.org/repos/a%2F..%2Fb/c%3Fd%23e/dispatches");
}
