//! Whether a finding or a use is about the thing that changed.

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

/// Whether a change may be why a finding is there.
pub(super) fn explains(change: &Change, located: &Located) -> bool {
    let Some(concerns) = &change.concerns else {
        // Of the operation as a whole: it is gone, or asks for other credentials.
        return matches!(located.part, Part::Operation | Part::RequestHeader);
    };
    let of_a_body = matches!(concerns.part, Part::RequestBody | Part::ResponseBody);
    if located.media_type && of_a_body && concerns.name.is_empty() {
        return true;
    }
    concerns.part == located.part
        && stands_for(concerns, located.status)
        && located.way.as_ref().is_none_or(|way| is_on(&steps(concerns), way))
}

/// Whether an element, of the same operation, is what changed or part of it.
pub(super) fn concerns_element(change: &Change, element: &Element) -> bool {
    let Some(concerns) = &change.concerns else { return true };
    if concerns.part == Part::Operation {
        return true;
    }
    let name = Concerns { part: element.part, status: None, name: element.name.clone() };
    let (changed, used) = (steps(concerns), steps(&name));
    concerns.part == element.part
        && stands_for(concerns, element.status)
        && changed.len() <= used.len()
        && is_on(&changed, &used)
}

/// The way to a field; one step for a name.
fn steps(concerns: &Concerns) -> Vec<String> {
    if concerns.part.has_fields() {
        let steps = concerns.name.split('/').skip(1);
        return steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    }
    let name = concerns.name.to_ascii_lowercase();
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
