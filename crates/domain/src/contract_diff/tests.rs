use std::time::Instant;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn between(old: &str, new: &str) -> ContractDiff {
    contract_diff(&Content::parse(old).unwrap(), &Content::parse(new).unwrap())
}

/// The lines about an interaction of which there is one on each side.
fn changes(old: &str, new: &str) -> String {
    let contract = |interaction: &str| format!(r#"{{"interactions":[{interaction}]}}"#);
    let diff = between(&contract(old), &contract(new));
    if diff.is_empty() {
        return String::new();
    }
    let text = diff.to_text();
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(['+', '-', '~']));
    lines.collect::<Vec<_>>().join("\n")
}

fn check_same(old: &str, new: &str) {
    assert_eq!(changes(old, new), "");
}

/// Both ways, since neither side may be read more closely than the other.
fn check(old: &str, new: &str, expected: &str) {
    assert_eq!(changes(old, new), expected);
    let back = changes(new, old);
    assert_eq!(back.lines().count(), expected.lines().count(), "{back}");
}

/// A response of each body, with the matching rules of each.
fn responses(bodies: [&str; 2], rules: [&str; 2]) -> [String; 2] {
    [0, 1].map(|side| format!(r#"{{"response":{{"body":{},"matchingRules":{}}}}}"#, bodies[side], rules[side]))
}

#[test]
fn interactions_are_added_removed_and_changed() {
    let diff = between(
        r#"{"interactions":[
            {"description":"a pen","providerState":"there are pens","request":{"method":"GET","path":"/pens/1"},"response":{"status":200}},
            {"description":"a desk","request":{"method":"GET","path":"/desks/1"},"response":{"status":200}}]}"#,
        r#"{"interactions":[
            {"description":"a chair","request":{"method":"POST","path":"/chairs"},"response":{"status":201}},
            {"description":"a pen","providerState":"there are pens","request":{"method":"GET","path":"/pens/1"},
             "response":{"status":404,"headers":{"Content-Type":"text/plain"}}}],
          "messages":[{"description":"a pen is sold","contents":{"left":6}}]}"#,
    );

    assert_snapshot!(diff.to_text(), @r#"
    Interactions and messages: 2 added, 1 removed, 1 changed.

    - interaction "a desk"
        GET /desks/1 → 200

    + interaction "a chair"
        POST /chairs → 201

    ~ interaction "a pen" given "there are pens"
        GET /pens/1 → 404
        + $.response.headers: {"Content-Type":"text/plain"}
        ~ $.response.status: 200 → 404

    + message "a pen is sold"
    "#);
    assert_eq!(diff.counts(), Counts { added: 2, removed: 1, changed: 1 });
}

#[test]
fn what_programs_get_has_all_values_with_all_their_digits() {
    let digits = "7".repeat(40);
    let old = r#"{"interactions":[{"description":"a","providerStates":[{"name":"s","params":{"n":1}}],"n":[1.50]}]}"#;
    let new = old.replace("1.50", &digits);

    let json = serde_json::to_string(&between(old, &new)).unwrap();

    assert_eq!(
        json,
        format!(
            r#"{{"interactions":[{{"kind":"interaction","description":"a","providerStates":["s {{\"n\":1}}"],"difference":"changed","changes":[{{"path":"$.n[0]","subject":"value","before":1.5,"after":{digits}}}]}}],"document":[],"unlisted":0,"examples":0}}"#
        )
    );
}

#[test]
fn what_promises_nothing_is_no_change() {
    let diff = between(
        r#"{"consumer":{"name":"a"},"interactions":[{"_id":"1","key":"k","comments":{"text":["x"]},"request":{"path":"/","method":"GET"}},
            {"description":"2"}],"metadata":{"pactSpecification":{"version":"4.0"},"pactRust":{"ffi":"0.4"}}}"#,
        r#"{"metadata":{"pactRust":{"ffi":"0.5"},"pactSpecification":{"version":"4.1"}},"interactions":[{"description":"2"},
            {"request":{"method":"GET","path":"/"},"_id":"2","comments":{"text":[]}}],"createdAt":"now","_links":{}}"#,
    );

    assert!(diff.is_empty(), "{diff:?}");
    assert_snapshot!(diff.to_text(), @r"
    Both promise the same.

    The version of the Pact specification differs: 4.0 → 4.1.
    ");
}

