//! Finds the operation that a request calls: literal text goes before templates, character by character.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use regex::Regex;

use super::Profile;
use super::switches::Switches;
use crate::document::Version;
use crate::model::{Api, Operation};

/// The operations of a document by path.
pub(crate) struct Router {
    /// The routes, those before others that go before them.
    routes: Vec<Route>,
    /// Which routes a method and a number of segments may lead to.
    of_length: HashMap<(String, usize), Vec<usize>>,
    /// Routes of any length.
    of_any_length: Vec<usize>,
    switches: Switches,
}

/// An operation that a path leads to.
pub(crate) struct Found<'a> {
    pub(crate) operation: &'a Operation,
    /// What stands in the path for each template, by its name as [`template_name`] gives it.
    pub(crate) captures: Vec<(String, String)>,
}

struct Route {
    operation: usize,
    method: String,
    segments: Vec<Segment>,
    /// The path, with a character that sorts behind all others for what is not literal.
    order: Vec<char>,
}

enum Segment {
    Literal(String),
    Template { names: Vec<String>, pattern: Pattern, shape: String },
    Rest,
}

/// What stands between and around the captures of a segment.
enum Pattern {
    /// One capture, as in nearly all paths. A large document has thousands of them, too many to compile.
    One { before: String, after: String },
    /// Several.
    Many(Regex),
}

const TEMPLATE: char = '\u{10FFFD}';
const END: char = '\u{10FFFE}';
const REST: char = '\u{10FFFF}';

impl Router {
    pub(crate) fn new(api: &Api, version: Version, switches: &Switches, profile: Profile) -> Self {
        let mut routes = Vec::new();
        for (index, operation) in api.operations.iter().enumerate() {
            for base in base_paths(operation, version, switches, profile) {
                let path = tidy(&format!("{base}{}", operation.path), switches);
                let segments: Option<Vec<Segment>> = path.split('/').skip(1).map(segment).collect();
                if let Some(segments) = segments {
                    let order = order(&segments);
                    routes.push(Route { operation: index, method: operation.method.clone(), segments, order });
                }
            }
        }
        // Of equals the first is taken: the one that the document names first.
        routes.sort_by(|one, other| one.order.cmp(&other.order));
        let (mut of_length, mut of_any_length): (HashMap<_, Vec<usize>>, _) = (HashMap::new(), Vec::new());
        for (index, route) in routes.iter().enumerate() {
            if route.segments.iter().any(|segment| matches!(segment, Segment::Rest)) {
                of_any_length.push(index);
            } else {
                of_length.entry((route.method.clone(), route.segments.len())).or_default().push(index);
            }
        }
        Self { routes, of_length, of_any_length, switches: switches.clone() }
    }

    /// Finds the operation of a method, in capitals, and a path without its query.
    pub(crate) fn find<'a>(&self, api: &'a Api, method: &str, path: &str) -> Option<Found<'a>> {
        let path = tidy(path.split('#').next().unwrap_or_default(), &self.switches);
        let segments: Vec<String> = path.split('/').skip(1).map(decode).collect::<Option<_>>()?;
        let first = |routes: &[usize]| {
            let mut of_method = routes.iter().filter(|index| self.routes[**index].method == method);
            of_method.find_map(|index| Some((*index, self.captures(&self.routes[*index].segments, &segments)?)))
        };
        let of_length = self.of_length.get(&(method.to_owned(), segments.len()));
        let found = [of_length.and_then(|routes| first(routes)), first(&self.of_any_length)];
        let (index, captures) = found.into_iter().flatten().min_by_key(|(index, _)| *index)?;
        let route = &self.routes[index];
        Some(Found { operation: &api.operations[route.operation], captures })
    }

    fn captures(&self, route: &[Segment], path: &[String]) -> Option<Vec<(String, String)>> {
        // Most routes fail by their text, before anything is taken out of the path.
        let differs = |(segment, given): (&Segment, &String)| matches!(segment, Segment::Literal(literal) if !self.same(literal, given));
        if route.iter().zip(path).take_while(|(segment, _)| !matches!(segment, Segment::Rest)).any(differs) {
            return None;
        }
        let mut captures = Vec::new();
        for (index, segment) in route.iter().enumerate() {
            let given = path.get(index)?;
            match segment {
                Segment::Rest => return Some(captures),
                Segment::Literal(_) => {}
                Segment::Template { names, pattern, .. } => {
                    captures.extend(names.iter().cloned().zip(pattern.captures(given)?));
                }
            }
        }
        (route.len() == path.len()).then_some(captures)
    }

    fn same(&self, literal: &str, given: &str) -> bool {
        literal == given || self.switches.case_insensitive && literal.to_lowercase() == given.to_lowercase()
    }
}

impl Pattern {
    /// What stands at each capture, which takes at least one character; `None` if the text does not fit.
    fn captures(&self, text: &str) -> Option<Vec<String>> {
        match self {
            Self::One { before, after } => {
                let inside = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                (!inside.is_empty()).then(|| vec![inside.to_owned()])
            }
            Self::Many(pattern) => {
                let found = pattern.captures(text)?;
                Some(found.iter().skip(1).flatten().map(|value| value.as_str().to_owned()).collect())
            }
        }
    }
}

