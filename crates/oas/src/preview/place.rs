//! Whether a finding or a use is about the thing that changed.

use std::collections::HashSet;

use pactolus_domain::usage::{Element, Part};

use crate::contract::{Part as PartOfInteraction, Place};
use crate::diff::{Change, Concerns};

/// What a finding is about, in the words of changes.
pub(super) struct Located {
    part: Part,
    status: u16,
    /// The way to a field or a name; `None` if all of them are meant.
    way: Option<Vec<String>>,
    /// About which media type a body has, rather than about what is in it.
    media_type: bool,
}

impl Located {
    pub(super) fn of(place: &Place, status: u16) -> Self {
        let named = |name: &String| Some(vec![name.to_ascii_lowercase()]);
        let (part, way) = match &place.part {
            PartOfInteraction::RequestHeaders => (Part::RequestHeader, None),
            PartOfInteraction::RequestHeader(name) => (Part::RequestHeader, named(name)),
            PartOfInteraction::Query => (Part::Query, None),
            PartOfInteraction::QueryField(name) => (Part::Query, named(name)),
            PartOfInteraction::RequestBody => (Part::RequestBody, Some(place.within.clone())),
            PartOfInteraction::Status => (Part::Status, None),
            PartOfInteraction::ResponseHeader(name) => (Part::ResponseHeader, named(name)),
            PartOfInteraction::ResponseBody => (Part::ResponseBody, Some(place.within.clone())),
            _ => (Part::Operation, None),
        };
        let name = way.as_ref().and_then(|way| way.first()).map(String::as_str);
        let is_header = matches!(part, Part::RequestHeader | Part::ResponseHeader);
        let media_type = is_header && matches!(name, Some("content-type" | "accept"));
        Self { part, status, way, media_type }
    }
}

/// A change, made ready to be held against many findings and uses.
pub(super) struct Changed<'c> {
    pub(super) change: &'c Change,
    way: Vec<String>,
}

impl<'c> Changed<'c> {
    pub(super) fn of(change: &'c Change) -> Self {
        let way = change.concerns.as_ref().map(|concerns| steps(concerns.part, &concerns.name));
        Self { change, way: way.unwrap_or_default() }
    }

    /// Whether it may be why a finding is there.
    pub(super) fn explains(&self, located: &Located) -> bool {
        let Some(concerns) = &self.change.concerns else {
            // Of the operation as a whole: it is gone, or asks for other credentials.
            return matches!(located.part, Part::Operation | Part::RequestHeader);
        };
        let of_a_body = matches!(concerns.part, Part::RequestBody | Part::ResponseBody);
        if located.media_type && of_a_body && concerns.name.is_empty() {
            return true;
        }
        concerns.part == located.part
            && stands_for(concerns, located.status)
            && located.way.as_ref().is_none_or(|way| is_on(&self.way, way))
    }

    /// Whether a use, of the same operation, is of what changed or part of it.
    pub(super) fn concerns(&self, used: &Use<'_>) -> bool {
        let Some(concerns) = &self.change.concerns else { return true };
        if concerns.part == Part::Operation {
            return true;
        }
        concerns.part == used.element.part
            && stands_for(concerns, used.element.status)
            && (used.is_opaque || self.way.len() <= used.way.len() && is_on(&self.way, &used.way))
    }
}

/// What a consumer uses, made ready to be held against many changes.
pub(super) struct Use<'e> {
    element: &'e Element,
    way: Vec<String>,
    /// A body in which nobody can see what is used, such as XML: all of it may be.
    is_opaque: bool,
}

/// What a consumer uses of one operation.
pub(super) fn uses<'e>(elements: &[&'e Element]) -> Vec<Use<'e>> {
    let body = |element: &Element| (element.path.clone(), element.status, element.part);
    let fields = elements.iter().filter(|element| element.part.has_fields() && !element.name.is_empty());
    let seen_into: HashSet<_> = fields.map(|element| body(element)).collect();
    let uses = elements.iter().map(|element| Use {
        element,
        way: match element.name.split_once('[') {
            // Of a parameter that is a list or an object, the parameter.
            Some((parameter, _)) if element.part == Part::Query => steps(element.part, parameter),
            _ => steps(element.part, &element.name),
        },
        is_opaque: element.part.has_fields() && element.name.is_empty() && !seen_into.contains(&body(element)),
    });
    uses.collect()
}

/// The way to a field; one step for a name.
fn steps(part: Part, name: &str) -> Vec<String> {
    if part.has_fields() {
        let steps = name.split('/').skip(1);
        return steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    }
    let name = name.to_ascii_lowercase();
    if name.is_empty() { Vec::new() } else { vec![name] }
}

/// Whether one of two ways leads along the other. `*` is any step.
fn is_on(changed: &[String], way: &[String]) -> bool {
    changed.iter().zip(way).all(|(changed, step)| changed == "*" || step == "*" || changed == step)
}

/// Whether a change of a response is about that status. What belongs to none is about all.
fn stands_for(concerns: &Concerns, status: u16) -> bool {
    match concerns.status.as_deref() {
        None | Some("default") => true,
        Some(range) if range.ends_with("XX") => range.strip_suffix("XX") == Some(&(status / 100).to_string()),
        Some(exact) => exact == status.to_string(),
    }
}
