//! The parameters of an operation.

use std::collections::HashMap;

use super::checks::{Direction, Effect};
use super::endpoint::{Endpoint, Side};
use super::lifecycle::{self, Sunset};
use super::scope::{ParameterScope, Scope};
use super::session::Session;
use super::walk::{self, Pair};
use crate::document::{Document, Node};
use crate::model::{Parameter, Place, Schema};
use crate::pointer::Pointer;
use pactolus_domain::usage::Part;

pub(super) fn compare(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    let (old, new) = (endpoint.old.operation, endpoint.new.operation);
    let renamed = renamed(&old.path, &new.path);
    let name_now = |parameter: &Parameter| match parameter.place {
        Place::Path => renamed.get(parameter.name.as_str()).copied().unwrap_or(&parameter.name).to_owned(),
        _ => parameter.name.clone(),
    };
    for parameter in &old.parameters {
        let name = name_now(parameter);
        let counterpart = new
            .parameters
            .iter()
            .find(|other| is_same(other, parameter.place, &name))
            .or_else(|| new.parameters.iter().find(|other| is_same(other, parameter.place, &parameter.name)));
        about(session, parameter, |session| match counterpart {
            Some(counterpart) => both(session, parameter, counterpart),
            None => removed(session, parameter, &endpoint.new.node),
        });
    }
    for parameter in &new.parameters {
        let known = |other: &Parameter| {
            is_same(parameter, other.place, &name_now(other)) || is_same(parameter, other.place, &other.name)
        };
        if !old.parameters.iter().any(known) {
            about(session, parameter, |session| added(session, parameter, endpoint));
        }
    }
}

fn about(session: &mut Session<'_>, parameter: &Parameter, compare: impl FnOnce(&mut Session<'_>)) {
    let part = match parameter.place {
        Place::Query => Part::Query,
        Place::Header => Part::RequestHeader,
        // Every request has a path, and what else there is nobody tells apart.
        Place::Path | Place::QueryString | Place::Cookie => Part::Operation,
        Place::Form => Part::RequestBody,
    };
    let name = if part == Part::Operation { "" } else { &parameter.name };
    session.about(part, None, name, compare);
}

/// The names of path parameters in the new document by those in the old one: the place in the path counts.
fn renamed<'p>(old: &'p str, new: &'p str) -> HashMap<&'p str, &'p str> {
    names(old).into_iter().zip(names(new)).collect()
}

fn names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn is_same(parameter: &Parameter, place: Place, name: &str) -> bool {
    parameter.place == place
        && match place {
            Place::Header => parameter.name.eq_ignore_ascii_case(name),
            _ => parameter.name == name,
        }
}

fn title(parameter: &Parameter) -> String {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::QueryString => "querystring",
        Place::Header => "header",
        Place::Cookie => "cookie",
        Place::Form => "form",
    };
    format!("the {place} parameter `{}`", parameter.name)
}

fn node_of<'d>(document: &'d Document, pointer: &Pointer) -> Node<'d> {
    document.node(pointer).unwrap_or_else(|| document.root())
}

fn removed(session: &mut Session<'_>, parameter: &Parameter, operation: &Node<'_>) {
    let (node, title) = (node_of(session.old, &parameter.pointer), title(parameter));
    let (id, message) = match (node.flag("deprecated"), Sunset::of(&node)) {
        (false, _) => ("request-parameter-removed", format!("{title} is gone")),
        (true, Sunset::Invalid) => {
            ("request-parameter-sunset-parse", format!("{title} is gone, its sunset was no date"))
        }
        (true, Sunset::On(day)) if day > session.today => {
            ("request-parameter-removed-before-sunset", format!("{title} is gone before its sunset on {day}"))
        }
        (true, Sunset::On(_)) => return,
        (true, Sunset::Absent) => {
            ("request-parameter-removed-with-deprecation", format!("{title} is gone, it was deprecated"))
        }
    };
    session.note(id, (Some(&node), Some(operation)), "", message);
}

fn added(session: &mut Session<'_>, parameter: &Parameter, endpoint: &Endpoint<'_, '_>) {
    let node = node_of(session.new, &parameter.pointer);
    let whole_path = !is_own(&endpoint.new, parameter);
    let id = match (parameter.place, parameter.required, whole_path) {
        (Place::Path, ..) => "new-request-path-parameter",
        (_, true, true) => "new-required-request-default-parameter-to-existing-path",
        (_, false, true) => "new-optional-request-default-parameter-to-existing-path",
        (_, true, false) => "new-required-request-parameter",
        (_, false, false) => "new-optional-request-parameter",
    };
    let required = if parameter.required { "required" } else { "optional" };
    let message = format!("{} is new and {required}", title(parameter));
    session.note(id, (Some(&endpoint.old.node), Some(&node)), "", message);
}

