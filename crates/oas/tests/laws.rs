//! Laws of the profile *sound*: a document accepts what it shows itself, a wider response never helps, a narrower one never
//! hurts, and a wider request never hurts.

#![expect(clippy::unwrap_used, reason = "tests")]

use pactolus_oas::comparison::{Profile, compare};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::finding::{Finding, Severity};
use pactolus_oas::source::Budget;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What a value may be.
#[derive(Clone, Debug)]
struct Shape {
    kind: Kind,
    nullable: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Texts, one of some or any of a length.
    Text {
        values: Vec<String>,
        at_least: u64,
    },
    Integer {
        low: Option<i64>,
        high: Option<i64>,
    },
    Flag,
    List {
        item: Box<Shape>,
        at_least: u64,
    },
    Object(Vec<Property>),
}

#[derive(Clone, Debug)]
struct Property {
    name: String,
    shape: Shape,
    required: bool,
}

impl Shape {
    fn schema(&self) -> Value {
        let (kind, mut schema) = match &self.kind {
            Kind::Text { values, at_least } if values.is_empty() => ("string", json!({"minLength": at_least})),
            Kind::Text { values, .. } => ("string", json!({"enum": values})),
            Kind::Integer { low, high } => {
                let bounds = [("minimum", low), ("maximum", high)];
                let bounds = bounds.into_iter().filter_map(|(key, bound)| Some((key.to_owned(), json!((*bound)?))));
                ("integer", Value::Object(bounds.collect()))
            }
            Kind::Flag => ("boolean", json!({})),
            Kind::List { item, at_least } => ("array", json!({"items": item.schema(), "minItems": at_least})),
            Kind::Object(properties) => {
                let required = properties.iter().filter(|property| property.required).map(|property| &property.name);
                let named = properties.iter().map(|property| (property.name.clone(), property.shape.schema()));
                (
                    "object",
                    json!({"required": required.collect::<Vec<_>>(), "properties": named.collect::<Map<_, _>>()}),
                )
            }
        };
        schema["type"] = kind.into();
        if self.nullable {
            schema["nullable"] = true.into();
        }
        schema
    }

    /// A value of the shape, with all its properties.
    fn example(&self) -> Value {
        match &self.kind {
            Kind::Text { values, at_least } => match values.first() {
                Some(value) => json!(value),
                None => json!("a".repeat(usize::try_from(*at_least).unwrap())),
            },
            Kind::Integer { low, high } => json!(low.or(*high).unwrap_or(7)),
            Kind::Flag => json!(true),
            Kind::List { item, at_least } => json!(vec![item.example(); usize::try_from(*at_least).unwrap().max(1)]),
            Kind::Object(properties) => {
                properties.iter().map(|property| (property.name.clone(), property.shape.example())).collect()
            }
        }
    }

    /// A shape that has all values of this one; which parts are wider, the choices say.
    fn widened(&self, choices: &mut impl Iterator<Item = bool>) -> Self {
        let mut wider = || choices.next().unwrap_or(false);
        let nullable = self.nullable || wider();
        let kind = match &self.kind {
            Kind::Text { values, at_least } => Kind::Text {
                values: match (values.is_empty(), wider()) {
                    (false, true) => values.iter().cloned().chain(["another".to_owned()]).collect(),
                    _ => values.clone(),
                },
                at_least: if wider() { 0 } else { *at_least },
            },
            Kind::Integer { low, high } => {
                Kind::Integer { low: low.filter(|_| !wider()), high: high.filter(|_| !wider()) }
            }
            Kind::Flag => Kind::Flag,
            Kind::List { item, at_least } => {
                let at_least = if wider() { 0 } else { *at_least };
                Kind::List { item: Box::new(item.widened(choices)), at_least }
            }
            Kind::Object(properties) => Kind::Object(properties.iter().map(|one| one.widened(choices)).collect()),
        };
        Self { kind, nullable }
    }

    /// The first text in it, and its place.
    fn first_text(&self, path: &str) -> Option<(String, String)> {
        match &self.kind {
            Kind::Text { .. } => Some((path.to_owned(), self.example().as_str()?.to_owned())),
            Kind::List { item, .. } => item.first_text(&format!("{path}[*]")),
            Kind::Object(properties) => {
                properties.iter().find_map(|property| property.shape.first_text(&format!("{path}.{}", property.name)))
            }
            Kind::Integer { .. } | Kind::Flag => None,
        }
    }
}

