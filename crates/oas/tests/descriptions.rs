//! Whether a schema is one at all is told by descriptions of JSON Schema that were compiled with the program. They must tell
//! the same as those that are compiled when they are needed.

#![expect(clippy::unwrap_used, reason = "tests")]

use jsonschema::{Draft, Validator};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const KEYWORDS: [&str; 44] = [
    "type",
    "enum",
    "const",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "multipleOf",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "$defs",
    "$anchor",
    "$comment",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
    "title",
    "nullable",
    "x-tag",
];

fn any_value() -> impl Strategy<Value = Value> {
    let texts = ["string", "object", "a", "#/$defs/a", "date", "^a$", "(", ""];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..4).prop_map(Value::from),
        Just(json!(0.5)),
        proptest::sample::select(texts.to_vec()).prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![9 => proptest::sample::select(KEYWORDS.to_vec()), 1 => Just("a")];
        let object = proptest::collection::vec((key, inner.clone()), 0..4)
            .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        prop_oneof![3 => object, 1 => proptest::collection::vec(inner, 0..3).prop_map(Value::from)]
    })
}

fn description(draft: Draft, at: &str) -> Validator {
    jsonschema::options().with_draft(draft).build(&json!({"$ref": at})).unwrap()
}

#[test]
fn both_descriptions_of_json_schema_tell_the_same() {
    let of_2019 = description(Draft::Draft201909, "https://json-schema.org/draft/2019-09/schema");
    let of_2020 = description(Draft::Draft202012, "https://json-schema.org/draft/2020-12/schema");
    let (mut sound, mut broken) = (0, 0);
    let mut runner = TestRunner::default();

    for _ in 0..3_000 {
        let schema = any_value().new_tree(&mut runner).unwrap().current();
        let tells =
            (jsonschema::draft201909::meta::is_valid(&schema), jsonschema::draft202012::meta::is_valid(&schema));
        assert_eq!(tells, (of_2019.is_valid(&schema), of_2020.is_valid(&schema)), "{schema}");
        if tells.0 { sound += 1 } else { broken += 1 }
    }

    assert!(sound > 300 && broken > 300, "{sound} and {broken}");
}