/// Whether the operation itself describes a parameter, and not its path.
fn is_own(side: &Side<'_, '_>, parameter: &Parameter) -> bool {
    let own = side.node.member("parameters");
    own.iter()
        .flat_map(Node::items)
        .filter_map(|node| node.resolved().ok())
        .any(|node| *node.pointer() == parameter.pointer)
}

fn both(session: &mut Session<'_>, old: &Parameter, new: &Parameter) {
    let nodes = (node_of(session.old, &old.pointer), node_of(session.new, &new.pointer));
    if session.unchanged.same(nodes.0.value(), nodes.1.value()) && old.required == new.required {
        return;
    }
    let (title, sides) = (title(new), (Some(&nodes.0), Some(&nodes.1)));
    match (old.required, new.required) {
        (false, true) => {
            session.note("request-parameter-became-required", sides, "required", format!("{title} became required"));
        }
        (true, false) => {
            session.note("request-parameter-became-optional", sides, "required", format!("{title} became optional"));
        }
        _ => {}
    }
    lifecycle::compare(session, &lifecycle::PARAMETER, &nodes.0, &nodes.1, &title);
    written(session, old, new, &nodes, &title);
    let Some((whole, property, pair)) = schemas(session, old, new) else { return };
    let (style, explode) = writing(new);
    let parameter = ParameterScope {
        header: new.place == Place::Header,
        required: new.required,
        repeats: style == "form" && explode,
    };
    let scope = Scope {
        direction: Direction::Request,
        whole,
        property,
        subject: title,
        as_text: new.content.is_none(),
        parameter: Some(parameter),
    };
    walk::compare(session, scope, &pair);
}

/// The schemas to compare, and what their checks are called; nothing if one is described by content and one is not.
fn schemas<'d>(
    session: &Session<'d>,
    old: &Parameter,
    new: &Parameter,
) -> Option<(&'static str, &'static str, Pair<'d>)> {
    if let (Some(old), Some(new)) = (&old.content, &new.content) {
        let pair = Pair { old: session.old.node(old.schema.as_ref()?)?, new: session.new.node(new.schema.as_ref()?)? };
        return Some(("request-parameter-content", "request-parameter-content-property", pair));
    }
    let pair = Pair { old: schema(session.old, &old.schema)?, new: schema(session.new, &new.schema)? };
    Some(("request-parameter", "request-parameter-property", pair))
}

/// The node of a schema, which may be the parameter or header itself.
pub(super) fn schema<'d>(document: &'d Document, schema: &Schema) -> Option<Node<'d>> {
    match schema {
        Schema::At(pointer) | Schema::Within(pointer) => document.node(pointer),
        Schema::Open => None,
    }
}

/// How lists and objects are written: the style, and whether their parts are written apart.
fn writing(parameter: &Parameter) -> (String, bool) {
    let style = parameter.style.clone().unwrap_or_else(|| match (parameter.place, &parameter.collection_format) {
        (_, Some(format)) => format.clone(),
        (Place::Path | Place::Header, _) => "simple".to_owned(),
        _ => "form".to_owned(),
    });
    let explode = parameter.explode.unwrap_or(style == "form");
    (style, explode)
}

/// What only existing requests show: how a value is written, and whether it may be empty.
fn written(session: &mut Session<'_>, old: &Parameter, new: &Parameter, nodes: &(Node<'_>, Node<'_>), title: &str) {
    let sides = (Some(&nodes.0), Some(&nodes.1));
    let (before, after) = (writing(old), writing(new));
    if before.0 != after.0 {
        let message = format!("{title} is written in the style {} instead of {}", after.0, before.0);
        session.note_with("request-parameter-style-changed", Effect::Narrows, sides, "style", message);
    } else if before.1 != after.1 {
        let message = format!("{title} has its parts written {}", if after.1 { "apart" } else { "together" });
        session.note_with("request-parameter-explode-changed", Effect::Narrows, sides, "explode", message);
    }
    let key = "allowEmptyValue";
    match (nodes.0.flag(key), nodes.1.flag(key)) {
        (true, false) => {
            let message = format!("{title} may no longer be empty");
            session.note_with("request-parameter-allow-empty-value-removed", Effect::Narrows, sides, key, message);
        }
        (false, true) => {
            let message = format!("{title} may now be empty");
            session.note_with("request-parameter-allow-empty-value-added", Effect::Widens, sides, key, message);
        }
        _ => {}
    }
}
