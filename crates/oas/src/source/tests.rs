//! What is read, where it stands, and what is refused.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Source {
    Source::read(text, &Budget::default()).unwrap()
}

fn refusal(text: &str, budget: &Budget) -> SourceError {
    Source::read(text, budget).unwrap_err()
}

fn place(source: &Source, pointer: &str) -> (u32, u32) {
    let position = source.position(&Pointer::parse(pointer).unwrap());
    (position.line, position.column)
}

const JSON: &str = "{\n  \"a\": [\n    1, {\"ü\": true, \"b\": \"x\\ny\"}\n  ],\n  \"c\": null\n}";
const YAML: &str = "# kept\na:\n  - 1\n  - ü: true\n    b: |\n      x\n      y\nc: ~\n";

#[test]
fn json_nodes_know_their_line_and_column() {
    let source = read(JSON);

    assert_eq!(place(&source, ""), (1, 1));
    assert_eq!(place(&source, "/a"), (2, 3));
    assert_eq!(place(&source, "/a/1"), (3, 8));
    assert_eq!(place(&source, "/a/1/b"), (3, 20));
    assert_eq!(place(&source, "/c"), (5, 3));
}

#[test]
fn yaml_nodes_know_their_line_and_column() {
    let source = read(YAML);

    assert_eq!(source.value(), &json!({"a": [1, {"ü": true, "b": "x\ny\n"}], "c": null}));
    assert_eq!(place(&source, "/a"), (2, 1));
    assert_eq!(place(&source, "/a/0"), (3, 5));
    assert_eq!(place(&source, "/a/1/b"), (5, 5));
    assert_eq!(place(&source, "/c"), (8, 1));
}

#[test]
fn a_missing_node_stands_where_its_nearest_ancestor_does() {
    assert_eq!(place(&read(JSON), "/a/1/missing/deeper"), (3, 8));
}

#[test]
fn the_last_of_two_equal_keys_wins_and_gives_the_position() {
    let source = read("{\"a\": 1, \"b\": 2,\n\"a\": 3}");

    assert_eq!(source.value(), &json!({"a": 3, "b": 2}));
    assert_eq!(place(&source, "/a"), (2, 1));
    assert_eq!(place(&source, "/b"), (1, 10));
}

#[test]
fn braces_with_trailing_commas_are_read_as_yaml() {
    assert_eq!(read("{\"a\": [1, 2,],}").value(), &json!({"a": [1, 2]}));
}

#[test]
fn broken_json_is_reported_where_it_breaks() {
    let error = refusal("{\n  \"a\": tru\n", &Budget::default());

    assert_eq!(error.to_string(), "a value should stand here (line 2, column 8)");
}

#[test]
fn yaml_keys_and_values_follow_the_core_schema() {
    let source = read("200: ok\n'yes': on\nversion: 3.1\nid: 0o17\ndate: 2020-01-01\nquoted: '1'\ntagged: !!str 1\n");

    assert_eq!(
        source.value(),
        &json!({"200": "ok", "yes": "on", "version": 3.1, "id": 15, "date": "2020-01-01", "quoted": "1", "tagged": "1"})
    );
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let source = read("base: &base {a: 1, b: 2}\nuse: *base\nmore:\n  <<: *base\n  b: 3\n");

    assert_eq!(source.value(), &json!({"base": {"a": 1, "b": 2}, "use": {"a": 1, "b": 2}, "more": {"b": 3, "a": 1}}));
    assert_eq!(place(&source, "/use"), (2, 1));
    assert_eq!(place(&source, "/use/b"), (1, 20));
    assert_eq!(place(&source, "/more/a"), (1, 14));
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{below}]").unwrap();
    }

    assert!(matches!(refusal(&bomb, &Budget::default()), SourceError::TooManyCopies { .. }));
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    assert!(matches!(refusal("a: &a [*a]\n", &Budget::default()), SourceError::RecursiveAlias { .. }));
}

#[test]
fn deep_nesting_is_refused_in_both_forms() {
    for text in ["[".repeat(100_000), format!("a: {}", "[".repeat(100_000)), format!("- {}", "- ".repeat(100_000))] {
        assert!(matches!(refusal(&text, &Budget::default()), SourceError::TooDeep { .. }), "{}", &text[..10]);
    }
}

#[test]
fn size_and_nodes_are_limited() {
    let small = Budget { size_bytes: 20, nodes: 5, ..Budget::default() };

    assert!(matches!(refusal(&" ".repeat(21), &small), SourceError::TooLarge { size_bytes: 21, .. }));
    assert!(matches!(refusal("[1,2,3,4,5]", &small), SourceError::TooManyNodes { limit: 5, .. }));
    assert!(matches!(refusal("- 1\n- 2\n- 3\n- 4\n- 5", &small), SourceError::TooManyNodes { limit: 5, .. }));
}

#[test]
fn an_empty_text_and_a_second_document_are_refused() {
    assert_eq!(refusal("", &Budget::default()), SourceError::Empty);
    assert_eq!(refusal("# nothing\n", &Budget::default()), SourceError::Empty);
    assert!(matches!(refusal("a: 1\n---\nb: 2\n", &Budget::default()), SourceError::ManyDocuments { .. }));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(".*", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_json_value_is_read_as_it_was_written(value in any_value()) {
        let container = json!([value]);

        let text = serde_json::to_string_pretty(&container).unwrap();

        let source = read(&text);

        prop_assert_eq!(source.value(), &container);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[-\\[\\]{}:,&*<|>!#'\"a1 \n\t]*") {
        let _ = Source::read(&text, &Budget { nodes: 1000, ..Budget::default() });
    }
}
