//! Reads interactions and messages of all versions of the specification. What bends it is read as far as it goes.

use super::bodies::{self, Maps};
use super::path::normalised;
use super::{LONGEST, LONGEST_METHOD, MESSAGE, Of, Part, Used, shortened};
use crate::json::Json;

pub(super) fn document(document: &Json<'_>, used: &mut Used) {
    for interaction in document.list("interactions") {
        match interaction.get("type").and_then(Json::as_str).map(str::to_ascii_lowercase).as_deref() {
            Some("asynchronous/messages") => message(interaction, used),
            Some("synchronous/messages") => answered(interaction, used),
            _ if interaction.get("request").is_some() => exchange(interaction, used),
            _ => {}
        }
    }
    for written in document.list("messages") {
        message(written, used);
    }
}

fn exchange(interaction: &Json<'_>, used: &mut Used) {
    let Some(request) = interaction.get("request") else { return };
    let method = text(request, "method").unwrap_or("GET").to_ascii_uppercase();
    let path = normalised(text(request, "path").unwrap_or("/"), told(request));
    let (method, path) = (shortened(&method, LONGEST_METHOD), path);
    let of = Of { method: &method, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    query(request.get("query"), of, used);
    headers(request.get("headers"), of, Part::RequestHeader, used);
    body(request, of, Part::RequestBody, used);

    let Some(response) = interaction.get("response") else { return };
    let status = response.get("status").and_then(number).unwrap_or(200);
    let of = Of { status, ..of };
    used.add(of, Part::Status, "");
    headers(response.get("headers"), of, Part::ResponseHeader, used);
    body(response, of, Part::ResponseBody, used);
}

fn text<'j>(object: &'j Json<'_>, key: &str) -> Option<&'j str> {
    object.get(key).and_then(Json::as_str)
}

/// Some libraries write statuses as text.
fn number(value: &Json<'_>) -> Option<u16> {
    match value {
        Json::Number(text) => text.parse().ok(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What tells which segments of the path vary: a pattern, or the expression of a generator.
fn told<'j>(request: &'j Json<'_>) -> Option<&'j str> {
    let rules = request.get("matchingRules");
    let of_two = rules.and_then(|rules| rules.get("$.path"));
    let of_three = rules.and_then(|rules| rules.get("path")).and_then(|path| path.list("matchers").first());
    let pattern = of_three.or(of_two).and_then(|rule| text(rule, "regex"));
    let generator = request.get("generators").and_then(|generators| generators.get("path"));
    generator.and_then(|generator| text(generator, "expression")).or(pattern)
}

fn query(query: Option<&Json<'_>>, of: Of<'_>, used: &mut Used) {
    match query {
        Some(Json::String(text)) => {
            for (name, _) in form_urlencoded::parse(text.as_bytes()) {
                used.add(of, Part::Query, &name);
            }
        }
        Some(Json::Object(members)) => members.iter().for_each(|(name, _)| used.add(of, Part::Query, name)),
        _ => {}
    }
}

fn headers(headers: Option<&Json<'_>>, of: Of<'_>, part: Part, used: &mut Used) {
    if let Some(Json::Object(members)) = headers {
        for (name, _) in members {
            used.add(of, part, &name.to_ascii_lowercase());
        }
    }
}

/// The body of a request or response. Version 4 wraps it.
fn body(side: &Json<'_>, of: Of<'_>, part: Part, used: &mut Used) {
    let Some(body) = side.get("body") else { return };
    let rules = side.get("matchingRules");
    let grouped = rules.and_then(|rules| rules.get("body"));
    let maps = match grouped {
        Some(rules) => Maps::of(Some(rules), &[]),
        None => Maps::of(rules, &["body"]),
    };
    contents(body, of, part, &maps, used);
}

fn contents(body: &Json<'_>, of: Of<'_>, part: Part, maps: &Maps, used: &mut Used) {
    let wrapped = body.get("content").filter(|_| is_wrapping(body));
    let Some(content) = wrapped else { return bodies::add(used, of, part, body, maps) };
    let encoded = body.get("encoded").filter(|encoded| encoded.is_truthy());
    match (encoded.and_then(Json::as_str), content) {
        (Some(encoding), Json::String(text)) if encoding.eq_ignore_ascii_case("json") => match Json::parse(text) {
            Ok(decoded) => bodies::add(used, of, part, &decoded, maps),
            Err(_) => used.add(of, part, ""),
        },
        // What is inside cannot be seen.
        (Some(_), _) => used.add(of, part, ""),
        (None, content) => bodies::add(used, of, part, content, maps),
    }
}

/// Whether a body is the wrapping that version 4 has for bodies: the rest of what has a `content` has other members, too.
fn is_wrapping(body: &Json<'_>) -> bool {
    let Json::Object(members) = body else { return false };
    let own = ["content", "contentType", "contentTypeHint", "encoded"];
    members.len() > 1 && members.iter().all(|(name, _)| own.contains(&name.as_ref()))
}

/// The operation of a message, or what it is called.
fn path(interaction: &Json<'_>) -> String {
    let references = interaction.get("comments").and_then(|comments| comments.get("references"));
    let operation = references.and_then(|references| references.get("AsyncAPI"));
    let operation = operation.and_then(|operation| text(operation, "operationId"));
    shortened(operation.or_else(|| text(interaction, "description")).unwrap_or_default(), LONGEST)
}

fn message(written: &Json<'_>, used: &mut Used) {
    let path = path(written);
    let of = Of { method: MESSAGE, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    message_parts(written, of, Part::Payload, used);
}

fn answered(interaction: &Json<'_>, used: &mut Used) {
    let path = path(interaction);
    let of = Of { method: MESSAGE, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    if let Some(request) = interaction.get("request") {
        message_parts(request, of, Part::RequestBody, used);
    }
    let responses = match interaction.get("response") {
        Some(Json::Array(responses)) => responses.as_slice(),
        Some(response) => std::slice::from_ref(response),
        None => &[],
    };
    for response in responses {
        message_parts(response, of, Part::ResponseBody, used);
    }
}

fn message_parts(written: &Json<'_>, of: Of<'_>, part: Part, used: &mut Used) {
    let metadata = written.get("metadata").or_else(|| written.get("metaData"));
    headers(metadata, of, Part::Metadata, used);
    let Some(payload) = written.get("contents") else { return };
    let rules = written.get("matchingRules");
    let grouped = rules.and_then(|rules| rules.get("body").or_else(|| rules.get("content")));
    let maps = match grouped {
        Some(rules) => Maps::of(Some(rules), &[]),
        None => Maps::of(rules, &["body"]),
    };
    contents(payload, of, part, &maps, used);
}