impl Property {
    fn widened(&self, choices: &mut impl Iterator<Item = bool>) -> Self {
        let required = self.required && !choices.next().unwrap_or(false);
        Self { name: self.name.clone(), shape: self.shape.widened(choices), required }
    }
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        (prop::collection::vec("[a-c]{1,3}", 0..3), 0u64..3)
            .prop_map(|(values, at_least)| Kind::Text { values, at_least }),
        (prop::option::of(-5i64..0), prop::option::of(0i64..5)).prop_map(|(low, high)| Kind::Integer { low, high }),
        Just(Kind::Flag),
    ];
    let leaf = (leaf, any::<bool>()).prop_map(|(kind, nullable)| Shape { kind, nullable });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let property = |name: &'static str, inner: BoxedStrategy<Shape>| {
            (inner, any::<bool>()).prop_map(move |(shape, required)| Property {
                name: name.to_owned(),
                shape,
                required,
            })
        };
        let inner = inner.boxed();
        let object = (property("a", inner.clone()), prop::option::of(property("b", inner.clone())))
            .prop_map(|(first, second)| Kind::Object([first].into_iter().chain(second).collect()));
        let list = (inner, 0u64..3).prop_map(|(item, at_least)| Kind::List { item: Box::new(item), at_least });
        (prop_oneof![object, list], any::<bool>()).prop_map(|(kind, nullable)| Shape { kind, nullable })
    })
}

/// What the consumer asks beyond its example.
#[derive(Clone, Copy, Debug)]
enum Asked {
    TheType,
    TheTypeAndOneText,
}

fn any_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![Just(Asked::TheType), Just(Asked::TheTypeAndOneText)]
}

fn rules(shape: &Shape, asked: Asked) -> Value {
    let mut rules = json!({"$.body": {"match": "type"}});
    if let (Asked::TheTypeAndOneText, Some((path, text))) = (asked, shape.first_text("$.body")) {
        rules[path] = json!({"match": "regex", "regex": format!("^{text}$")});
    }
    rules
}

fn findings(operation: &Value, request: Value, response: Value) -> Vec<Finding> {
    let document = json!({"openapi": "3.0.3", "paths": {"/t": {"post": operation}}});
    let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
    let contract = json!({"interactions": [{"description": "d", "request": request, "response": response}]});
    compare(&document, &Contract::load(&contract.to_string(), &Budget::default()).unwrap(), Profile::Sound).findings
}

/// The worst of what is found; what is only worth knowing counts for nothing.
fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).filter(|severity| *severity > Severity::Info).max()
}

fn of_response(media: &Value, body: &Value, rules: &Value) -> Vec<Finding> {
    let operation = json!({"responses": {"200": {"content": {"application/json": media}}}});
    let response = json!({"status": 200, "body": body, "matchingRules": rules});
    findings(&operation, json!({"method": "POST", "path": "/t"}), response)
}

fn of_request(schema: &Value, body: &Value, rules: &Value) -> Vec<Finding> {
    let operation =
        json!({"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}});
    let request = json!({"method": "POST", "path": "/t", "headers": {"Content-Type": "application/json"}, "body": body,
        "matchingRules": rules});
    findings(&operation, request, json!({"status": 200}))
}

proptest! {
    // A failure is shown in full; nothing is written beside the tests.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_accepts_contracts_made_of_its_own_examples(shape in any_shape(), surplus in any::<bool>()) {
        let mut example = shape.example();
        if let (Value::Object(members), true) = (&mut example, surplus) {
            members.insert("surplus".to_owned(), json!(1));
        }
        let media = json!({"schema": shape.schema(), "examples": {"one": {"value": example}}});

        let (answered, sent) = (of_response(&media, &example, &Value::Null), of_request(&shape.schema(), &example, &Value::Null));

        prop_assert!(worst(&answered) < Some(Severity::Error), "{:#?}", answered);
        prop_assert!(worst(&sent) < Some(Severity::Error), "{:#?}", sent);
    }

    #[test]
    fn a_wider_response_never_helps_and_a_narrower_one_never_hurts(
        shape in any_shape(),
        asked in any_asked(),
        choices in prop::collection::vec(any::<bool>(), 40),
    ) {
        let wide = shape.widened(&mut choices.into_iter());
        let (body, rules) = (shape.example(), rules(&shape, asked));

        let of_narrow = of_response(&json!({"schema": shape.schema()}), &body, &rules);
        let of_wide = of_response(&json!({"schema": wide.schema()}), &body, &rules);

        prop_assert!(worst(&of_narrow) <= worst(&of_wide), "{:#?}\nwider: {:#?}", of_narrow, of_wide);
    }

    #[test]
    fn a_wider_request_never_hurts(
        shape in any_shape(),
        other in any_shape(),
        asked in any_asked(),
        choices in prop::collection::vec(any::<bool>(), 40),
        fits in any::<bool>(),
    ) {
        let wide = shape.widened(&mut choices.into_iter());
        let sent = if fits { &shape } else { &other };
        let (body, rules) = (sent.example(), rules(sent, asked));

        let of_narrow = of_request(&shape.schema(), &body, &rules);
        let of_wide = of_request(&wide.schema(), &body, &rules);

        prop_assert!(worst(&of_wide) <= worst(&of_narrow), "{:#?}\nwider: {:#?}", of_narrow, of_wide);
    }
}
