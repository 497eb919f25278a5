//! What a document offers that nobody uses.

use std::collections::{BTreeMap, HashMap, HashSet};

use pactolus_domain::usage::{Element, Part, covers};
use serde::Serialize;

use crate::document::{Document, Node};
use crate::model::{Api, Content, Operation, Place, Response, Status};
use crate::pointer::Pointer;

/// Something that a document describes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offered {
    /// The operation's method in capitals.
    pub method: String,
    /// The operation's path, as the document writes it.
    pub path: String,
    /// The status, a range of them such as `4XX`, or `default`; `None` for what belongs to none.
    pub status: Option<String>,
    /// What kind of thing it is.
    pub part: Part,
    /// A name, or the way to a field with `*` for the items of a list. Empty for the whole.
    pub name: String,
    /// Where the document describes it.
    pub pointer: Pointer,
}

/// How deep fields are looked at: schemas that use each other unfold without end.
const DEEPEST: usize = 40;

/// All that none of the elements uses, in the document's order. Of what nobody uses as a whole, the parts are not listed.
/// Neither are the path's parameters and statuses of failures, which no consumer chooses.
#[must_use]
pub fn unused(document: &Document, used: &[Element]) -> Vec<Offered> {
    let api = Api::of(document);
    let by_operation = attributed(&api, used);
    let mut unused = Vec::new();
    for (index, operation) in api.operations.iter().enumerate() {
        let mut looking =
            Looking { document, operation, uses: Uses::of(by_operation.get(&index)), unused: &mut unused };
        looking.operation();
    }
    unused
}

/// The elements by the operation that they belong to: of several that stand for a path, the one with the fewest templates.
#[must_use]
pub fn attributed<'e>(api: &Api, used: &'e [Element]) -> HashMap<usize, Vec<&'e Element>> {
    let operations = Operations::of(api);
    let mut known: HashMap<(&str, &str), Option<usize>> = HashMap::new();
    let mut attributed: HashMap<usize, Vec<&Element>> = HashMap::new();
    for element in used {
        let key = (element.method.as_str(), element.path.as_str());
        let found = *known.entry(key).or_insert_with(|| operations.find(key.0, key.1));
        if let Some(index) = found {
            attributed.entry(index).or_default().push(element);
        }
    }
    attributed
}

/// Operations, found by what contracts call.
pub struct Operations {
    /// By method and number of segments: the path with what stands before it, and which operation it is.
    by_shape: HashMap<(String, usize), Vec<(String, usize)>>,
}

impl Operations {
    /// Those of a document.
    #[must_use]
    pub fn of(api: &Api) -> Self {
        let mut by_shape: HashMap<(String, usize), Vec<(String, usize)>> = HashMap::new();
        for (index, operation) in api.operations.iter().enumerate() {
            let bare = std::iter::once(String::new());
            let bases: HashSet<String> = bare.chain(operation.base_paths.iter().cloned()).collect();
            for base in bases {
                let path = format!("{}{}", base.trim_end_matches('/'), operation.path);
                let key = (operation.method.clone(), segments(&path));
                by_shape.entry(key).or_default().push((path, index));
            }
        }
        Self { by_shape }
    }

    /// The operation that a normalised path leads to.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<usize> {
        let alike = self.by_shape.get(&(method.to_owned(), segments(path)))?;
        let fitting = alike.iter().filter(|(template, _)| covers(template, path));
        fitting.min_by_key(|(template, _)| template.matches('{').count()).map(|(_, index)| *index)
    }
}

fn segments(path: &str) -> usize {
    path.trim_end_matches('/').split('/').count()
}

/// What is used of one operation.
struct Uses<'e> {
    any: bool,
    statuses: HashSet<u16>,
    /// Names by part and status.
    names: BTreeMap<(Part, u16), HashSet<&'e str>>,
}

impl<'e> Uses<'e> {
    fn of(elements: Option<&Vec<&'e Element>>) -> Self {
        let (mut statuses, mut names) = (HashSet::new(), BTreeMap::<_, HashSet<&str>>::new());
        for element in elements.into_iter().flatten() {
            if element.part == Part::Status {
                statuses.insert(element.status);
            }
            names.entry((element.part, element.status)).or_default().insert(element.name.as_str());
        }
        Self { any: elements.is_some(), statuses, names }
    }

    fn has(&self, part: Part, status: u16, name: &str) -> bool {
        self.names.get(&(part, status)).is_some_and(|names| names.contains(name))
    }
}

struct Looking<'l, 'd, 'e> {
    document: &'d Document,
    operation: &'l Operation,
    uses: Uses<'e>,
    unused: &'l mut Vec<Offered>,
}

impl<'d> Looking<'_, 'd, '_> {
    fn operation(&mut self) {
        if !self.uses.any {
            return self.add(Part::Operation, None, "", &self.operation.pointer);
        }
        for parameter in &self.operation.parameters {
            let (part, name) = match parameter.place {
                Place::Query => (Part::Query, parameter.name.clone()),
                Place::Header => (Part::RequestHeader, parameter.name.to_ascii_lowercase()),
                Place::Path | Place::QueryString | Place::Cookie | Place::Form => continue,
            };
            if !self.uses.has(part, 0, &name) {
                self.add(part, None, &parameter.name, &parameter.pointer);
            }
        }
        if let Some(body) = &self.operation.body {
            self.body(Part::RequestBody, None, &[0], &body.content, &body.pointer);
        }
        for response in &self.operation.responses {
            self.response(response);
        }
    }

