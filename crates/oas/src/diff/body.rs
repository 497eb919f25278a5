//! The bodies of requests and responses by media type, the statuses and headers of responses.

use super::checks::{Direction, Effect};
use super::endpoint::Endpoint;
use super::parameters::schema;
use super::scope::Scope;
use super::session::{Seen, Session, found};
use super::walk::{self, Pair};
use crate::document::{Document, Node};
use crate::model::{Content, Header, Media, Response, Status};
use crate::pointer::Pointer;
use pactolus_domain::usage::Part;
use serde_json::Value;

fn node<'d>(document: &'d Document, pointer: &Pointer) -> Node<'d> {
    document.node(pointer).unwrap_or_else(|| document.root())
}

pub(super) fn requests(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    session.about(Part::RequestBody, None, "", |session| request(session, endpoint));
}

fn request(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    let (old, new) = (&endpoint.old.operation.body, &endpoint.new.operation.body);
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => {
            let sides = (Some(&node(session.old, &old.pointer)), Some(&endpoint.new.node));
            return session.note("request-body-removed", sides, "", "the request has no body any more".to_owned());
        }
        (None, Some(new)) => {
            let (id, required) = if new.required {
                ("request-body-added-required", "required")
            } else {
                ("request-body-added-optional", "optional")
            };
            let sides = (Some(&endpoint.old.node), Some(&node(session.new, &new.pointer)));
            return session.note(id, sides, "", format!("the request has a body now, it is {required}"));
        }
        (None, None) => return,
    };
    let nodes = (node(session.old, &old.pointer), node(session.new, &new.pointer));
    match (old.required, new.required) {
        (false, true) => {
            let message = "the request's body became required".to_owned();
            session.note("request-body-became-required", (Some(&nodes.0), Some(&nodes.1)), "required", message);
        }
        (true, false) => {
            let message = "the request's body became optional".to_owned();
            session.note("request-body-became-optional", (Some(&nodes.0), Some(&nodes.1)), "required", message);
        }
        _ => {}
    }
    contents(session, &REQUEST, "the request's body", (&old.content, &new.content), &nodes);
}

/// The ids of one kind of body.
struct Kind {
    direction: Direction,
    whole: &'static str,
    property: &'static str,
    media_added: &'static str,
    media_removed: &'static str,
    schema_added: &'static str,
    schema_removed: &'static str,
}

const REQUEST: Kind = Kind {
    direction: Direction::Request,
    whole: "request-body",
    property: "request-property",
    media_added: "request-body-media-type-added",
    media_removed: "request-body-media-type-removed",
    schema_added: "request-body-media-type-schema-added",
    schema_removed: "request-body-media-type-schema-removed",
};

const RESPONSE: Kind = Kind {
    direction: Direction::Response,
    whole: "response-body",
    property: "response-property",
    media_added: "response-media-type-added",
    media_removed: "response-media-type-removed",
    schema_added: "response-body-media-type-schema-added",
    schema_removed: "response-body-media-type-schema-removed",
};

fn contents(
    session: &mut Session<'_>,
    kind: &Kind,
    subject: &str,
    (old, new): (&Content, &Content),
    nodes: &(Node<'_>, Node<'_>),
) {
    if old.media.is_empty() && new.media.is_empty() {
        if let (Some(old), Some(new)) = (&old.any, &new.any) {
            let pair = Pair { old: node(session.old, old), new: node(session.new, new) };
            walk::compare(session, scope(kind, "", subject), &pair);
        }
        return;
    }
    let find = |content: &'_ Content, name: &str| content.media.iter().position(|media| media.media_type == name);
    let (mut gone, mut come): (Vec<&Media>, Vec<&Media>) = (Vec::new(), Vec::new());
    for media in &old.media {
        match find(new, &media.media_type) {
            Some(index) => both(session, kind, subject, media, &new.media[index]),
            None => gone.push(media),
        }
    }
    come.extend(new.media.iter().filter(|media| find(old, &media.media_type).is_none()));
    if kind.direction == Direction::Response {
        renamed(session, kind, subject, &mut gone, &mut come);
    }
    for media in gone {
        let message = format!("{subject} can no longer be {}", media.media_type);
        session.note(kind.media_removed, (Some(&node(session.old, &media.pointer)), Some(&nodes.1)), "", message);
    }
    for media in come {
        let message = format!("{subject} can now be {}", media.media_type);
        session.note(kind.media_added, (Some(&nodes.0), Some(&node(session.new, &media.pointer))), "", message);
    }
}

