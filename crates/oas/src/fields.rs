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

/// How many fields are looked at in one document. Documents in public use take a hundredth of it.
const MAX_STEPS: usize = 1_000_000;

/// All that none of the elements uses, in the document's order. Of what nobody uses as a whole, the parts are not listed.
/// Neither are the path's parameters and statuses of failures, which no consumer chooses, nor the fields of a body of which
/// nobody can tell what a consumer reads in it. Of schemas that are too entangled, not all is listed.
#[must_use]
pub fn unused(document: &Document, used: &[Element]) -> Vec<Offered> {
    let api = Api::of(document);
    let by_operation = attributed(&api, used);
    let (mut unused, mut steps) = (Vec::new(), 0);
    for (index, operation) in api.operations.iter().enumerate() {
        let ways = Uses::of(by_operation.get(&index));
        let mut looking = Looking { document, operation, uses: &ways, unused: &mut unused, steps: &mut steps };
        looking.operation();
    }
    unused
}

/// The elements by the operations that they belong to, see [`Operations::list`].
#[must_use]
pub fn attributed<'e>(api: &Api, used: &'e [Element]) -> HashMap<usize, Vec<&'e Element>> {
    let operations = Operations::of(api);
    let mut known: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut attributed: HashMap<usize, Vec<&Element>> = HashMap::new();
    for element in used {
        let key = (element.method.as_str(), element.path.as_str());
        for index in known.entry(key).or_insert_with(|| operations.list(key.0, key.1)) {
            attributed.entry(*index).or_default().push(element);
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

    /// The operation that a path leads to: of several that stand for it, the first with the fewest templates.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<usize> {
        let alike = self.by_shape.get(&(method.to_owned(), segments(path)))?;
        let fitting = alike.iter().filter(|(template, _)| covers(template, path));
        fitting.min_by_key(|(template, _)| template.matches('{').count()).map(|(_, index)| *index)
    }

    /// The operations that a normalised path may lead to: of those that stand for it, the ones with the fewest templates
    /// where the path names a segment. Where it does not, a template and an id that is written out may both be meant.
    #[must_use]
    pub fn list(&self, method: &str, path: &str) -> Vec<usize> {
        let Some(alike) = self.by_shape.get(&(method.to_owned(), segments(path))) else { return Vec::new() };
        let fitting = alike.iter().filter(|(template, _)| covers(template, path));
        let ranked: Vec<(usize, usize)> =
            fitting.map(|(template, index)| (templates(template, path), *index)).collect();
        let best = ranked.iter().map(|(rank, _)| *rank).min();
        let mut found: Vec<usize> =
            ranked.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, index)| index).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// In how many segments a document's path has a template where the normalised path has a name.
fn templates(template: &str, path: &str) -> usize {
    let both = template.split('/').zip(path.split('/'));
    both.filter(|(template, segment)| template.contains('{') && !segment.starts_with("{}")).count()
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
    /// Of the bodies that are used, what is used in them, by part and status.
    bodies: BTreeMap<(Part, u16), Ways<'e>>,
}

/// Ways to fields, step by step.
#[derive(Default)]
struct Ways<'e>(HashMap<&'e str, Ways<'e>>);

impl<'e> Uses<'e> {
    fn of(elements: Option<&Vec<&'e Element>>) -> Self {
        let mut uses =
            Self { any: elements.is_some(), statuses: HashSet::new(), names: BTreeMap::new(), bodies: BTreeMap::new() };
        for element in elements.into_iter().flatten() {
            uses.add(element);
        }
        uses
    }

    fn add(&mut self, element: &'e Element) {
        let (key, name) = ((element.part, element.status), element.name.as_str());
        if element.part == Part::Status {
            self.statuses.insert(element.status);
        }
        if element.part.has_fields() {
            let body = self.bodies.entry(key).or_default();
            name.split('/').skip(1).fold(body, |ways, step| ways.0.entry(step).or_default());
            return;
        }
        let names = self.names.entry(key).or_default();
        names.insert(name);
        // Of a parameter that is a list or an object: `ids[]`, `filter[colour]`.
        if let (Part::Query, Some((parameter, _))) = (element.part, name.split_once('[')) {
            names.insert(parameter);
        }
    }

    fn has(&self, part: Part, status: u16, name: &str) -> bool {
        self.names.get(&(part, status)).is_some_and(|names| names.contains(name))
    }
}

