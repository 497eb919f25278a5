//! Reads YAML 1.2 (with merge keys, which 1.2 dropped and people kept), noting where each node stands.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use super::{Budget, Source, SourceError, Spending, put_member};
use crate::position::{Position, Positions};

pub(super) fn read(text: &str, budget: &Budget) -> Result<Source, SourceError> {
    let parser = Parser::new_from_str(text);
    let mut reader = Reader { parser, anchors: HashMap::new(), spending: Spending::new(budget) };
    let mut read = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => break,
            (Event::DocumentStart(_), span) if read.is_some() => {
                return Err(SourceError::ManyDocuments { at: position(&span) });
            }
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (event, span) => read = Some(reader.node(event, &span, 0, Position::START)?),
        }
    }
    match read {
        Some((Value::Null, _)) | None => Err(SourceError::Empty),
        Some((value, positions)) => Ok(Source { value, positions }),
    }
}

type Read = (Value, Positions);

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Anchor>,
    spending: Spending<'t>,
}

struct Anchor {
    read: Read,
    nodes: usize,
    bytes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), SourceError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            // The scanner looks ahead within brackets and has a limit of its own.
            Some(Err(error)) if error.info().contains("recursion limit") => {
                let at = marker(error.marker().line(), error.marker().col());
                Err(SourceError::TooDeep { limit: self.spending.budget.depth, at })
            }
            Some(Err(error)) => Err(syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// Builds the node that `event` begins; `at` is where it counts as standing.
    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize, at: Position) -> Result<Read, SourceError> {
        self.spending.node(depth, at)?;
        let (anchor, read) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, (scalar(&text, style, tag.as_deref()), Positions::leaf(at)))
            }
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(depth, at)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth, at)?),
            Event::Alias(id) => return self.alias(id, at),
            _ => {
                return Err(SourceError::Syntax {
                    message: "a value should stand here".to_owned(),
                    at: position(span),
                });
            }
        };
        if anchor > 0 {
            let (nodes, bytes) = weigh(&read.0);
            self.spending.copy(nodes, bytes, at)?;
            self.anchors.insert(anchor, Anchor { read: read.clone(), nodes, bytes });
        }
        Ok(read)
    }

    fn sequence(&mut self, depth: usize, at: Position) -> Result<Read, SourceError> {
        let (mut items, mut children) = (Vec::new(), Vec::new());
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok((Value::Array(items), Positions { at, children: children.into_boxed_slice() }));
            }
            let (item, positions) = self.node(event, &span, depth + 1, position(&span))?;
            items.push(item);
            children.push(positions);
        }
    }

    fn mapping(&mut self, depth: usize, at: Position) -> Result<Read, SourceError> {
        let (mut members, mut children) = (Map::new(), Vec::new());
        let mut bases = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let key_at = position(&span);
            let (key, merges) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => {
                    let merges = text == "<<" && matches!(style, ScalarStyle::Plain);
                    (text.into_owned(), merges)
                }
                Event::Alias(id) => match self.alias(id, key_at)? {
                    (Value::String(text), _) => (text, false),
                    _ => return Err(SourceError::ComplexKey { at: key_at }),
                },
                _ => return Err(SourceError::ComplexKey { at: key_at }),
            };
            let (event, span) = self.next()?;
            let member = self.node(event, &span, depth + 1, key_at)?;
            if merges && matches!(member.0, Value::Object(_) | Value::Array(_)) {
                bases.push(member);
            } else {
                put_member(&mut members, &mut children, key, member);
            }
        }
        for (value, positions) in bases {
            merge(&mut members, &mut children, value, positions);
        }
        Ok((Value::Object(members), Positions { at, children: children.into_boxed_slice() }))
    }

    /// A copy of what the anchor names. It stands where the alias does; what is in it, where it was written.
    fn alias(&mut self, id: usize, at: Position) -> Result<Read, SourceError> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(SourceError::RecursiveAlias { at });
        };
        self.spending.copy(anchor.nodes, anchor.bytes, at)?;
        let (value, positions) = &anchor.read;
        Ok((value.clone(), Positions { at, children: positions.children.clone() }))
    }
}

/// Adds the members of a merge key, which never replace what is written in the object itself.
fn merge(members: &mut Map<String, Value>, children: &mut Vec<Positions>, value: Value, positions: Positions) {
    match value {
        Value::Object(merged) => {
            for (member, positions) in merged.into_iter().zip(positions.children) {
                let (key, value) = member;
                if !members.contains_key(&key) {
                    put_member(members, children, key, (value, positions));
                }
            }
        }
        Value::Array(items) => {
            for (item, positions) in items.into_iter().zip(positions.children) {
                merge(members, children, item, positions);
            }
        }
        _ => {}
    }
}

/// Nodes and bytes of text below a value, itself included.
fn weigh(value: &Value) -> (usize, usize) {
    match value {
        Value::String(text) => (1, text.len()),
        Value::Array(items) => items.iter().map(weigh).fold((1, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
        Value::Object(members) => members.iter().fold((1, 0), |sum, (key, member)| {
            let one = weigh(member);
            (sum.0 + one.0, sum.1 + one.1 + key.len())
        }),
        _ => (1, 0),
    }
}

/// The value of a scalar under YAML's core schema.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let plain = matches!(style, ScalarStyle::Plain);
    match tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str()) {
        Some("int" | "float" | "bool" | "null") => plain_scalar(text),
        None if plain && tag.is_none() => plain_scalar(text),
        _ => Value::String(text.to_owned()),
    }
}

fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// The number that a plain scalar is; infinities and `.nan` have no place in JSON and stay text.
fn number(text: &str) -> Option<Number> {
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok().map(Number::from);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return i64::from_str_radix(hexadecimal, 16).ok().map(Number::from);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let looks_numeric = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.chars().any(|character| character.is_ascii_digit())
        && digits.chars().all(|character| matches!(character, '0'..='9' | '.' | 'e' | 'E' | '-' | '+'));
    if !looks_numeric {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let integer = unsigned.parse::<i64>().map(Number::from).or_else(|_| unsigned.parse::<u64>().map(Number::from));
    integer.ok().or_else(|| unsigned.parse::<f64>().ok().and_then(Number::from_f64))
}

fn position(span: &Span) -> Position {
    marker(span.start.line(), span.start.col())
}

fn marker(line: usize, column: usize) -> Position {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position { line: number(line.max(1)), column: number(column).saturating_add(1) }
}

fn syntax(error: &ScanError) -> SourceError {
    let at = error.marker();
    SourceError::Syntax { message: error.info().to_owned(), at: marker(at.line(), at.col()) }
}
