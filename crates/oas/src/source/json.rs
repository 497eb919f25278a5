//! Reads JSON, noting where each node stands. Texts and numbers are decoded by `serde_json`.

use serde_json::{Map, Number, Value};

use super::{Budget, Source, SourceError, Spending, put_member};
use crate::position::{Position, Positions};

pub(super) fn read(text: &str, budget: &Budget) -> Result<Source, SourceError> {
    let mut reader = Reader { text, offset: 0, at: Position::START, spending: Spending::new(budget) };
    reader.skip_space();
    let (value, positions) = reader.value(0, Position::START)?;
    reader.skip_space();
    if reader.offset < text.len() {
        return Err(reader.wrong("something follows the end of the document"));
    }
    Ok(Source { value, positions })
}

type Read = (Value, Positions);

/// An object of just the size that its members need: in a large document what maps keep in reserve weighs more than the
/// text.
fn object(read: Vec<(String, Read)>, at: Position) -> Read {
    let (mut members, mut children) = (Map::with_capacity(read.len()), Vec::with_capacity(read.len()));
    for (key, member) in read {
        put_member(&mut members, &mut children, key, member);
    }
    (Value::Object(members), Positions { at, children: children.into_boxed_slice() })
}

struct Reader<'t> {
    text: &'t str,
    offset: usize,
    at: Position,
    spending: Spending<'t>,
}

impl Reader<'_> {
    /// Reads the next value; `at` is where it counts as standing.
    fn value(&mut self, depth: usize, at: Position) -> Result<Read, SourceError> {
        self.spending.node(depth, at)?;
        match self.peek() {
            Some(b'{') => self.object(depth, at),
            Some(b'[') => self.array(depth, at),
            Some(b'"') => Ok((Value::String(self.string()?), Positions::leaf(at))),
            Some(b'-' | b'0'..=b'9') => Ok((Value::Number(self.number()?), Positions::leaf(at))),
            Some(_) => Ok((self.word()?, Positions::leaf(at))),
            None => Err(self.wrong("the document ends where a value should stand")),
        }
    }

    fn object(&mut self, depth: usize, at: Position) -> Result<Read, SourceError> {
        let mut read = Vec::new();
        self.advance(1);
        self.skip_space();
        if self.take(b'}') {
            return Ok((Value::Object(Map::new()), Positions::leaf(at)));
        }
        loop {
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in double quotes should stand here"));
            }
            let key = self.string()?;
            self.skip_space();
            self.expect(b':', "`:` should follow the key")?;
            self.skip_space();
            read.push((key, self.value(depth + 1, key_at)?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(object(read, at));
            }
            self.expect(b',', "`,` or `}` should follow the member")?;
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize, at: Position) -> Result<Read, SourceError> {
        let (mut items, mut children) = (Vec::new(), Vec::new());
        self.advance(1);
        self.skip_space();
        if self.take(b']') {
            return Ok((Value::Array(items), Positions::leaf(at)));
        }
        loop {
            let (item, position) = self.value(depth + 1, self.at)?;
            items.push(item);
            children.push(position);
            self.skip_space();
            if self.take(b']') {
                items.shrink_to_fit();
                return Ok((Value::Array(items), Positions { at, children: children.into_boxed_slice() }));
            }
            self.expect(b',', "`,` or `]` should follow the item")?;
            self.skip_space();
        }
    }

    fn string(&mut self) -> Result<String, SourceError> {
        let bytes = self.text.as_bytes();
        let mut end = self.offset + 1;
        let mut escaped = false;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => (escaped, end) = (true, end + 2),
                Some(0..=0x1f) | None => return Err(self.wrong("the text is not closed on its line")),
                Some(_) => end += 1,
            }
        }
        let raw = &self.text[self.offset..=end];
        let text = if escaped {
            serde_json::from_str(raw).map_err(|error| self.wrong(&error.to_string()))?
        } else {
            raw[1..raw.len() - 1].to_owned()
        };
        self.advance(raw.len());
        Ok(text)
    }

    fn number(&mut self) -> Result<Number, SourceError> {
        let rest = &self.text[self.offset..];
        let length =
            rest.bytes().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        // Most numbers are short and whole.
        if let Some(short) = rest[..length].parse::<u32>().ok().filter(|_| !rest.starts_with(['0', '+'])) {
            self.advance(length);
            return Ok(Number::from(short));
        }
        let number = serde_json::from_str(&rest[..length]).map_err(|_| self.wrong("this is not a number of JSON"))?;
        self.advance(length);
        Ok(number)
    }

    fn word(&mut self) -> Result<Value, SourceError> {
        let rest = &self.text[self.offset..];
        let known = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        let Some((word, value)) = known.into_iter().find(|(word, _)| rest.starts_with(word)) else {
            return Err(self.wrong("a value should stand here"));
        };
        self.advance(word.len());
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance(1);
        }
        found
    }

    fn expect(&mut self, byte: u8, message: &str) -> Result<(), SourceError> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong(message)) }
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.advance(1);
            if byte == b'\n' {
                self.at = Position { line: self.at.line + 1, column: 1 };
            }
        }
    }

    /// Moves over bytes that hold no line break. Bytes that continue a character do not count as columns.
    fn advance(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.offset..self.offset + bytes];
        let characters = passed.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.at.column = self.at.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.offset += bytes;
    }

    fn wrong(&self, message: &str) -> SourceError {
        SourceError::Syntax { message: message.to_owned(), at: self.at }
    }
}
