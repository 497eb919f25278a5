//! Examples of links and requests, made of the examples that the API document gives.

use serde_json::json;

use super::document::{Operation, Parameter, Place};
use super::parts::word;
use crate::edge::{BaseUrl, urls};

/// As `_links` has it.
pub(super) fn link(base: &BaseUrl, relation: &str, operation: &Operation) -> String {
    let link = json!({"_links": {relation: {"href": address(base, operation)}}});
    serde_json::to_string_pretty(&link).unwrap_or_default()
}

/// For a shell.
pub(super) fn command(base: &BaseUrl, operation: &Operation) -> String {
    let method = match operation.method.as_str() {
        "GET" => String::new(),
        method => format!(" --request {method}"),
    };
    let body = operation.body.as_ref().map_or_else(String::new, |body| {
        let example = word(body.example.as_deref().unwrap_or("{}"));
        format!(" --header 'Content-Type: {}' --data {example}", body.content_type)
    });
    format!("curl{method}{body} {}", word(&address(base, operation)))
}

fn address(base: &BaseUrl, operation: &Operation) -> String {
    let in_path = operation.parameters.iter().filter(|parameter| parameter.place == Place::Path);
    let path = in_path.fold(operation.path.to_owned(), |path, parameter| {
        let value = parameter.example.as_deref().unwrap_or_default();
        path.replace(&format!("{{{}}}", parameter.name), &urls::segment(value))
    });
    let query: Vec<String> = operation.parameters.iter().filter_map(in_query).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{path}{mark}{}", base.as_str(), query.join("&"))
}

fn in_query(parameter: &Parameter) -> Option<String> {
    let value = parameter.example.as_deref().filter(|_| parameter.place == Place::Query)?;
    Some(format!("{}={}", urls::segment(parameter.name), urls::segment(value)))
}