/// What is used below one step. `*` stands for all steps on either side.
fn below<'w, 'e>(used: &[&'w Ways<'e>], step: &str) -> Vec<&'w Ways<'e>> {
    let mut below = Vec::new();
    for ways in used {
        if step == "*" {
            below.extend(ways.0.values());
        } else {
            below.extend([step, "*"].into_iter().filter_map(|step| ways.0.get(step)));
        }
    }
    below
}

struct Looking<'l, 'd, 'e> {
    document: &'d Document,
    operation: &'l Operation,
    uses: &'l Uses<'e>,
    unused: &'l mut Vec<Offered>,
    /// How many fields were looked at so far.
    steps: &'l mut usize,
}

impl<'l, 'd> Looking<'l, 'd, '_> {
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
        let uses: &'l Uses<'_> = self.uses;
        let known: Vec<&Ways<'_>> = statuses.iter().filter_map(|status| uses.bodies.get(&(part, *status))).collect();
        if known.is_empty() {
            return self.add(part, status, "", pointer);
        }
        // A form, XML, or what is encoded: nobody can tell what of it is used.
        if known.iter().any(|ways| ways.0.is_empty()) {
            return;
        }
        let mut fields = Fields { looking: self, part, status, listed: HashSet::new(), seen: HashSet::new(), depth: 0 };
        for schema in schemas {
            fields.schema(&schema, &Pointer::root(), &known);
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
    /// Fields that were listed: several schemas may describe one.
    listed: HashSet<String>,
    /// Schemas that were looked at, each with the field that it describes: what they lead to is known by then.
    seen: HashSet<(Pointer, Pointer)>,
    depth: usize,
}

/// Keywords whose schemas are about the same value.
const ASIDE: [&str; 7] = ["allOf", "anyOf", "oneOf", "if", "then", "else", "$ref"];

impl<'d> Fields<'_, '_, 'd, '_> {
    /// Looks at a schema that describes a field. `used` is what is used below that.
    fn schema(&mut self, schema: &Node<'d>, field: &Pointer, used: &[&Ways<'_>]) {
        let Ok(resolved) = schema.resolved() else { return };
        if self.depth > DEEPEST || !self.steps(0) || !self.seen.insert((resolved.pointer().clone(), field.clone())) {
            return;
        }
        self.depth += 1;
        for (name, property) in resolved.member("properties").iter().flat_map(Node::members) {
            let field = field.child(name);
            let step = field.as_str().rsplit('/').next().unwrap_or_default();
            self.field(&property, &field, &below(used, step));
        }
        for keyword in ["additionalProperties", "items"] {
            if let Some(any) = resolved.member(keyword).filter(|any| any.value().is_object()) {
                self.any(&any, field, used);
            }
        }
        for item in resolved.member("prefixItems").iter().flat_map(Node::items) {
            self.any(&item, field, used);
        }
        for keyword in ASIDE {
            if let Some(aside) = resolved.member(keyword) {
                if aside.value().is_array() {
                    aside.items().for_each(|one| self.schema(&one, field, used));
                } else if aside.value().is_object() {
                    self.schema(&aside, field, used);
                }
            }
        }
        self.depth -= 1;
    }

    /// Items and members of any name: nobody is expected to know that there are some.
    fn any(&mut self, schema: &Node<'d>, field: &Pointer, used: &[&Ways<'_>]) {
        if !used.iter().any(|ways| ways.0.contains_key("*")) {
            return;
        }
        let used = below(used, "*");
        if self.steps(used.len()) {
            self.schema(schema, &field.child("*"), &used);
        }
    }

    fn field(&mut self, property: &Node<'d>, field: &Pointer, used: &[&Ways<'_>]) {
        if !self.steps(used.len()) {
            return;
        }
        if !used.is_empty() {
            self.schema(property, field, used);
        } else if self.listed.insert(field.to_string()) {
            let pointer = property.pointer().clone();
            self.looking.add(self.part, self.status, field.as_str(), &pointer);
        }
    }

    /// Counts one step, and what is used there. Returns whether to go on.
    fn steps(&mut self, used: usize) -> bool {
        *self.looking.steps += 1 + used;
        *self.looking.steps <= MAX_STEPS
    }
}

#[cfg(test)]
mod tests;
