//! What a document promises, in one form for all versions of OpenAPI. Schemas stay where they are: the model names
//! them by pointer.

mod openapi3;
mod swagger2;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{Document, Node, ReferenceError, Version};
use crate::pointer::Pointer;

/// All operations of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The operations, in the document's order.
    pub operations: Vec<Operation>,
    /// The security schemes by name.
    pub schemes: BTreeMap<String, SecurityScheme>,
    /// References in the operations' own parts that could not be followed; what they name is missing here.
    pub broken: Vec<ReferenceError>,
}

/// One method of one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The method in capitals.
    pub method: String,
    /// The path with its templates, without any base path.
    pub path: String,
    /// What stands before the path: Swagger's base path, or the paths of all servers. Empty means nothing does.
    pub base_paths: Vec<String>,
    /// The operation in the document.
    pub pointer: Pointer,
    /// The operation's parameters, then those of its path that it does not replace.
    pub parameters: Vec<Parameter>,
    /// The request's body, if one is described.
    pub body: Option<Body>,
    /// The responses, in the document's order.
    pub responses: Vec<Response>,
    /// Where the responses stand.
    pub responses_pointer: Pointer,
    /// The alternatives that secure a request; within one, all schemes must be met. Empty: nothing is required.
    pub security: Vec<Vec<String>>,
    /// Whether consumers should leave it.
    pub deprecated: bool,
    /// Swagger 2: the media types that it consumes, `None` if nothing says so.
    pub consumes: Option<Vec<String>>,
    /// Swagger 2: the media types that it produces, `None` if nothing says so.
    pub produces: Option<Vec<String>>,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query, one by one.
    Query,
    /// As the whole query (OpenAPI 3.2).
    QueryString,
    /// As a header.
    Header,
    /// As a cookie.
    Cookie,
    /// As a field of a form body (Swagger 2).
    Form,
}

/// A parameter, references resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name; of a header, in any case.
    pub name: String,
    /// Where it travels.
    pub place: Place,
    /// Whether a request must have it.
    pub required: bool,
    /// How arrays and objects are written, as in the document.
    pub style: Option<String>,
    /// Whether the items of arrays and objects are written apart, as in the document.
    pub explode: Option<bool>,
    /// Swagger 2: how arrays are written.
    pub collection_format: Option<String>,
    /// What it may be.
    pub schema: Schema,
    /// The media type that it is written in, with its schema, if it is described by `content`.
    pub content: Option<Media>,
    /// The parameter in the document.
    pub pointer: Pointer,
}

/// Where a schema stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// A schema of its own.
    At(Pointer),
    /// Swagger 2: the parameter or header itself, whose other members are no keywords.
    Within(Pointer),
    /// Anything is allowed.
    Open,
}

/// The bodies of a request or of a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The media types in the document's order.
    pub media: Vec<Media>,
    /// Swagger 2: the schema for whatever media type.
    pub any: Option<Pointer>,
}

/// A body of one media type.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// The media type or range, as written.
    pub media_type: String,
    /// What the body may be.
    pub schema: Option<Pointer>,
    /// Where the media type stands.
    pub pointer: Pointer,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Whether a request must have one.
    pub required: bool,
    /// What it may be.
    pub content: Content,
    /// The body in the document.
    pub pointer: Pointer,
}

/// For which statuses a response stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// One status.
    Exactly(u16),
    /// All statuses with that first digit.
    Range(u16),
    /// All that nothing else stands for.
    Default,
}

/// A response, references resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// For which statuses it stands.
    pub status: Status,
    /// Its headers, named as written.
    pub headers: Vec<Header>,
    /// Its bodies.
    pub content: Content,
    /// The response in the document.
    pub pointer: Pointer,
}

/// A header of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its name, in any case.
    pub name: String,
    /// Whether every response has it.
    pub required: bool,
    /// What it may be.
    pub schema: Schema,
    /// The header in the document.
    pub pointer: Pointer,
}

