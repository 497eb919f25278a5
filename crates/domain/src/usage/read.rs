//! Reads interactions and messages of all versions of the specification. What bends it is read as far as it goes.

use super::bodies::{self, Maps};
use super::path::normalised;
use super::{LONGEST, LONGEST_METHOD, MESSAGE, Of, Part, Used, shortened};
use crate::json::Json;

pub(super) fn document(document: &Json<'_>, used: &mut Used) {
    let wrapping = if major_version(document) >= 4 { Wrapping::Wrapped } else { Wrapping::Bare };
    for interaction in document.list("interactions") {
        match interaction.get("type").and_then(Json::as_str).map(str::to_ascii_lowercase).as_deref() {
            Some("asynchronous/messages") => message(interaction, Wrapping::Wrapped, used),
            Some("synchronous/messages") => answered(interaction, used),
            _ if interaction.get("request").is_some() => exchange(interaction, wrapping, used),
            _ => {}
        }
    }
    for written in document.list("messages") {
        message(written, Wrapping::Bare, used);
    }
}

/// How bodies are written: version 4 says beside them of which type they are, and how they are encoded.
#[derive(Clone, Copy)]
enum Wrapping {
    Bare,
    Wrapped,
}

/// The major version of the specification, wherever the libraries of the time wrote it. Without one it is the first.
fn major_version(document: &Json<'_>) -> u32 {
    let metadata = document.get("metadata");
    let within = |key| metadata.and_then(|metadata| metadata.get(key));
    let places = [
        within("pactSpecification").and_then(|written| written.get("version")),
        within("pactSpecificationVersion"),
        within("pact-specification").and_then(|written| written.get("version")),
    ];
    let written = places.into_iter().flatten().find_map(|place| match place {
        Json::Number(text) => Some(text.to_string()),
        Json::String(text) => Some(text.to_string()),
        _ => None,
    });
    let major = written.as_deref().and_then(|version| version.split('.').next());
    major.and_then(|major| major.parse().ok()).unwrap_or(1)
}

fn exchange(interaction: &Json<'_>, wrapping: Wrapping, used: &mut Used) {
    let Some(request) = interaction.get("request") else { return };
    let method = text(request, "method").unwrap_or("GET").to_ascii_uppercase();
    let path = normalised(text(request, "path").unwrap_or("/"), told(request));
    let (method, path) = (shortened(&method, LONGEST_METHOD), path);
    let of = Of { method: &method, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    query(request.get("query"), of, used);
    headers(request.get("headers"), of, Part::RequestHeader, used);
    body(request, of, Part::RequestBody, wrapping, used);

    let Some(response) = interaction.get("response") else { return };
    let status = response.get("status").and_then(number).unwrap_or(200);
    let of = Of { status, ..of };
    used.add(of, Part::Status, "");
    headers(response.get("headers"), of, Part::ResponseHeader, used);
    body(response, of, Part::ResponseBody, wrapping, used);
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

/// The body of a request or response.
fn body(side: &Json<'_>, of: Of<'_>, part: Part, wrapping: Wrapping, used: &mut Used) {
    let Some(body) = side.get("body") else { return };
    let rules = side.get("matchingRules");
    let grouped = rules.and_then(|rules| rules.get("body"));
    let maps = match grouped {
        Some(rules) => Maps::of(Some(rules), &[]),
        None => Maps::of(rules, &["body"]),
    };
    contents(body, of, (part, wrapping), &maps, used);
}

fn contents(body: &Json<'_>, of: Of<'_>, (part, wrapping): (Part, Wrapping), maps: &Maps, used: &mut Used) {
    let (Wrapping::Wrapped, Json::Object(_)) = (wrapping, body) else { return bodies::add(used, of, part, body, maps) };
    let Some(content) = body.get("content") else { return used.add(of, part, "") };
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

/// The operation of a message, or what it is called.
fn path(interaction: &Json<'_>) -> String {
    let references = interaction.get("comments").and_then(|comments| comments.get("references"));
    let operation = references.and_then(|references| references.get("AsyncAPI"));
    let operation = operation.and_then(|operation| text(operation, "operationId"));
    shortened(operation.or_else(|| text(interaction, "description")).unwrap_or_default(), LONGEST)
}

fn message(written: &Json<'_>, wrapping: Wrapping, used: &mut Used) {
    let path = path(written);
    let of = Of { method: MESSAGE, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    message_parts(written, of, (Part::Payload, wrapping), used);
}

fn answered(interaction: &Json<'_>, used: &mut Used) {
    let path = path(interaction);
    let of = Of { method: MESSAGE, path: &path, status: 0 };
    used.add(of, Part::Operation, "");
    if let Some(request) = interaction.get("request") {
        message_parts(request, of, (Part::RequestBody, Wrapping::Wrapped), used);
    }
    let responses = match interaction.get("response") {
        Some(Json::Array(responses)) => responses.as_slice(),
        Some(response) => std::slice::from_ref(response),
        None => &[],
    };
    for response in responses {
        message_parts(response, of, (Part::ResponseBody, Wrapping::Wrapped), used);
    }
}

fn message_parts(written: &Json<'_>, of: Of<'_>, body: (Part, Wrapping), used: &mut Used) {
    let metadata = written.get("metadata").or_else(|| written.get("metaData"));
    headers(metadata, of, Part::Metadata, used);
    let Some(payload) = written.get("contents") else { return };
    let rules = written.get("matchingRules");
    let grouped = rules.and_then(|rules| rules.get("body").or_else(|| rules.get("content")));
    let maps = match grouped {
        Some(rules) => Maps::of(Some(rules), &[]),
        None => Maps::of(rules, &["body"]),
    };
    contents(payload, of, body, &maps, used);
}
