//! Whether everything that one schema allows another allows, too: proved, refuted by a witness, or undecided.

use jsonschema::canonical::{CanonicalSchema, Containment};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::super::formats;
use super::samples;

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Everything is allowed.
    Proved,
    /// This is not.
    Refuted(Value),
    /// It could not be found out: of that many values none speaks against it.
    Undecided(usize),
}

/// Asks whether `wide` allows everything that `narrow` does. A refutation is always a value that one validator takes
/// and the other does not; a proof comes from the algebra alone.
pub(super) fn contains(wide: &Value, narrow: &Value) -> Answer {
    contains_all(wide, narrow, &[])
}

/// The same, trying some values first that are known to be sent.
pub(super) fn contains_all(wide: &Value, narrow: &Value, known: &[Value]) -> Answer {
    if let (Some(wide), Some(narrow)) = (canonical(wide), canonical(narrow))
        && matches!(wide.covers(&narrow), Ok(Containment::Yes))
    {
        return Answer::Proved;
    }
    let (Some(taken), Some(given)) = (validator(wide), validator(narrow)) else { return Answer::Undecided(0) };
    let mut candidates = known.to_vec();
    collect(narrow, &mut candidates);
    collect(wide, &mut candidates);
    candidates.extend(rest(wide, narrow));
    candidates.extend(plain_values());
    let mut fitting = 0;
    for value in candidates.into_iter().filter(|value| given.is_valid(value)) {
        if !taken.is_valid(&value) {
            return Answer::Refuted(value);
        }
        fitting += 1;
    }
    Answer::Undecided(fitting)
}

fn canonical(schema: &Value) -> Option<CanonicalSchema> {
    let options = jsonschema::canonical::options().with_draft(Draft::Draft202012).offline();
    options.should_validate_formats(true).canonicalize(schema).ok()
}

fn validator(schema: &Value) -> Option<Validator> {
    formats::add(jsonschema::options().with_draft(Draft::Draft202012)).build(schema).ok()
}

/// Values from what the algebra says that `wide` leaves over.
fn rest(wide: &Value, narrow: &Value) -> Vec<Value> {
    let difference = canonical(narrow).zip(canonical(wide)).and_then(|(narrow, wide)| narrow.subtract(&wide).ok());
    let mut candidates = Vec::new();
    if let Some(difference) = difference {
        collect(&difference.to_json_schema(), &mut candidates);
    }
    candidates
}

/// Enough candidates for any schema of one value.
const MAX_CANDIDATES: usize = 500;

/// Collects values that a schema speaks of: its fixed values, its limits and what lies beside them, texts that fit
/// its patterns and formats.
fn collect(schema: &Value, candidates: &mut Vec<Value>) {
    let Value::Object(keywords) = schema else { return };
    for (keyword, value) in keywords {
        if candidates.len() > MAX_CANDIDATES {
            return;
        }
        match (keyword.as_str(), value) {
            ("const", value) => candidates.push(value.clone()),
            ("enum", Value::Array(values)) => candidates.extend(values.iter().cloned()),
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf", Value::Number(number)) => {
                let integer = number.as_i64();
                let beside = integer.map(|number| [number.saturating_sub(1), number, number.saturating_add(1)]);
                candidates.extend(beside.into_iter().flatten().map(Value::from));
                candidates.extend(number.as_f64().map(|number| json!(number + 0.5)));
            }
            ("minLength" | "maxLength", Value::Number(number)) => {
                let length = number.as_u64().and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(10_000);
                candidates
                    .extend([length.saturating_sub(1), length, length + 1].map(|length| json!("a".repeat(length))));
            }
            ("pattern", Value::String(pattern)) => {
                candidates.extend(samples::of_pattern(pattern).into_iter().map(Value::from));
            }
            ("format", Value::String(format)) => {
                candidates.extend(samples::of_format(format).iter().map(|text| json!(text)));
            }
            (_, Value::Object(_)) => collect(value, candidates),
            (_, Value::Array(values)) => values.iter().for_each(|value| collect(value, candidates)),
            _ => {}
        }
    }
}

fn plain_values() -> Vec<Value> {
    let texts = ["", "a", "A", "some text", "0", "-1", "a/b", "é", "2020-01-01"].map(Value::from);
    let numbers = [json!(0), json!(1), json!(-1), json!(0.5), json!(1_000_000), json!(-1e10)];
    let others = [Value::Null, json!(true), json!(false), json!([]), json!({})];
    texts.into_iter().chain(numbers).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(wide: &Value, narrow: &Value, expected: &Answer) {
        assert_eq!(&contains(wide, narrow), expected, "{wide} contains {narrow}");
    }

    #[test]
    fn what_is_contained_is_proved() {
        check(&json!({"type": "string"}), &json!({"enum": ["A", "B"]}), &Answer::Proved);
        check(&json!({"type": "string", "pattern": "^(A|B)$"}), &json!({"enum": ["A", "B"]}), &Answer::Proved);
        check(&json!({"type": "number"}), &json!({"type": "integer", "minimum": 1}), &Answer::Proved);
    }

    #[test]
    fn what_is_not_contained_is_refuted_by_a_witness() {
        check(
            &json!({"type": "string", "pattern": "^(A|B)$"}),
            &json!({"enum": ["A", "B", "C"]}),
            &Answer::Refuted(json!("C")),
        );
        check(&json!({"type": "integer", "maximum": 10}), &json!({"type": "integer"}), &Answer::Refuted(json!(11)));
        check(&json!({"type": "string"}), &json!({"type": ["string", "null"]}), &Answer::Refuted(Value::Null));
        check(
            &json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
            &json!({"type": "string", "format": "date-time"}),
            &Answer::Refuted(json!("2020-01-31T12:30:45Z")),
        );
        check(
            &json!({"type": "string", "format": "uuid"}),
            &json!({"type": "string", "pattern": "^[a-z-]+$"}),
            &Answer::Refuted(json!("a")),
        );
    }

    #[test]
    fn what_no_value_tells_is_undecided() {
        let digits = json!({"type": "string", "pattern": "^[0-9]+$"});

        let answer = contains(&digits, &json!({"type": "string", "pattern": "^[0-9]{3}$"}));

        assert!(matches!(answer, Answer::Undecided(1..)), "{answer:?}");
    }

    fn any_schema() -> impl Strategy<Value = Value> {
        let kind = prop_oneof![Just("string"), Just("integer"), Just("number"), Just("boolean"), Just("null")];
        prop_oneof![
            kind.prop_map(|kind| json!({"type": kind})),
            (-5i64..5, 0i64..5)
                .prop_map(|(low, more)| json!({"type": "integer", "minimum": low, "maximum": low + more})),
            proptest::collection::vec("[a-c]{0,2}", 1..4).prop_map(|values| json!({"enum": values})),
            (0u64..3, 0u64..3)
                .prop_map(|(low, more)| json!({"type": "string", "minLength": low, "maxLength": low + more})),
        ]
    }

    proptest! {
        #[test]
        fn every_schema_contains_itself(schema in any_schema()) {
            prop_assert_eq!(contains(&schema, &schema), Answer::Proved);
        }

        #[test]
        fn no_value_contradicts_a_proof(wide in any_schema(), narrow in any_schema(), text in "[a-c]{0,4}", number in -10i64..10) {
            let answer = contains(&wide, &narrow);

            for value in [json!(text), json!(number), Value::Null, json!(true)] {
                let escapes = validator(&narrow).unwrap().is_valid(&value) && !validator(&wide).unwrap().is_valid(&value);
                prop_assert!(!escapes || answer != Answer::Proved, "{} escapes", value);
            }
        }
    }
}
