use super::*;

fn now() -> DateTime<Utc> {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

/// shop, 100 days old: nothing needs it.
fn old() -> Facts {
    Facts {
        pacticipant: "shop".to_string(),
        created_at: now() - TimeDelta::days(100),
        is_latest: false,
        main_branch: None,
        branches: Vec::new(),
        branch_heads: Vec::new(),
        tags: Vec::new(),
        tag_heads: Vec::new(),
        deployed_to: Vec::new(),
        released_to: Vec::new(),
        has_latest_contract: false,
        has_latest_provider_contract: false,
        answers: false,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(selectors: &str, version: &Facts, expected: Option<Stays>) {
    let selectors = KeepSelectors::parse(selectors).unwrap();
    assert_eq!(selectors.judge(version, now()), expected);
}

/// The selector keeps the one and not the other.
#[track_caller]
fn parts(selector: &str, kept: &Facts, other: &Facts) {
    let selectors = KeepSelectors::parse(&format!("[{selector}]")).unwrap();
    assert!(selectors.0[0].finds(kept, now()), "{selector} does not find {kept:?}");
    assert!(!selectors.0[0].finds(other, now()), "{selector} finds {other:?}");
}

#[test]
fn a_pacticipant_is_kept_by_name() {
    parts(r#"{"pacticipant": "shop"}"#, &old(), &Facts { pacticipant: "Shop".to_string(), ..old() });
}

#[test]
fn a_branch_is_kept_by_name_or_each() {
    let main = Facts { branches: names(&["main"]), ..old() };
    let other = Facts { branches: names(&["other"]), ..old() };
    parts(r#"{"branch": "main"}"#, &main, &other);
    parts(r#"{"branch": true}"#, &other, &old());
}

#[test]
fn a_tag_is_kept_by_name_or_each() {
    let dev = Facts { tags: names(&["dev"]), ..old() };
    let other = Facts { tags: names(&["other"]), ..old() };
    parts(r#"{"tag": "dev"}"#, &dev, &other);
    parts(r#"{"tag": true}"#, &other, &old());
}

#[test]
fn the_main_branch_is_the_one_of_the_pacticipant() {
    let on = |main: &str| Facts { main_branch: Some(main.to_string()), branches: names(&["trunk"]), ..old() };
    parts(r#"{"main_branch": true}"#, &on("trunk"), &on("main"));
    let head = Facts { branch_heads: names(&["trunk"]), ..on("trunk") };
    parts(r#"{"main_branch": true, "latest": true}"#, &head, &on("trunk"));
}

#[test]
fn the_latest_is_that_of_what_is_asked_for() {
    let on_branch = Facts { branches: names(&["main"]), is_latest: true, ..old() };
    let head = Facts { branch_heads: names(&["main"]), ..on_branch.clone() };
    parts(r#"{"branch": "main", "latest": true}"#, &head, &on_branch);
    parts(r#"{"branch": true, "latest": true}"#, &head, &on_branch);
    let tagged = Facts { tags: names(&["dev"]), is_latest: true, ..old() };
    let tag_head = Facts { tag_heads: names(&["dev"]), ..tagged.clone() };
    parts(r#"{"tag": "dev", "latest": true}"#, &tag_head, &tagged);
    parts(r#"{"latest": true}"#, &on_branch, &old());
}

#[test]
fn what_runs_is_kept_everywhere_or_there() {
    let deployed = Facts { deployed_to: names(&["production"]), ..old() };
    let released = Facts { released_to: names(&["test"]), ..old() };
    parts(r#"{"deployed": true}"#, &deployed, &released);
    parts(r#"{"released": true}"#, &released, &deployed);
    parts(r#"{"environment": "production"}"#, &deployed, &released);
    parts(r#"{"environment": "test"}"#, &released, &deployed);
    let elsewhere = Facts { deployed_to: names(&["test"]), ..old() };
    parts(r#"{"environment": "production", "deployed": true}"#, &deployed, &elsewhere);
}

#[test]
fn the_age_is_that_of_the_version_in_days() {
    let aged = |days| Facts { created_at: now() - TimeDelta::days(days), ..old() };
    parts(r#"{"max_age": 90}"#, &aged(90), &aged(91));
    check(r#"[{"max_age": 4294967295}]"#, &aged(100_000), Some(Stays::Selector(1)));
}

#[test]
fn all_of_a_selector_has_to_hold_and_one_selector_is_enough() {
    let main = Facts { branches: names(&["main"]), ..old() };
    check(r#"[{"branch": "main", "max_age": 90}]"#, &main, None);
    check(r#"[{"max_age": 90}, {"branch": "main"}]"#, &main, Some(Stays::Selector(2)));
}

#[test]
fn what_is_needed_stays_without_any_selector() {
    let heads = || names(&["x"]);
    for (version, why) in [
        (Facts { deployed_to: heads(), ..old() }, Stays::Deployed),
        (Facts { released_to: heads(), ..old() }, Stays::Released),
        (Facts { branch_heads: heads(), ..old() }, Stays::BranchHead),
        (Facts { tag_heads: heads(), ..old() }, Stays::TagHead),
        (Facts { is_latest: true, ..old() }, Stays::Latest),
        (Facts { has_latest_contract: true, ..old() }, Stays::LatestContract),
        (Facts { has_latest_provider_contract: true, ..old() }, Stays::LatestProviderContract),
        (Facts { answers: true, ..old() }, Stays::Answers),
    ] {
        check("[]", &version, Some(why));
    }
    check("[]", &old(), None);
}

#[test]
fn by_default_the_last_ninety_days_stay() {
    let young = Facts { created_at: now() - TimeDelta::days(89), ..old() };
    assert_eq!(KeepSelectors::default().judge(&young, now()), Some(Stays::Selector(6)));
    assert_eq!(KeepSelectors::default().judge(&old(), now()), None);
}

#[test]
fn selectors_that_say_something_else_than_is_meant_are_refused() {
    for (json, told) in [
        ("{}", "JSON array"),
        (r#"[{"brnch": "main"}]"#, "JSON array"),
        (r#"[{"max_age": -1}]"#, "JSON array"),
        (r#"[{"tag": 1}]"#, "JSON array"),
        ("[{}]", "selector 1 asks for nothing"),
        (r#"[{"max_age": 1}, {"latest": false}]"#, "selector 2 sets latest to false"),
        (r#"[{"branch": false}]"#, "selector 1 sets branch to false"),
    ] {
        let error = KeepSelectors::parse(json).unwrap_err().to_string();
        assert!(error.contains(told), "{json}: {error}");
    }
}