/// What may stand before an operation's path. The servers of OpenAPI 3 do not count for existing comparators; otherwise
/// a consumer may call through any of them, or leave their paths to its own configuration.
fn base_paths<'o>(
    operation: &'o Operation,
    version: Version,
    switches: &'o Switches,
    profile: Profile,
) -> Vec<&'o str> {
    let own = || operation.base_paths.iter().map(String::as_str);
    let bases: Vec<&str> = match (&switches.base_path, version, profile) {
        (Some(base), ..) => vec![base],
        (None, Version::Swagger2, Profile::Compatible) => own().take(1).collect(),
        (None, _, Profile::Compatible) => Vec::new(),
        (None, _, Profile::Sound) => own().chain([""]).collect(),
    };
    if bases.is_empty() { vec![""] } else { bases.into_iter().map(|base| base.trim_end_matches('/')).collect() }
}

/// The name that captures go by: existing comparators drop hyphens, and the signs of a style are no part of it.
pub(super) fn template_name(name: &str) -> String {
    name.replace('-', "")
}

fn segment(text: &str) -> Option<Segment> {
    if text.starts_with('*') {
        return Some(Segment::Rest);
    }
    let (mut names, mut rest) = (Vec::new(), text);
    let (mut pattern, mut shape) = (String::from("(?s)^"), String::new());
    while let Some((before, inside, after)) = template(rest) {
        let (sign, name) = match inside.strip_prefix(['.', ';']) {
            Some(name) => (&inside[..1], name),
            None => ("", inside),
        };
        names.push(template_name(name.trim_end_matches('*')));
        pattern.extend([&regex::escape(before), &regex::escape(sign), "(.+)"]);
        shape.extend([before, sign, &TEMPLATE.to_string()]);
        rest = after;
    }
    if names.is_empty() {
        return Some(Segment::Literal(text.to_owned()));
    }
    let pattern = match (names.len(), shape.split_once(TEMPLATE)) {
        (1, Some((before, _))) => Pattern::One { before: before.to_owned(), after: rest.to_owned() },
        _ => Pattern::Many(Regex::new(&format!("{pattern}{}$", regex::escape(rest))).ok()?),
    };
    shape.push_str(rest);
    Some(Segment::Template { names, pattern, shape })
}

/// Splits at the first template: what stands before it, in it and after it.
fn template(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once('{')?;
    let (inside, after) = opened.split_once('}')?;
    Some((before, inside, after))
}

fn order(segments: &[Segment]) -> Vec<char> {
    let mut order = Vec::new();
    for segment in segments {
        match segment {
            Segment::Literal(text) => order.extend(text.chars()),
            Segment::Template { shape, .. } => order.extend(shape.chars()),
            Segment::Rest => order.push(REST),
        }
        order.push(END);
    }
    order
}

fn tidy(path: &str, switches: &Switches) -> String {
    let mut path = path.to_owned();
    if switches.ignore_duplicate_slashes {
        while path.contains("//") {
            path = path.replace("//", "/");
        }
    }
    if switches.ignore_trailing_slash && path.len() > 1 {
        path.truncate(path.trim_end_matches('/').len().max(1));
    }
    path
}

/// Decodes a segment; `None` if it is encoded badly.
fn decode(segment: &str) -> Option<String> {
    let hexadecimal = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = segment.as_bytes();
    let mut signs = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at);
    let sound = signs.all(|at| hexadecimal(bytes.get(at + 1)) && hexadecimal(bytes.get(at + 2)));
    sound.then(|| percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;
    use crate::source::Budget;

    fn route(paths: &[&str], path: &str) -> Option<(String, Vec<(String, String)>)> {
        let paths: serde_json::Map<_, _> = paths.iter().map(|path| ((*path).to_owned(), json!({"get": {}}))).collect();
        let text = json!({"openapi": "3.0.0", "paths": paths}).to_string();
        let document = Document::load(&text, &Budget::default()).unwrap();
        let api = Api::of(&document);
        let router = Router::new(&api, document.version(), &Switches::default(), Profile::Compatible);
        router.find(&api, "GET", path).map(|found| (found.operation.path.clone(), found.captures))
    }

    fn leads(paths: &[&str], path: &str, expected: Option<&str>) {
        assert_eq!(route(paths, path).map(|found| found.0).as_deref(), expected, "{path}");
    }

    #[test]
    fn literal_text_goes_before_templates() {
        let paths = ["/{any}/all", "/users/{id}", "/users/me", "/users/m{rest}"];

        leads(&paths, "/users/me", Some("/users/me"));
        leads(&paths, "/users/max", Some("/users/m{rest}"));
        leads(&paths, "/users/you", Some("/users/{id}"));
        leads(&paths, "/other/all", Some("/{any}/all"));
        leads(&paths, "/users/all", Some("/users/{id}"));
    }

    #[test]
    fn the_longer_text_behind_a_template_goes_first() {
        leads(&["/a/{id}", "/a/{id}.json"], "/a/1.json", Some("/a/{id}.json"));
    }

    #[test]
    fn segments_are_decoded_but_never_split_by_what_they_encode() {
        assert_eq!(route(&["/a/{some-id}"], "/a/x%2Fy%20z").unwrap().1, [("someid".to_owned(), "x/y z".to_owned())]);
        leads(&["/a/{id}"], "/a/%zz", None);
    }

    #[test]
    fn a_template_needs_a_character_and_a_slash_counts() {
        leads(&["/a/{id}"], "/a/", None);
        leads(&["/a/{id}"], "/a/1/", None);
        leads(&["/a"], "/a/", None);
    }

    #[test]
    fn signs_of_a_style_stand_before_the_value() {
        assert_eq!(route(&["/a/{.id*}"], "/a/.1.2").unwrap().1, [("id".to_owned(), "1.2".to_owned())]);
    }
}