/// Takes out the media types that only changed their name: one is a kind of the other, or has other parameters.
fn renamed(session: &mut Session<'_>, kind: &Kind, subject: &str, gone: &mut Vec<&Media>, come: &mut Vec<&Media>) {
    let mut index = 0;
    while index < gone.len() {
        let old = gone[index];
        let found = come.iter().enumerate().find_map(|(at, new)| Some((at, change_of_name(old, new)?)));
        let Some((at, id)) = found else {
            index += 1;
            continue;
        };
        let new = come.remove(at);
        gone.remove(index);
        let nodes = (node(session.old, &old.pointer), node(session.new, &new.pointer));
        let message = format!("{subject} is {} instead of {}", new.media_type, old.media_type);
        session.note(id, (Some(&nodes.0), Some(&nodes.1)), "", message);
        both(session, kind, subject, old, new);
    }
}

fn change_of_name(old: &Media, new: &Media) -> Option<&'static str> {
    let bare = |media: &Media| media.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (old, new) = (bare(old), bare(new));
    if old == new {
        Some("response-media-type-name-changed")
    } else if is_kind_of(&old, &new) {
        Some("response-media-type-name-generalized")
    } else if is_kind_of(&new, &old) {
        Some("response-media-type-name-specialized")
    } else {
        None
    }
}

/// Whether all that is of the one media type is of the other, by a wildcard or a suffix (`application/problem+json`).
fn is_kind_of(special: &str, general: &str) -> bool {
    let (Some((kind, special)), Some((range, general))) = (special.split_once('/'), general.split_once('/')) else {
        return false;
    };
    match (range, general) {
        ("*", _) => true,
        (_, "*") => range == kind,
        _ => range == kind && special.rsplit_once('+').is_some_and(|(_, suffix)| suffix == general),
    }
}

fn both(session: &mut Session<'_>, kind: &Kind, subject: &str, old: &Media, new: &Media) {
    let nodes = (node(session.old, &old.pointer), node(session.new, &new.pointer));
    let (id, effect) = match (&old.schema, &new.schema) {
        (Some(old), Some(new_schema)) => {
            let pair = Pair { old: node(session.old, old), new: node(session.new, new_schema) };
            return walk::compare(session, scope(kind, &new.media_type, subject), &pair);
        }
        (None, Some(_)) => (kind.schema_added, "is"),
        (Some(_), None) => (kind.schema_removed, "is no longer"),
        (None, None) => return,
    };
    let message = format!("{subject} {effect} described for {}", new.media_type);
    session.note(id, (Some(&nodes.0), Some(&nodes.1)), "schema", message);
}

fn scope(kind: &Kind, media_type: &str, subject: &str) -> Scope {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Only where types are written can another type be told from a text.
    let as_text = ["application/xml", "text/", "application/x-www-form-urlencoded", "multipart/"];
    let as_text = bare.ends_with("+xml") || as_text.iter().any(|kind| bare.starts_with(kind));
    Scope {
        direction: kind.direction,
        whole: kind.whole,
        property: kind.property,
        subject: subject.to_owned(),
        as_text,
        parameter: None,
    }
}

pub(super) fn responses(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    let (old, new) = (endpoint.old.operation, endpoint.new.operation);
    let nodes = (&endpoint.old.node, &endpoint.new.node);
    for response in &old.responses {
        if let Some(counterpart) = new.responses.iter().find(|other| other.status == response.status) {
            described(session, response, counterpart);
        } else {
            let sides = (Some(node(session.old, &response.pointer)), Some(nodes.1.clone()));
            status(session, response.status, "removed", sides);
        }
    }
    for response in &new.responses {
        if !old.responses.iter().any(|other| other.status == response.status) {
            let sides = (Some(nodes.0.clone()), Some(node(session.new, &response.pointer)));
            status(session, response.status, "added", sides);
        }
    }
}

