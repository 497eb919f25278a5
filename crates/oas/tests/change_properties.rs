//! What holds for the changes between any two documents.

use std::collections::BTreeMap;

use pactolus_oas::comparison::{Profile, compare};
use pactolus_oas::contract::Contract;
use pactolus_oas::diff::{Change, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::finding::Severity;
use pactolus_oas::source::Budget;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A property as documents describe it.
#[derive(Clone, Debug)]
struct Property {
    schema: Value,
    required: bool,
}

/// What one operation takes and answers.
#[derive(Clone, Debug)]
struct Offer {
    sent: BTreeMap<String, Property>,
    answered: BTreeMap<String, Property>,
    query: BTreeMap<String, Property>,
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer"})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "string", "enum": ["a", "b"]})),
        Just(json!({"type": "string", "enum": ["a"]})),
        (0..3_u8, 3..6_u8).prop_map(|(low, high)| json!({"type": "integer", "minimum": low, "maximum": high})),
        (0..3_u8).prop_map(|length| json!({"type": "string", "minLength": length})),
        Just(json!({"type": "string", "nullable": true})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            properties_of(inner).prop_map(|properties| object(&properties)),
        ]
    })
}

fn properties_of(schema: impl Strategy<Value = Value>) -> impl Strategy<Value = BTreeMap<String, Property>> {
    let property = (schema, any::<bool>()).prop_map(|(schema, required)| Property { schema, required });
    prop::collection::btree_map("[a-d]", property, 0..4)
}

fn object(properties: &BTreeMap<String, Property>) -> Value {
    let schemas: Map<String, Value> =
        properties.iter().map(|(name, property)| (name.clone(), property.schema.clone())).collect();
    let required: Vec<&String> =
        properties.iter().filter(|(_, property)| property.required).map(|(name, _)| name).collect();
    let mut object = json!({"type": "object", "properties": schemas});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn offer() -> impl Strategy<Value = Offer> {
    let leaf = prop_oneof![Just(json!({"type": "string"})), Just(json!({"type": "integer"}))];
    (properties_of(schema()), properties_of(schema()), properties_of(leaf)).prop_map(|(sent, answered, query)| Offer {
        sent,
        answered,
        query,
    })
}

/// The same with one property more, less, or otherwise: small changes are what is often harmless.
fn edited() -> impl Strategy<Value = (Offer, Offer)> {
    let edit = (0..3_usize, "[a-d]", prop::option::of((schema(), any::<bool>())));
    (offer(), edit, offer(), 0..4_u8).prop_map(|(old, (which, name, property), other, chance)| {
        if chance == 0 {
            return (old, other);
        }
        let mut new = old.clone();
        let place = [&mut new.sent, &mut new.answered, &mut new.query].into_iter().nth(which).expect("there are three");
        match property {
            Some((schema, required)) => place.insert(name, Property { schema, required }),
            None => place.remove(&name),
        };
        (old, new)
    })
}

fn document(offer: &Offer) -> Document {
    let parameters: Vec<Value> = offer
        .query
        .iter()
        .map(|(name, property)| {
            json!({"name": name, "in": "query", "required": property.required, "schema": property.schema})
        })
        .collect();
    let body = |properties| json!({"application/json": {"schema": object(properties)}});
    let text = json!({
        "openapi": "3.0.3",
        "info": {"title": "any", "version": "1"},
        "paths": {"/things": {"post": {
            "parameters": parameters,
            "requestBody": {"required": true, "content": body(&offer.sent)},
            "responses": {"200": {"description": "one", "content": body(&offer.answered)}},
        }}},
    });
    Document::load(&text.to_string(), &Budget::default()).expect("the document can be read")
}

/// A value that a schema allows.
fn example(schema: &Value) -> Value {
    match schema["type"].as_str() {
        _ if schema.get("enum").is_some() => schema["enum"][0].clone(),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([example(&schema["items"])]),
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, schema)| (name.clone(), example(schema))).collect()
        }
        _ => json!("aaa"),
    }
}

/// A consumer that sends the examples of some properties, and reads some by their types.
fn contract(offer: &Offer, chosen: &[bool]) -> Contract {
    let mut chosen = chosen.iter().copied().cycle();
    let mut some = |properties: &BTreeMap<String, Property>, all_required: bool| -> Map<String, Value> {
        let taken = properties.iter().filter(|(_, property)| {
            let wanted = chosen.next().unwrap_or(false);
            wanted || all_required && property.required
        });
        taken.map(|(name, property)| (name.clone(), example(&property.schema))).collect()
    };
    let (sent, answered, query) = (some(&offer.sent, true), some(&offer.answered, false), some(&offer.query, true));
    let query: Map<String, Value> = query
        .into_iter()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name, json!([text]))
        })
        .collect();
    let headers = json!({"Content-Type": "application/json"});
    let rules = json!({"body": {"$": {"matchers": [{"match": "type"}]}}});
    let text = json!({
        "interactions": [{
            "description": "a thing",
            "request": {"method": "POST", "path": "/things", "query": query, "headers": headers, "body": sent},
            "response": {"status": 200, "headers": headers, "body": answered, "matchingRules": rules},
        }],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    });
    Contract::load(&text.to_string(), &Budget::default()).expect("the contract can be read")
}

fn changes(old: &Document, new: &Document) -> Vec<Change> {
    diff(old, new, Day::new(2026, 1, 1).expect("the day exists"))
}

/// Where the change stands, what it was and what it is.
fn moved(changes: &[Change], back: bool) -> Vec<String> {
    let mut moved: Vec<String> = changes
        .iter()
        .map(|change| {
            let (from, to) = if back { (&change.to, &change.from) } else { (&change.from, &change.to) };
            format!("{:?} {from} {to}", change.concerns)
        })
        .collect();
    moved.sort();
    moved.dedup();
    moved
}

proptest! {
    // Most changes are not harmless.
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn a_document_compared_with_itself_differs_in_nothing(offer in offer()) {
        prop_assert_eq!(changes(&document(&offer), &document(&offer)), Vec::new());
    }

    #[test]
    fn changes_back_mirror_the_changes((old, new) in edited()) {
        let (old, new) = (document(&old), document(&new));
        let (there, back) = (changes(&old, &new), changes(&new, &old));

        prop_assert_eq!(moved(&there, false), moved(&back, true));
    }

    #[test]
    fn what_is_judged_harmless_breaks_no_contract_that_fitted(
        (old, new) in edited(), chosen in prop::collection::vec(any::<bool>(), 12),
    ) {
        let contract = contract(&old, &chosen);
        let (old, new) = (document(&old), document(&new));
        let changes = changes(&old, &new);
        // A response that is narrowed is no error for who reads it, but an example may be outside of it from then on.
        let is_narrowed = |change: &Change| change.id.starts_with("response-") && !change.id.contains("-added");
        let harmless =
            |change: &Change| change.harmless || change.severity == Severity::Info && !is_narrowed(change);
        prop_assume!(compare(&old, &contract, Profile::Sound).compatible());
        prop_assume!(!changes.is_empty() && changes.iter().all(harmless));

        let report = compare(&new, &contract, Profile::Sound);

        prop_assert!(report.compatible(), "{:?}\n{:?}", changes, report.findings);
    }
}
