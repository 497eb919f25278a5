//! Holds values against schemas. `jsonschema` validates; this counts its errors as JavaScript's usual validator does,
//! one for each name and each variant, since that is what existing comparators report.

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::Location;
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value};

use super::coerce::coerce;
use super::compatible::{NUMBER_FORMAT, TAG, failures_of_nothing};
use super::formats;
use crate::pointer::Pointer;

/// A schema that is ready to be held against values.
pub(super) struct Compiled {
    schema: Value,
    validator: Validator,
}

/// One way in which a value fails a schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Violation {
    /// The way down from the value to what fails.
    pub(super) within: Vec<String>,
    /// The way down from the schema to the keyword that fails.
    pub(super) keyword: Pointer,
    /// What is wrong.
    pub(super) message: String,
    /// What fails.
    pub(super) value: Value,
}

impl Compiled {
    /// Compiles a schema that was prepared for comparison.
    pub(super) fn new(schema: Value, draft: Draft) -> Result<Self, String> {
        let options = jsonschema::options()
            .with_draft(draft)
            .with_keyword(TAG, |_, value, _| Ok(Box::new(Tag::new(value))))
            .with_keyword(NUMBER_FORMAT, |_, value, _| Ok(Box::new(NumberFormat::new(value))));
        let validator = formats::add(options).build(&schema).map_err(|error| error.to_string())?;
        Ok(Self { schema, validator })
    }

    /// How a value fails, texts becoming other types where the schema asks for them.
    pub(super) fn violations_of_text(&self, value: &Value) -> Vec<Violation> {
        let mut coerced = value.clone();
        coerce(&mut coerced, &self.schema, &self.schema);
        self.violations(&coerced)
    }

    /// How a value fails.
    pub(super) fn violations(&self, value: &Value) -> Vec<Violation> {
        let mut violations = Vec::new();
        for error in self.validator.iter_errors(value) {
            expand(&error, &mut violations);
        }
        violations
    }

    /// How often the absence of a value fails.
    pub(super) fn violations_of_nothing(&self) -> Vec<Violation> {
        let failure = Violation {
            within: Vec::new(),
            keyword: Pointer::root(),
            message: "a value is required".to_owned(),
            value: Value::Null,
        };
        vec![failure; failures_of_nothing(&self.schema, &self.schema, 0)]
    }
}

fn expand(error: &ValidationError<'_>, violations: &mut Vec<Violation>) {
    let violation = |message: String| Violation {
        within: tokens(error.instance_path()),
        keyword: Pointer::root().descend(tokens(error.schema_path()).iter().map(String::as_str)),
        message,
        value: error.instance().as_ref().clone(),
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            violations.extend(unexpected.iter().map(|name| violation(format!("`{name}` is not described"))));
        }
        ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            violations.extend(unexpected.iter().map(|name| violation(format!("`{name}` is not described"))));
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().for_each(|error| expand(error, violations));
            violations.push(violation(error.to_string()));
        }
        ValidationErrorKind::OneOfMultipleValid { context } => {
            // Variants behind the second that fits are never looked at.
            let mut fitting = 0;
            for variant in context {
                fitting += usize::from(variant.is_empty());
                if fitting < 2 {
                    for error in variant {
                        expand(error, violations);
                    }
                }
            }
            violations.push(violation(error.to_string()));
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            violations.push(violation(inner.to_string()));
            violations.push(violation(error.to_string()));
        }
        _ => violations.push(violation(error.to_string())),
    }
}

fn tokens(location: &Location) -> Vec<String> {
    Pointer::parse(location.as_str()).map(|pointer| pointer.tokens().collect()).unwrap_or_default()
}

/// The tag of an object must choose one of the variants.
struct Tag {
    name: String,
    values: Vec<String>,
}

impl Tag {
    fn new(value: &Value) -> Self {
        let texts = value["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Self { name: value["tag"].as_str().unwrap_or_default().to_owned(), values: texts.map(str::to_owned).collect() }
    }

    fn chooses(&self, object: &Map<String, Value>) -> bool {
        let tag = object.get(&self.name).and_then(Value::as_str);
        tag.is_some_and(|tag| self.values.iter().any(|value| value == tag))
    }
}

impl<'i> Keyword<'i> for Tag {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        let values = self.values.join(", ");
        Err(ValidationError::custom(format!("`{}` should be one of {values}", self.name)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_object().is_none_or(|object| self.chooses(object))
    }
}

/// A format that numbers may have.
struct NumberFormat {
    format: String,
}

impl NumberFormat {
    fn new(value: &Value) -> Self {
        Self { format: value.as_str().unwrap_or_default().to_owned() }
    }
}

impl<'i> Keyword<'i> for NumberFormat {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        Err(ValidationError::custom(format!("{instance} is not of the format {}", self.format)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Some(number) = instance.as_f64() else { return true };
        let limits =
            if self.format == "int32" { f64::from(i32::MIN)..=f64::from(i32::MAX) } else { f64::MIN..=f64::MAX };
        number.fract() == 0.0 && limits.contains(&number)
    }
}
