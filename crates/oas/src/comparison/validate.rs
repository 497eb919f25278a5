//! Holds values against schemas. `jsonschema` validates; this counts its errors as JavaScript's usual validator does,
//! one for each name and each variant, since that is what existing comparators report.

use std::cell::OnceCell;
use std::fmt::{self, Write};

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::Location;
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value};

use super::coerce::coerce;
use super::compatible::{NUMBER_FORMAT, TAG, failures_of_nothing};
use super::formats;
use crate::document::local_target;
use crate::pointer::Pointer;

/// A schema that is ready to be held against values.
pub(super) struct Compiled {
    schema: Value,
    draft: Draft,
    validator: Validator,
    variants: OnceCell<Option<Variants>>,
}

/// The variants that a schema consists of, and what it says beside them.
struct Variants {
    keyword: &'static str,
    listed: Vec<Compiled>,
    rest: Box<Compiled>,
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
        Ok(Self { schema, draft, validator, variants: OnceCell::new() })
    }

    /// How a value fails, texts becoming other types where the schema asks for them.
    pub(super) fn violations_of_text(&self, value: &Value) -> Vec<Violation> {
        if let Some(variants) = self.variants.get_or_init(|| self.variants()) {
            return self.violations_of_variants(value, variants);
        }
        let mut coerced = value.clone();
        coerce(&mut coerced, &self.schema, &self.schema);
        self.violations(&coerced)
    }

    /// Each variant makes of a text what it asks for, and the next one starts from there: to the original, `1` is both a
    /// number and a text, and so one variant too many.
    fn violations_of_variants(&self, value: &Value, of: &Variants) -> Vec<Violation> {
        let exactly_one = of.keyword == "oneOf" && self.draft == Draft::Draft201909;
        let (mut coerced, mut fitting, mut failures) = (value.clone(), 0, Vec::new());
        for variant in &of.listed {
            if exactly_one && fitting > 1 {
                break;
            }
            coerce(&mut coerced, &variant.schema, &variant.schema);
            let violations = variant.violations(&coerced);
            fitting += usize::from(violations.is_empty());
            failures.extend(violations);
        }
        let mut violations = of.rest.violations_of_text(value);
        if fitting == 0 || exactly_one && fitting > 1 {
            let keyword = Pointer::root().child(of.keyword);
            violations.extend(failures.into_iter().map(|failure| Violation { keyword: keyword.clone(), ..failure }));
            let message = format!("{value} fits {fitting} variants");
            violations.push(Violation { within: Vec::new(), keyword, message, value: value.clone() });
        }
        violations
    }

    fn variants(&self) -> Option<Variants> {
        let reference = self.schema["$ref"].as_str().and_then(local_target);
        let schema = reference.map_or(Some(&self.schema), |pointer| pointer.find_in(&self.schema))?;
        let keyword = ["oneOf", "anyOf"].into_iter().find(|keyword| schema[*keyword].is_array())?;
        let mut rest = schema.clone();
        let listed = rest.as_object_mut()?.shift_remove(keyword)?;
        let variants = listed.as_array()?.iter().map(|variant| self.part(variant.clone()));
        Some(Variants { keyword, listed: variants.collect::<Option<_>>()?, rest: Box::new(self.part(rest)?) })
    }

    /// A schema that stands within this one, compiled by itself.
    fn part(&self, schema: Value) -> Option<Self> {
        let mut wrapped = Map::new();
        for (key, value) in self.schema.as_object()? {
            // What the schema refers to lies beside its keywords.
            if ["components", "definitions", "paths", "parameters", "responses"].contains(&key.as_str()) {
                wrapped.insert(key.clone(), value.clone());
            }
        }
        wrapped.insert("allOf".to_owned(), Value::Array(vec![schema]));
        Self::new(Value::Object(wrapped), self.draft).ok()
    }

    /// How a value fails.
    pub(super) fn violations(&self, value: &Value) -> Vec<Violation> {
        let mut violations = Vec::new();
        // Most values fit, and to say so costs less than to look for all that does not.
        if self.validator.is_valid(value) {
            return violations;
        }
        for error in self.validator.iter_errors(value) {
            self.expand(&error, value, &mut violations);
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

    fn expand(&self, error: &ValidationError<'_>, root: &Value, violations: &mut Vec<Violation>) {
        let violation = |message: String| Violation {
            within: tokens(error.instance_path()),
            keyword: Pointer::root().descend(tokens(error.schema_path()).iter().map(String::as_str)),
            message,
            value: error.instance().as_ref().clone(),
        };
        let undescribed = |name: &String| violation(format!("`{name}` is not described"));
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                violations.extend(unexpected.iter().map(undescribed));
                return;
            }
            // Where no property is described at all, the validator names none.
            ValidationErrorKind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
                let object = root.pointer(error.instance_path().as_str()).and_then(Value::as_object);
                violations.extend(object.into_iter().flat_map(Map::keys).map(undescribed));
                return;
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                context.iter().flatten().for_each(|error| self.expand(error, root, violations));
            }
            ValidationErrorKind::OneOfMultipleValid { context } => {
                // Variants behind the second that fits are never looked at.
                let mut fitting = 0;
                let looked_at = context.iter().take_while(|failures| {
                    fitting += usize::from(failures.is_empty());
                    fitting < 2
                });
                looked_at.flatten().for_each(|error| self.expand(error, root, violations));
            }
            ValidationErrorKind::PropertyNames { error: inner } => violations.push(violation(inner.to_string())),
            ValidationErrorKind::Contains => self.expand_items(error, root, violations),
            _ => {}
        }
        violations.push(violation(message(error)));
    }

    /// How each item fails, where not enough of them fit.
    fn expand_items(&self, error: &ValidationError<'_>, root: &Value, violations: &mut Vec<Violation>) {
        // How many must fit stands beside what they must fit.
        let mut keyword = tokens(error.schema_path());
        keyword.pop();
        let keyword = Pointer::root().descend(keyword.iter().map(String::as_str)).child("contains");
        let Some(item) = keyword.find_in(&self.schema).and_then(|schema| self.part(schema.clone())) else { return };
        let list = root.pointer(error.instance_path().as_str()).and_then(Value::as_array);
        for (index, value) in list.into_iter().flatten().enumerate() {
            let start = tokens(error.instance_path()).into_iter().chain([index.to_string()]);
            violations.extend(item.violations(value).into_iter().map(|violation| Violation {
                within: start.clone().chain(violation.within).collect(),
                keyword: keyword.clone(),
                ..violation
            }));
        }
    }
}

/// Longer values are not repeated in a message; the finding has them.
const LONGEST_MESSAGE: usize = 300;

fn message(error: &ValidationError<'_>) -> String {
    let mut message = Short(String::new());
    match write!(message, "{error}") {
        Ok(()) => message.0,
        Err(_) => error.masked_with("the value").to_string(),
    }
}

/// A text that is written only as far as it is short.
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST_MESSAGE {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
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