    fn response(&mut self, response: &Response) {
        // Those that this response stands for: not those that have one of their own.
        let of_response = |status: &u16| self.operation.response(*status).is_some_and(|other| other == response);
        let statuses: Vec<u16> = self.uses.statuses.iter().copied().filter(of_response).collect();
        let said = said(response.status);
        let is_success = matches!(response.status, Status::Exactly(200..=299) | Status::Range(2));
        if statuses.is_empty() {
            if is_success {
                self.add(Part::Status, Some(&said), "", &response.pointer);
            }
            return;
        }
        for header in &response.headers {
            let name = header.name.to_ascii_lowercase();
            if !statuses.iter().any(|status| self.uses.has(Part::ResponseHeader, *status, &name)) {
                self.add(Part::ResponseHeader, Some(&said), &header.name, &header.pointer);
            }
        }
        self.body(Part::ResponseBody, Some(&said), &statuses, &response.content, &response.pointer);
    }

    fn body(&mut self, part: Part, status: Option<&str>, statuses: &[u16], content: &Content, pointer: &Pointer) {
        let schemas = content.media.iter().filter_map(|media| media.schema.as_ref()).chain(&content.any);
        let schemas: Vec<Node<'d>> = schemas.filter_map(|schema| self.document.node(schema)).collect();
        if schemas.is_empty() {
            return;
        }
        if !statuses.iter().any(|status| self.uses.has(part, *status, "")) {
            return self.add(part, status, "", pointer);
        }
        let mut fields = Fields { looking: self, part, status, statuses, seen: HashSet::new(), within: Vec::new() };
        for schema in schemas {
            fields.schema(&schema, &Pointer::root());
        }
    }

    fn add(&mut self, part: Part, status: Option<&str>, name: &str, pointer: &Pointer) {
        self.unused.push(Offered {
            method: self.operation.method.clone(),
            path: self.operation.path.clone(),
            status: status.map(str::to_owned),
            part,
            name: name.to_owned(),
            pointer: pointer.clone(),
        });
    }
}

/// The status as documents write it.
#[must_use]
pub fn said(status: Status) -> String {
    match status {
        Status::Exactly(status) => status.to_string(),
        Status::Range(digit) => format!("{digit}XX"),
        Status::Default => "default".to_owned(),
    }
}

/// The fields of one body.
struct Fields<'f, 'l, 'd, 'e> {
    looking: &'f mut Looking<'l, 'd, 'e>,
    part: Part,
    status: Option<&'f str>,
    statuses: &'f [u16],
    /// Fields that were looked at: several schemas may describe one.
    seen: HashSet<String>,
    /// Schemas that are being looked at, each with the field that it describes: one that describes itself ends there.
    within: Vec<(Pointer, Pointer)>,
}

/// Keywords whose schemas are about the same value.
const ASIDE: [&str; 7] = ["allOf", "anyOf", "oneOf", "if", "then", "else", "$ref"];

impl<'d> Fields<'_, '_, 'd, '_> {
    fn schema(&mut self, schema: &Node<'d>, field: &Pointer) {
        let Ok(resolved) = schema.resolved() else { return };
        let here = (resolved.pointer().clone(), field.clone());
        if self.within.len() > DEEPEST || self.within.contains(&here) {
            return;
        }
        self.within.push(here);
        for (name, property) in resolved.member("properties").iter().flat_map(Node::members) {
            self.field(&property, &field.child(name));
        }
        for keyword in ["additionalProperties", "items"] {
            if let Some(any) = resolved.member(keyword).filter(|any| any.value().is_object()) {
                self.below(&any, &field.child("*"));
            }
        }
        for item in resolved.member("prefixItems").iter().flat_map(Node::items) {
            self.below(&item, &field.child("*"));
        }
        for keyword in ASIDE {
            if let Some(aside) = resolved.member(keyword) {
                if aside.value().is_array() {
                    aside.items().for_each(|one| self.schema(&one, field));
                } else if aside.value().is_object() {
                    self.schema(&aside, field);
                }
            }
        }
        self.within.pop();
    }

    fn uses(&self, field: &Pointer) -> bool {
        self.statuses.iter().any(|status| self.looking.uses.has(self.part, *status, field.as_str()))
    }

    /// Items and members of any name: nobody is expected to know that there are some.
    fn below(&mut self, schema: &Node<'d>, field: &Pointer) {
        if self.uses(field) {
            self.schema(schema, field);
        }
    }

    fn field(&mut self, property: &Node<'d>, field: &Pointer) {
        if self.uses(field) {
            self.schema(property, field);
        } else if self.seen.insert(field.to_string()) {
            let pointer = property.pointer().clone();
            self.looking.add(self.part, self.status, field.as_str(), &pointer);
        }
    }
}

#[cfg(test)]
mod tests;