/// How a request may prove who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityScheme {
    /// A key in a header, the query or a cookie.
    ApiKey {
        /// Where the key travels.
        place: Place,
        /// Its name there.
        name: String,
    },
    /// The `Authorization` header, with the scheme that it names, in small letters.
    Http(String),
    /// Something that no request shows by itself: OAuth 2, OpenID Connect, certificates.
    Elsewhere,
}

impl Api {
    /// Reads the operations of a document.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut reader = Reader { version: document.version(), broken: Vec::new() };
        let (root, mut operations) = (document.root(), Vec::new());
        for (path, item) in root.member("paths").iter().flat_map(Node::members) {
            let Some(item) = reader.resolve(&item) else { continue };
            for (method, operation) in methods(&item) {
                operations.push(reader.operation(&root, path, &item, method, &operation));
            }
        }
        let schemes = match document.version() {
            Version::Swagger2 => root.member("securityDefinitions"),
            _ => root.member("components").and_then(|components| components.member("securitySchemes")),
        };
        let schemes = schemes.iter().flat_map(Node::members);
        let schemes = schemes.filter_map(|(name, node)| Some((name.to_owned(), reader.scheme(&node)?))).collect();
        Self { operations, schemes, broken: reader.broken }
    }
}

impl Operation {
    /// The response that stands for a status: its own, else its range's, else the default one.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<&Response> {
        let of = |wanted: Status| self.responses.iter().find(|response| response.status == wanted);
        of(Status::Exactly(status)).or_else(|| of(Status::Range(status / 100))).or_else(|| of(Status::Default))
    }
}

impl Content {
    /// The media types, as written.
    #[must_use]
    pub fn media_types(&self) -> Vec<&str> {
        self.media.iter().map(|media| media.media_type.as_str()).collect()
    }
}

const METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "head", "options", "trace", "query"];

/// The operations of a path by method; other methods stand in a member of their own since OpenAPI 3.2.
fn methods<'d>(item: &Node<'d>) -> Vec<(&'d str, Node<'d>)> {
    let own = item.members().filter(|(key, _)| METHODS.contains(&key.to_ascii_lowercase().as_str()));
    let more = item.member("additionalOperations");
    let more: Vec<_> = more.iter().flat_map(Node::members).collect();
    own.chain(more).filter(|(_, operation)| operation.value().is_object()).collect()
}

/// Reads parts of a document, collecting the references that lead nowhere.
struct Reader {
    version: Version,
    broken: Vec<ReferenceError>,
}

