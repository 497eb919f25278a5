//! In which role a schema is compared: it decides the ids of its changes and what they are called.

use super::checks::{Direction, known_severity};

/// The role of a schema and all schemas below it.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) direction: Direction,
    /// What the ids of the whole value begin with.
    pub(super) whole: &'static str,
    /// What the ids of its properties begin with.
    pub(super) property: &'static str,
    /// What the value is called.
    pub(super) subject: String,
    /// Whether all values are written as text, so that a text can stand for any of them.
    pub(super) as_text: bool,
    /// What only a parameter has.
    pub(super) parameter: Option<ParameterScope>,
}

/// What decides the changes that two schemas bring, other than the schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Role {
    whole: &'static str,
    as_text: bool,
    parameter: Option<ParameterScope>,
    /// Whether it is a property, a read-only and a write-only one.
    property: (bool, bool, bool),
}

/// What decides how the schema of a parameter is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ParameterScope {
    pub(super) header: bool,
    /// Whether requests must have it in the new document, so that its default counts for nothing.
    pub(super) required: bool,
    /// Whether a list is written as the parameter repeated, so that one value is a list of one.
    pub(super) repeats: bool,
}

/// Where within the schema that is being compared a schema stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) path: Vec<Step>,
    /// Whether it stands below the value itself.
    pub(super) property: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
}

/// A step into a schema.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// To a property of that name.
    Property(String),
    /// To what stands in a keyword.
    Keyword(String),
}

impl Step {
    /// As people read it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Property(name) | Self::Keyword(name) => name,
        }
    }

    /// The step into a value that it stands for: `*` for items and for members of any name, none for a part of the schema
    /// that is about the same value.
    pub(super) fn token(&self) -> Option<&str> {
        let of_any = ["items", "prefixItems", "additionalProperties", "patternProperties", "contains"];
        match self {
            Self::Property(name) => Some(name),
            Self::Keyword(name) => {
                let keyword = name.split('/').next().unwrap_or_default();
                of_any.contains(&keyword).then_some("*")
            }
        }
    }
}

impl Place {
    /// The same place as the start of all below it.
    pub(super) fn here(&self) -> Self {
        Self { path: Vec::new(), ..*self }
    }

    pub(super) fn below(&self, step: impl Into<String>, property: bool) -> Self {
        self.step(Step::Keyword(step.into()), property)
    }

    pub(super) fn property(&self, name: &str) -> Self {
        self.step(Step::Property(name.to_owned()), true)
    }

    fn step(&self, step: Step, property: bool) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { path, property: self.property || property, read_only: self.read_only, write_only: self.write_only }
    }
}

impl Scope {
    /// The id of a check at a place.
    pub(super) fn id(&self, place: &Place, aspect: &str) -> String {
        self.special(place, aspect).unwrap_or_else(|| format!("{}-{aspect}", self.prefix(place)))
    }

    /// Whether oasdiff has a check of that aspect at a place.
    pub(super) fn knows(&self, place: &Place, aspect: &str) -> bool {
        known_severity(&self.id(place, aspect)).is_some()
    }

    pub(super) fn prefix(&self, place: &Place) -> &'static str {
        if place.property { self.property } else { self.whole }
    }

    /// What stands at a path within the value, for people.
    pub(super) fn name(&self, path: &[&str]) -> String {
        if path.is_empty() {
            return self.subject.clone();
        }
        format!("`{}` in {}", path.join("/"), self.subject)
    }

    /// What decides the changes of a schema that stands at a place.
    pub(super) fn role(&self, place: &Place) -> Role {
        Role {
            whole: self.whole,
            as_text: self.as_text,
            parameter: self.parameter,
            property: (place.property, place.read_only, place.write_only),
        }
    }

    /// The checks that are called otherwise than the rest.
    fn special(&self, place: &Place, aspect: &str) -> Option<String> {
        let id = match (self.property, place.property) {
            ("request-property", true) if place.read_only => format!("request-read-only-property-{aspect}"),
            ("response-property", true) if place.write_only => format!("response-write-only-property-{aspect}"),
            ("request-parameter-property", true) if self.parameter.is_some_and(|parameter| parameter.header) => {
                format!("request-header-property-{aspect}")
            }
            ("response-property", false) => format!("response-mediatype-{aspect}"),
            _ => return None,
        };
        known_severity(&id).is_some().then_some(id)
    }
}