#[test]
fn numbers_are_compared_as_the_sha_compares_them() {
    check_same(r#"{"a":[1.50,1e2,-0]}"#, r#"{"a":[1.5,100.0,0]}"#);
    check(r#"{"a":1}"#, r#"{"a":1.0}"#, "~ $.a: 1 → 1.0");
}

#[test]
fn names_that_are_no_words_stand_in_brackets() {
    check(
        r#"{"a":[{"b'c\\":1,"":2}]}"#,
        r#"{"a":[{"b'c\\":2,"":3},null]}"#,
        "~ $.a[0]['']: 2 → 3\n~ $.a[0]['b\\'c\\\\']: 1 → 2\n+ $.a[1]: null",
    );
}

#[test]
fn a_state_is_the_same_however_it_is_spelled() {
    check_same(r#"{"provider_state":"s"}"#, r#"{"providerState":"s"}"#);
    check_same(r#"{"providerState":"s"}"#, r#"{"providerStates":[{"name":"s","params":{}}]}"#);
    check_same(r#"{"providerState":null}"#, r#"{"providerStates":[]}"#);
    let diff = between(
        r#"{"interactions":[{"providerStates":[{"name":"s","params":{"n":1}}]}]}"#,
        r#"{"interactions":[{"providerStates":[{"name":"s","params":{"n":2}}]}]}"#,
    );
    assert_eq!(diff.counts(), Counts { added: 1, removed: 1, changed: 0 });
}

#[test]
fn of_namesakes_those_that_differ_are_compared() {
    let diff = between(
        r#"{"interactions":[{"description":"a","n":1},{"description":"a","n":2},{"description":"a","n":3}]}"#,
        r#"{"interactions":[{"description":"a","n":3},{"description":"a","n":4},{"description":"a","n":1}]}"#,
    );

    assert_eq!(diff.counts(), Counts { added: 0, removed: 0, changed: 1 });
    assert!(diff.to_text().contains("~ $.n: 2 → 4"));
    let fewer = between(
        r#"{"interactions":[{"description":"a"},{"description":"a"}]}"#,
        r#"{"interactions":[{"description":"a"}]}"#,
    );
    assert_eq!(fewer.counts(), Counts { added: 0, removed: 1, changed: 0 });
}

#[test]
fn an_example_may_differ_under_the_same_rule() {
    for rule in ["type", "regex", "number", "integer", "decimal", "date", "timestamp", "semver", "include"] {
        let two = format!(r#"{{"$.body.items[*].id":{{"match":"{rule}"}}}}"#);
        let three = format!(r#"{{"body":{{"$.items[*].id":{{"combine":"AND","matchers":[{{"match":"{rule}"}}]}}}}}}"#);
        for rules in [[two.as_str(), two.as_str()], [three.as_str(), three.as_str()], [two.as_str(), three.as_str()]] {
            let [old, new] =
                responses([r#"{"items":[{"id":"1"},{"id":"2"}]}"#, r#"{"items":[{"id":"8"},{"id":"9"}]}"#], rules);
            check_same(&old, &new);
        }
    }
    let [old, new] =
        responses([r#"{"id":1,"n":1}"#, r#"{"id":2,"n":2}"#], [r#"{"$.body.id":{"match":"equality"}}"#; 2]);
    check(&old, &new, "~ $.response.body.id: 1 → 2\n~ $.response.body.n: 1 → 2");
}

#[test]
fn an_example_of_another_type_is_a_change() {
    let [old, new] = responses([r#"{"id":"1"}"#, r#"{"id":1}"#], [r#"{"$.body.id":{"match":"type"}}"#; 2]);
    check(&old, &new, r#"~ $.response.body.id: "1" → 1"#);
    let [old, new] = responses([r#"{"id":null}"#, r#"{"id":{}}"#], [r#"{"$.body.id":{"match":"type"}}"#; 2]);
    check(&old, &new, "~ $.response.body.id: null → {}");
}

#[test]
fn a_rule_reaches_down_to_where_a_nearer_one_stands() {
    let rules = r#"{"$.body":{"match":"type"},"$.body.exact":{"match":"equality"}}"#;
    let bodies = [r#"{"a":{"b":[1]},"exact":{"c":1}}"#, r#"{"a":{"b":[2]},"exact":{"c":2}}"#];
    let [old, new] = responses(bodies, [rules; 2]);

    check(&old, &new, "~ $.response.body.exact.c: 1 → 2");
}

#[test]
fn an_exact_path_counts_more_than_a_star() {
    let rules = r#"{"$.body.*":{"match":"type"},"$.body.id":{"match":"equality"}}"#;
    let [old, new] = responses([r#"{"id":1,"n":1}"#, r#"{"id":2,"n":2}"#], [rules; 2]);

    check(&old, &new, "~ $.response.body.id: 1 → 2");
}

#[test]
fn a_key_that_comes_or_goes_is_a_change_under_any_rule() {
    let [old, new] = responses([r#"{"a":1}"#, r#"{"a":1,"b":1}"#], [r#"{"$.body":{"match":"type"}}"#; 2]);
    check(&old, &new, "+ $.response.body.b: 1");
}

#[test]
fn a_rule_that_differs_is_a_change_and_so_is_its_example() {
    let rules = [
        r#"{"$.body.id":{"match":"type"},"$.path":{"match":"type"}}"#,
        r#"{"$.body.id":{"match":"regex","regex":"\\d"}}"#,
    ];
    let [old, new] = responses([r#"{"id":"1"}"#, r#"{"id":"2"}"#], rules);

    check(
        &old,
        &new,
        "~ $.response.body.id: \"1\" → \"2\"\n\
         ~ $.response.matchingRules['$.body.id'] (matching rule): {\"match\":\"type\"} → {\"match\":\"regex\",\"regex\":\"\\\\d\"}\n\
         - $.response.matchingRules['$.path'] (matching rule): {\"match\":\"type\"}",
    );
}

#[test]
fn rules_of_unknown_form_are_compared_as_they_stand() {
    let [old, new] =
        responses(["1", "2"], [r#"{"$..a":1,"plugin":{"x":1},"body":{"$[?(@)]":{}}}"#, r#"{"plugin":{"x":2}}"#]);
    check(
        &old,
        &new,
        "~ $.response.body: 1 → 2\n\
         - $.response.matchingRules.body['$[?(@)]'] (matching rule): {}\n\
         - $.response.matchingRules['$..a'] (matching rule): 1\n\
         ~ $.response.matchingRules['plugin'] (matching rule): {\"x\":1} → {\"x\":2}",
    );
    check_same(r#"{"request":{"matchingRules":{},"generators":{}}}"#, r#"{"request":{"matchingRules":null}}"#);
}

#[test]
fn how_many_examples_a_list_shows_is_no_change_while_they_are_alike() {
    let rules = [r#"{"$.body.items":{"match":"type","min":1}}"#; 2];
    let [old, new] = responses([r#"{"items":[{"id":1}]}"#, r#"{"items":[{"id":2},{"id":3}]}"#], rules);
    check_same(&old, &new);
    let [old, new] = responses([r#"{"items":[{"id":1}]}"#, r#"{"items":[{"id":2},{"nr":3}]}"#], rules);
    check(&old, &new, r#"+ $.response.body.items[1]: {"nr":3}"#);
    let [old, new] = responses([r#"{"items":[]}"#, r#"{"items":[1]}"#], rules);
    check(&old, &new, "+ $.response.body.items[0]: 1");
    let [old, new] = responses(["[1]", "[1,2]"], ["{}"; 2]);
    check(&old, &new, "+ $.response.body[1]: 2");
}

#[test]
fn keys_that_are_examples_may_differ() {
    let rules = r#"{"body":{"$.by_id":{"matchers":[{"match":"eachValue","rules":[{"match":"type"}]}]}}}"#;
    let [old, new] = responses([r#"{"by_id":{"17":{"n":1}}}"#, r#"{"by_id":{"18":{"n":2},"19":{"n":3}}}"#], [rules; 2]);
    check_same(&old, &new);
    let [old, new] = responses([r#"{"by_id":{"17":{"n":1}}}"#, r#"{"by_id":{"18":{"m":2}}}"#], [rules; 2]);
    check(&old, &new, "- $.response.body.by_id['17']: {\"n\":1}\n+ $.response.body.by_id['18']: {\"m\":2}");
}

#[test]
fn headers_queries_and_paths_have_rules_too() {
    let request = |header: &str, query: &str, path: &str, rules: &str| {
        format!(
            r#"{{"request":{{"headers":{{"X-Trace":{header}}},"query":{query},"path":"{path}","matchingRules":{rules}}}}}"#
        )
    };
    let two = r#"{"$.headers.x-trace":{"match":"regex","regex":"."},"$.query.page":{"match":"regex","regex":"\\d"},"$.path":{"match":"regex","regex":"/"}}"#;
    let three = r#"{"header":{"X-Trace":{"matchers":[{"match":"regex","regex":"."}]}},"query":{"page":{"matchers":[{"match":"regex","regex":"\\d"}]}},"path":{"matchers":[{"match":"regex","regex":"/"}]}}"#;

    check_same(&request("\"a\"", "\"page=1\"", "/1", two), &request("\"b\"", "\"page=2\"", "/2", two));
    check_same(
        &request("[\"a\"]", r#"{"page":["1"]}"#, "/1", three),
        &request("[\"b\"]", r#"{"page":["2"]}"#, "/2", three),
    );
    check_same(&request("\"a\"", "\"page=1\"", "/1", two), &request("\"a\"", r#"{"page":["2"]}"#, "/2", three));
    check(
        &request("\"a\"", "\"page=1&q=a+b\"", "/1", two),
        &request("\"a\"", "\"q=c&page=2&q=d\"", "/1", two),
        "~ $.request.query.q[0]: \"a b\" → \"c\"\n+ $.request.query.q[1]: \"d\"",
    );
}

#[test]
fn interactions_of_specification_4_have_their_content_wrapped() {
    let message = |content: &str, kind: &str, trace: &str| {
        format!(
            r#"{{"type":"Asynchronous/Messages","contents":{{"content":{content},"contentType":"{kind}"}},"metadata":{{"trace":"{trace}"}},
                "matchingRules":{{"body":{{"$.id":{{"matchers":[{{"match":"integer"}}]}}}},"metadata":{{"trace":{{"matchers":[{{"match":"type"}}]}}}}}}}}"#
        )
    };
    check_same(&message(r#"{"id":1}"#, "a", "x"), &message(r#"{"id":2}"#, "a", "y"));
    check(
        &message(r#"{"id":1}"#, "a", "x"),
        &message(r#"{"id":1}"#, "b", "x"),
        r#"~ $.contents.contentType: "a" → "b""#,
    );

    let replies = |content: &str| {
        format!(
            r#"{{"type":"Synchronous/Messages","request":{{"contents":{{"content":1}}}},"response":[{{"contents":{{"content":{content}}},
                "matchingRules":{{"body":{{"$.id":{{"matchers":[{{"match":"integer"}}]}}}}}}}}]}}"#
        )
    };
    check_same(&replies(r#"{"id":1}"#), &replies(r#"{"id":2}"#));
    check(
        &replies(r#"{"id":1}"#),
        &replies(r#"{"id":1,"n":0}"#).replace("]}}}}]}", "]}}}},{}]}"),
        "+ $.response[0].contents.content.n: 0\n+ $.response[1]: {}",
    );
    // Up to specification 3 `content` is a name like any other.
    let [old, new] =
        responses([r#"{"content":{"id":1}}"#, r#"{"content":{"id":2}}"#], [r#"{"$.body.id":{"match":"type"}}"#; 2]);
    check(&old, &new, "~ $.response.body.content.id: 1 → 2");
}

#[test]
fn a_content_type_matcher_lets_the_whole_content_differ() {
    let rules = r#"{"body":{"$":{"matchers":[{"match":"contentType","value":"image/png"}]}}}"#;
    let [old, new] = responses([r#""AAAA""#, r#"{"a":1}"#], [rules; 2]);
    check_same(&old, &new);
}

#[test]
fn what_has_no_list_of_interactions_is_compared_as_a_whole() {
    assert_snapshot!(between(r#"{"a":{"b":1},"interactions":{"x":1}}"#, r#"{"a":{"b":2}}"#).to_text(), @r#"
    Both are no pacts with interactions, and differ.

        ~ $.a.b: 1 → 2
        - $.interactions: {"x":1}
    "#);
    let diff = between(r#"{"interactions":"x"}"#, r#"{"interactions":[]}"#);
    assert_eq!(diff.document.len(), 1);
    assert!(between(r#"{"interactions":null}"#, r#"{"messages":[],"a":1}"#).is_empty());
    assert_eq!(between(r#"{"interactions":[1,2]}"#, r#"{"interactions":[2,3]}"#).counts().changed, 1);
}

#[test]
fn examples_that_differ_are_counted() {
    let [old, new] = responses(["[1,2]", "[3,4]"], [r#"{"$.body":{"match":"type"}}"#; 2]);
    let contract = |interaction: &str| format!(r#"{{"interactions":[{interaction}]}}"#);
    let diff = between(&contract(&old), &contract(&new));

    assert_snapshot!(diff.to_text(), @r"
    Both promise the same.

    2 examples differ, which their matching rules let differ.
    ");
}

#[test]
fn interactions_of_which_only_examples_differ_are_named() {
    let interaction = |name: &str, body: &str, rule: &str| {
        format!(
            r#"{{"description":"{name}","request":{{"method":"GET","path":"/pens"}},
                "response":{{"status":200,"body":{body},"matchingRules":{{"$.body":{{"match":"{rule}"}}}}}}}}"#
        )
    };
    let contract = |interactions: [String; 3]| format!(r#"{{"interactions":[{}]}}"#, interactions.join(","));
    let old = contract([interaction("a", "1", "type"), interaction("b", "1", "type"), interaction("c", "1", "type")]);
    let new =
        contract([interaction("a", "2", "type"), interaction("b", "1", "type"), interaction("c", "2", "integer")]);

    let diff = between(&old, &new);

    let named: Vec<&str> = diff.only_examples.iter().map(|one| one.description.as_str()).collect();
    assert_eq!(named, ["a"]);
    assert_eq!(diff.only_examples[0].outline.as_deref(), Some("GET /pens → 200"));
    assert_eq!(diff.counts().changed, 1);
}

/// That comparing takes no more than some hundred times as long as reading the two. What is quadratic takes many thousand
/// times as long; a busy machine slows both down.
fn check_quick(old: &str, new: &str) -> ContractDiff {
    let start = Instant::now();
    let (old, new) = (Content::parse(old).unwrap(), Content::parse(new).unwrap());
    let reading = start.elapsed();
    let start = Instant::now();
    let diff = contract_diff(&old, &new);
    let comparing = start.elapsed();
    assert!(comparing < reading * 400, "reading took {reading:?}, comparing {comparing:?}");
    diff
}

#[test]
fn many_changes_are_counted_and_not_listed() {
    let list = |first: usize| {
        let numbers: Vec<String> = (first..first + 20_000).map(|number| number.to_string()).collect();
        let deep = format!("{}[{}]{}", "{\"a name\":".repeat(100), numbers.join(","), "}".repeat(100));
        format!(r#"{{"interactions":[{{"description":"a","body":{deep}}},{{"description":"b","n":{first}}}]}}"#)
    };

    let diff = check_quick(&list(0), &list(50_000));

    assert_eq!(diff.unlisted, 20_000 - MAX_CHANGES + 1);
    assert_eq!(diff.counts().changed, 2);
    assert!(diff.to_text().ends_with("15001 more changes are too many to be listed.\n"));
}

#[test]
fn the_deepest_contract_is_compared() {
    let nested = |leaf: &str| format!(r#"{{"interactions":[{}{leaf}{}]}}"#, "{\"a\":".repeat(125), "}".repeat(125));
    let diff = check_quick(&nested("1"), &nested("2"));
    let Difference::Changed { changes } = &diff.interactions[0].difference else { panic!("{diff:?}") };
    assert_eq!(changes[0].path, format!("${}", ".a".repeat(125)));
}

#[test]
fn a_rule_that_is_written_twice_is_not_overlooked() {
    let rules = |second: &str| {
        format!(r#"{{"$.body.a":{{"match":"type"}},"$.body['a']":{{"match":"regex","regex":"{second}"}}}}"#)
    };
    let [old, new] =
        responses([r#"{"a":"x"}"#; 2], [&rules("x"), &rules("y")]).map(|one| format!(r#"{{"interactions":[{one}]}}"#));

    assert!(!between(&old, &new).is_empty());
    assert!(between(&old, &old).is_empty());
}

#[test]
fn contracts_made_to_cost_time_do_not() {
    // Each of many short lists is held against a long one.
    let long = format!("[{}]", vec!["1"; 20_000].join(","));
    let short = vec!["[1]"; 20_000].join(",");
    let rules = [r#"{"$.body":{"match":"type"}}"#; 2];
    let [old, new] = responses([&format!("[{long}]"), &format!("[{long},{short}]")], rules)
        .map(|one| format!(r#"{{"interactions":[{one}]}}"#));
    check_quick(&old, &new);

    // Every value has a thousand rules that could be its own.
    let paths: Vec<String> = (0..1024)
        .map(|mask: u32| (0..10).map(|bit| if mask >> bit & 1 == 1 { ".*" } else { ".a" }).collect::<String>())
        .map(|path| format!(r#""$.body{path}":{{"match":"type"}}"#))
        .collect();
    let body = |number: usize| {
        let leaves: Vec<String> = (0..5_000).map(|leaf| format!(r#""l{leaf}":{number}"#)).collect();
        format!("{}{{{}}}{}", "{\"a\":".repeat(9), leaves.join(","), "}".repeat(9))
    };
    let rules = format!("{{{}}}", paths.join(","));
    let [old, new] =
        responses([&body(1), &body(2)], [&rules, &rules]).map(|one| format!(r#"{{"interactions":[{one}]}}"#));
    check_quick(&old, &new);

    // Each of many numbers is held against one of many digits.
    let numbers = |more: usize| format!("[{}.5{}]", "9".repeat(1_000_000), ",1.5".repeat(more));
    let [old, new] = responses([&numbers(0), &numbers(100_000)], [r#"{"$.body":{"match":"type"}}"#; 2])
        .map(|one| format!(r#"{{"interactions":[{one}]}}"#));
    check_quick(&old, &new);

    // Rules lead a million steps into nothing.
    let paths: Vec<String> = (0..20_000)
        .map(|path| {
            format!(r#""$.body.p{path}{}":{{"match":"type"}}"#, ".a".repeat(if path == 0 { 500_000 } else { 100 }))
        })
        .collect();
    let rules = format!("{{{}}}", paths.join(","));
    let [old, new] = responses(["1", "1"], [&rules, &rules]).map(|one| format!(r#"{{"interactions":[{one}]}}"#));
    assert!(check_quick(&old, &new).is_empty());

    let same_name: Vec<String> = (0..20_000).map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    let reversed: Vec<String> = same_name.iter().rev().cloned().collect();
    let contract = |list: &[String]| format!(r#"{{"interactions":[{}]}}"#, list.join(","));
    assert!(check_quick(&contract(&same_name), &contract(&reversed)).is_empty());
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(contract in any_contract()) {
        let text = contract.to_string();
        prop_assert_eq!(between(&text, &text), ContractDiff::default());
    }

    #[test]
    fn equal_shas_promise_the_same(one in any_contract(), other in any_contract(), shuffled in any::<bool>()) {
        let other = if shuffled { reversed(one.clone()) } else { other };
        let (one, other) = (Content::parse(one.to_string()).unwrap(), Content::parse(other.to_string()).unwrap());
        if one.sha() == other.sha() {
            prop_assert!(contract_diff(&one, &other).is_empty());
        }
    }

    #[test]
    fn a_difference_that_no_rule_covers_is_found(one in any_contract(), other in any_contract()) {
        let plain = |mut contract: Value| {
            for interaction in contract["interactions"].as_array_mut().unwrap() {
                interaction["response"].as_object_mut().unwrap().remove("matchingRules");
            }
            contract.to_string()
        };
        let (one, other) = (Content::parse(plain(one)).unwrap(), Content::parse(plain(other)).unwrap());

        prop_assert_eq!(contract_diff(&one, &other).is_empty(), one.sha() == other.sha());
    }

    #[test]
    fn seen_from_the_other_side_added_is_removed(one in any_contract(), other in any_contract()) {
        let (there, back) = (between(&one.to_string(), &other.to_string()), between(&other.to_string(), &one.to_string()));

        let (counts, counts_back) = (there.counts(), back.counts());
        prop_assert_eq!((counts.added, counts.removed, counts.changed), (counts_back.removed, counts_back.added, counts_back.changed));
        prop_assert_eq!(there.examples, back.examples);
        prop_assert_eq!(sides(&there, false), sides(&back, true));
    }

    #[test]
    fn no_content_makes_it_panic(old in r#"\{"interactions":\[?[{}\[\]":,amessgtchingRul1é ]{0,30}"#, new in any_contract()) {
        if let Ok(old) = Content::parse(old) {
            let new = Content::parse(new.to_string()).unwrap();
            let _ = (contract_diff(&old, &new).to_text(), contract_diff(&new, &old).to_text());
        }
    }
}

/// All that was and is, in an order of its own.
fn sides(diff: &ContractDiff, swapped: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for interaction in &diff.interactions {
        match &interaction.difference {
            Difference::Added { after } => lines.push(format!("{swapped} {}", after.as_str())),
            Difference::Removed { before } => lines.push(format!("{} {}", !swapped, before.as_str())),
            Difference::Changed { changes } => lines.extend(changes.iter().map(|change| {
                let (before, after) =
                    if swapped { (&change.after, &change.before) } else { (&change.before, &change.after) };
                format!("{} {:?} {before:?} {after:?}", change.path, change.subject)
            })),
        }
    }
    lines.sort();
    lines
}

fn any_contract() -> impl Strategy<Value = Value> {
    let rule = prop_oneof![Just("type"), Just("regex"), Just("equality"), Just("integer"), Just("eachValue")];
    let path = prop_oneof![Just("$"), Just("$.a"), Just("$.*"), Just("$.a[*]"), Just("$.b[0].a")];
    let rules = prop::collection::hash_map(path, rule.prop_map(|kind| json!({"matchers": [{"match": kind}]})), 0..3);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[xy]".prop_map(Value::from)
    ];
    let body = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let interaction = ("[ab]", body, rules).prop_map(|(description, body, rules)| {
        let rules: serde_json::Map<String, Value> =
            rules.into_iter().map(|(path, rule)| (path.to_owned(), rule)).collect();
        json!({"description": description, "response": {"body": body, "matchingRules": {"body": rules}}})
    });
    prop::collection::vec(interaction, 0..4).prop_map(|interactions| json!({"interactions": interactions}))
}

fn reversed(mut contract: Value) -> Value {
    contract["interactions"].as_array_mut().unwrap().reverse();
    contract
}