impl Reader {
    fn resolve<'d>(&mut self, node: &Node<'d>) -> Option<Node<'d>> {
        node.resolved().map_err(|error| self.broken.push(error)).ok()
    }

    fn operation(&mut self, root: &Node<'_>, path: &str, item: &Node<'_>, method: &str, node: &Node<'_>) -> Operation {
        let parameters = self.parameters(node, item);
        let responses = node.member("responses");
        let security = node.member("security").or_else(|| root.member("security"));
        let mut operation = Operation {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            base_paths: Vec::new(),
            pointer: node.pointer().clone(),
            parameters: parameters.iter().filter_map(|node| self.parameter(node)).collect(),
            body: None,
            responses: Vec::new(),
            responses_pointer: node.pointer().child("responses"),
            security: security.iter().flat_map(Node::items).map(|node| names(&node)).collect(),
            deprecated: node.flag("deprecated"),
            consumes: None,
            produces: None,
        };
        for (status, response) in responses.iter().flat_map(Node::members) {
            let Some(status) = parse_status(status) else { continue };
            // A broken reference still says that the status may come.
            let response = self.resolve(&response).unwrap_or(response);
            operation.responses.push(Response {
                status,
                headers: self.headers(&response),
                content: Content::default(),
                pointer: response.pointer().clone(),
            });
        }
        if self.version == Version::Swagger2 {
            swagger2::complete(root, node, &parameters, &mut operation);
        } else {
            openapi3::complete(self, root, item, node, &mut operation);
        }
        operation
    }

    /// The parameter nodes of an operation, resolved: its own, then those of its path with another name or place.
    fn parameters<'d>(&mut self, operation: &Node<'d>, item: &Node<'d>) -> Vec<Node<'d>> {
        let lists = [operation.member("parameters"), item.member("parameters")];
        let mut parameters: Vec<Node<'d>> = Vec::new();
        for node in lists.iter().flatten().flat_map(Node::items) {
            let Some(node) = self.resolve(&node) else { continue };
            let same =
                |other: &Node<'_>| other.text("name") == node.text("name") && other.text("in") == node.text("in");
            if !parameters.iter().any(same) {
                parameters.push(node);
            }
        }
        parameters
    }

    fn parameter(&mut self, node: &Node<'_>) -> Option<Parameter> {
        let place = parse_place(node.text("in")?)?;
        let content = node.member("content").and_then(|content| content.members().next());
        let content = content.map(|(media_type, media)| self.media(media_type, &media));
        Some(Parameter {
            name: node.text("name").unwrap_or_default().to_owned(),
            place,
            required: node.flag("required") || place == Place::Path,
            style: node.text("style").map(str::to_ascii_lowercase),
            explode: node.value().get("explode").and_then(Value::as_bool),
            collection_format: node.text("collectionFormat").map(str::to_owned),
            schema: schema(node, content.is_some()),
            content,
            pointer: node.pointer().clone(),
        })
    }

    fn headers(&mut self, response: &Node<'_>) -> Vec<Header> {
        let mut headers = Vec::new();
        for (name, header) in response.member("headers").iter().flat_map(Node::members) {
            if let Some(header) = self.resolve(&header) {
                headers.push(Header {
                    name: name.to_owned(),
                    required: header.flag("required"),
                    schema: schema(&header, header.member("content").is_some()),
                    pointer: header.pointer().clone(),
                });
            }
        }
        headers
    }

    fn media(&mut self, media_type: &str, node: &Node<'_>) -> Media {
        // OpenAPI 3.2 lets a media type itself be a reference.
        let node = self.resolve(node).unwrap_or_else(|| node.clone());
        let schema = node.member("schema").map(|schema| schema.pointer().clone());
        Media { media_type: media_type.to_owned(), schema, pointer: node.pointer().clone() }
    }

    fn scheme(&mut self, node: &Node<'_>) -> Option<SecurityScheme> {
        let node = self.resolve(node)?;
        match node.text("type")?.to_ascii_lowercase().as_str() {
            "apikey" => {
                let place = parse_place(&node.text("in")?.to_ascii_lowercase())?;
                Some(SecurityScheme::ApiKey { place, name: node.text("name")?.to_owned() })
            }
            "basic" => Some(SecurityScheme::Http("basic".to_owned())),
            "http" => Some(SecurityScheme::Http(node.text("scheme")?.to_ascii_lowercase())),
            "oauth2" | "openidconnect" | "mutualtls" => Some(SecurityScheme::Elsewhere),
            _ => None,
        }
    }
}

fn schema(node: &Node<'_>, has_content: bool) -> Schema {
    match node.member("schema") {
        Some(schema) => Schema::At(schema.pointer().clone()),
        None if has_content => Schema::Open,
        None => Schema::Within(node.pointer().clone()),
    }
}

fn names(requirement: &Node<'_>) -> Vec<String> {
    requirement.members().map(|(name, _)| name.to_owned()).collect()
}

fn parse_place(text: &str) -> Option<Place> {
    match text {
        "path" => Some(Place::Path),
        "query" => Some(Place::Query),
        "querystring" => Some(Place::QueryString),
        "header" => Some(Place::Header),
        "cookie" => Some(Place::Cookie),
        "formData" => Some(Place::Form),
        _ => None,
    }
}

fn parse_status(text: &str) -> Option<Status> {
    if text == "default" {
        return Some(Status::Default);
    }
    match text.to_ascii_uppercase().strip_suffix("XX") {
        Some(digit) => digit.parse().ok().map(Status::Range),
        None => text.parse().ok().map(Status::Exactly),
    }
}

#[cfg(test)]
mod tests;