fn status(session: &mut Session<'_>, status: Status, action: &str, (old, new): (Option<Node<'_>>, Option<Node<'_>>)) {
    let (id, effect) = match status {
        Status::Exactly(200..=299) | Status::Range(2) => (format!("response-success-status-{action}"), Effect::Neutral),
        Status::Default => (format!("response-default-status-{action}"), Effect::Neutral),
        _ => (format!("response-non-success-status-{action}"), Effect::Neutral),
    };
    let message = format!("the response {} was {action}", said(status));
    session.about(Part::Status, Some(said(status)), "", |session| {
        session.note_with(&id, effect, (old.as_ref(), new.as_ref()), "", message);
    });
}

fn said(status: Status) -> String {
    match status {
        Status::Exactly(status) => status.to_string(),
        Status::Range(digit) => format!("{digit}XX"),
        Status::Default => "default".to_owned(),
    }
}

fn described(session: &mut Session<'_>, old: &Response, new: &Response) {
    let nodes = (node(session.old, &old.pointer), node(session.new, &new.pointer));
    let status = said(new.status);
    let subject = format!("the body of the response {status}");
    session.about(Part::ResponseBody, Some(status.clone()), "", |session| {
        contents(session, &RESPONSE, &subject, (&old.content, &new.content), &nodes);
    });
    let find =
        |headers: &[Header], name: &str| headers.iter().position(|header| header.name.eq_ignore_ascii_case(name));
    for header in &old.headers {
        if let Some(index) = find(&new.headers, &header.name) {
            session.about(Part::ResponseHeader, Some(status.clone()), &header.name, |session| {
                headers(session, header, &new.headers[index], &status);
            });
            continue;
        }
        let id = if header.required { "required-response-header-removed" } else { "optional-response-header-removed" };
        let message = format!("the header `{}` of the response {status} is gone", header.name);
        let sides = (Some(&node(session.old, &header.pointer)), Some(&nodes.1));
        session.about(Part::ResponseHeader, Some(status.clone()), &header.name, |session| {
            session.note(id, sides, "", message);
        });
    }
    for header in new.headers.iter().filter(|header| find(&old.headers, &header.name).is_none()) {
        let message = format!("the header `{}` of the response {status} is new", header.name);
        let sides = (Some(&nodes.0), Some(&node(session.new, &header.pointer)));
        session.about(Part::ResponseHeader, Some(status.clone()), &header.name, |session| {
            session.note("response-header-added", sides, "", message);
        });
    }
}

fn headers(session: &mut Session<'_>, old: &Header, new: &Header, status: &str) {
    let nodes = (node(session.old, &old.pointer), node(session.new, &new.pointer));
    if session.unchanged.same(nodes.0.value(), nodes.1.value()) {
        return;
    }
    let subject = format!("the header `{}` of the response {status}", new.name);
    let mut note = |id: &str, key: &str, effect: Effect, phrase: &str| {
        let ((old, from), (new, to)) = (found(Some(&nodes.0), key), found(Some(&nodes.1), key));
        let (id, message) = (id.to_owned(), format!("{subject} {phrase}"));
        let (direction, field) = (Direction::Response, String::new());
        session.report(Seen { id, field, direction, effect, old, new, from, to, message });
    };
    match (old.required, new.required) {
        (true, false) => note("response-header-became-optional", "required", Effect::Widens, "became optional"),
        (false, true) => note("response-header-became-required", "required", Effect::Narrows, "became required"),
        _ => {}
    }
    let explode = |node: &Node<'_>| node.value().get("explode").and_then(Value::as_bool).unwrap_or(false);
    if explode(&nodes.0) != explode(&nodes.1) {
        note("response-header-explode-changed", "explode", Effect::Widens, "has its parts written otherwise");
    }
    let (Some(old), Some(new)) = (schema(session.old, &old.schema), schema(session.new, &new.schema)) else { return };
    let scope = Scope {
        direction: Direction::Response,
        whole: "response-header",
        property: "response-header-property",
        subject,
        as_text: true,
        parameter: None,
    };
    walk::compare(session, scope, &Pair { old, new });
}
