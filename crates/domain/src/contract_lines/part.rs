//! A request, an answer, a message: what stands beside its body.

use super::body::{self, Source};
use super::rules::{Rules, Subject};
use super::{Field, FieldKind, Part, PartKind};
use crate::contract_diff::interaction::plain;
use crate::json::Json;

/// How parts are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) is_version_4: bool,
}

impl Form {
    pub(super) fn part(self, kind: PartKind, written: &Json<'_>) -> Part {
        let rules = Rules::of(written);
        let of = |key: &str| written.get(key).filter(|value| **value != Json::Null);
        let mut fields = Vec::new();
        match kind {
            PartKind::Request | PartKind::Response => {
                fields.extend(query(of("query"), &rules));
                fields.extend(named(of("headers"), FieldKind::Header, &rules));
            }
            PartKind::Message | PartKind::Reply => {
                fields.extend(named(of("metadata").or_else(|| of("metaData")), FieldKind::Metadata, &rules));
            }
        }
        let path = of("path").filter(|_| kind == PartKind::Request);
        let status = of("status").filter(|_| kind == PartKind::Response);
        let content_type = fields.iter().find(|field| is_content_type(&field.name)).map(|field| field.value.clone());
        let key = if matches!(kind, PartKind::Message | PartKind::Reply) { "contents" } else { "body" };
        let source = Source { written: written.get(key), content_type, is_version_4: self.is_version_4 };
        let body = body::of(source, &rules);
        Part {
            kind,
            method: (kind == PartKind::Request).then(|| of("method").map_or_else(|| "GET".to_owned(), plain)),
            path: path.map(plain),
            path_rule: path.and_then(|path| rules.whole(Subject::Path, path)),
            status: status.map(plain),
            status_rule: status.and_then(|status| rules.whole(Subject::Status, status)),
            fields,
            body,
            unbound: rules.unbound(),
        }
    }

    /// A message with its answers.
    pub(super) fn call(self, element: &Json<'_>) -> Vec<Part> {
        let request = self.part(PartKind::Message, element.get("request").unwrap_or(&Json::Null));
        let answers = element.list("response").iter().map(|answer| self.part(PartKind::Reply, answer));
        std::iter::once(request).chain(answers).collect()
    }
}

fn is_content_type(name: &str) -> bool {
    ["content-type", "contenttype"].contains(&name.to_ascii_lowercase().as_str())
}

/// Text, or values by name.
fn query(written: Option<&Json<'_>>, rules: &Rules<'_, '_>) -> Vec<Field> {
    let Some(Json::String(text)) = written else { return named(written, FieldKind::Query, rules) };
    let pairs = form_urlencoded::parse(text.trim_start_matches('?').as_bytes());
    let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let rule = rules.field(Subject::Query, &name, &Json::String(value.as_ref().into()));
        Field { kind: FieldKind::Query, name: name.into_owned(), value: value.into_owned(), rule }
    };
    pairs.map(field).collect()
}

fn named(written: Option<&Json<'_>>, kind: FieldKind, rules: &Rules<'_, '_>) -> Vec<Field> {
    let subject = match kind {
        FieldKind::Query => Subject::Query,
        FieldKind::Header => Subject::Header,
        FieldKind::Metadata => Subject::Metadata,
    };
    let Some(Json::Object(members)) = written else { return Vec::new() };
    let field = |(name, value): &(std::borrow::Cow<'_, str>, Json<'_>)| {
        let example = value.as_array().and_then(<[_]>::first).unwrap_or(value);
        let rule = rules.field(subject, name, example);
        Field { kind, name: name.clone().into_owned(), value: joined(value), rule }
    };
    members.iter().map(field).collect()
}

fn joined(value: &Json<'_>) -> String {
    match value.as_array() {
        Some(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        None => plain(value),
    }
}
