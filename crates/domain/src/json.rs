//! JSON as it was written: numbers stay text, so that no digit is lost between publishing and
//! serving.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

pub(crate) use self::canonical::{write_escaped, write_object, write_string};

mod canonical;

/// How many arrays and objects may stand inside each other. What reads contracts after us
/// (`serde_json`, in the matching engine) refuses more, too.
pub(crate) const MAX_DEPTH: usize = 127;

/// A parsed document that borrows from its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// With escapes resolved.
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<Member<'a>>),
}

pub(crate) type Member<'a> = (Cow<'a, str>, Json<'a>);

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub struct JsonError {
    /// What was expected or is wrong.
    pub reason: &'static str,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

pub(crate) const TOO_DEEP: &str = "arrays and objects are nested deeper than 127 levels";

impl<'a> Json<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut parser = Parser { text, at: 0 };
        let parsed = parser.document();
        parsed.map_err(|reason| error_at(text, parser.at, reason))
    }

    /// The member of an object; `None` too for everything that is not an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a member that is an array; of another none.
    pub(crate) fn list(&self, key: &str) -> &[Json<'a>] {
        self.get(key).and_then(Json::as_array).unwrap_or_default()
    }

    /// Everything but null and false, as Ruby sees it.
    pub(crate) fn is_truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// The same document with the keys of all objects in bytewise order.
    pub(crate) fn sort_keys(&mut self) {
        match self {
            Self::Array(elements) => elements.iter_mut().for_each(Json::sort_keys),
            Self::Object(members) => {
                members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                for (_, value) in members {
                    value.sort_keys();
                }
            }
            _ => {}
        }
    }
}

fn error_at(text: &str, at: usize, reason: &'static str) -> JsonError {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let is_char_start = |byte: &&u8| (**byte & 0xc0) != 0x80;
    JsonError {
        reason,
        line: before.split(|&byte| byte == b'\n').count(),
        column: 1 + before[line_start..].iter().filter(is_char_start).count(),
    }
}

/// Stands at the byte that is read next; after an error, where the error is.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Json<'a>> {
        self.skip_whitespace();
        let value = self.value(0)?;
        self.skip_whitespace();
        if self.at < self.text.len() { Err("expected the end of the document") } else { Ok(value) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Json<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'{' | b'[') if depth == MAX_DEPTH => Err(TOO_DEEP),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err("expected a value"),
        }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Parsed<Json<'a>> {
        if !self.text[self.at..].starts_with(word) {
            return Err("expected a value");
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Parsed<Json<'a>> {
        let mut elements = Vec::new();
        self.at += 1;
        self.skip_whitespace();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(elements));
        }
        loop {
            self.skip_whitespace();
            elements.push(self.value(depth)?);
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err("expected `,` or `]`"),
            }
        }
        self.at += 1;
        Ok(Json::Array(elements))
    }

    fn object(&mut self, depth: usize) -> Parsed<Json<'a>> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_whitespace();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_whitespace();
            members.push(self.member(depth)?);
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err("expected `,` or `}`"),
            }
        }
        self.at += 1;
        Ok(Json::Object(last_wins(members)))
    }

    fn member(&mut self, depth: usize) -> Parsed<Member<'a>> {
        if self.peek() != Some(b'"') {
            return Err("expected a key in quotation marks");
        }
        let key = self.string()?;
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return Err("expected `:`");
        }
        self.at += 1;
        self.skip_whitespace();
        Ok((key, self.value(depth)?))
    }

    fn number(&mut self) -> Parsed<Json<'a>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err("expected a digit") } else { Ok(()) }
    }

    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.at += 1;
        let mut copied = self.at;
        let mut resolved = String::new();
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    resolved.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    resolved.push(self.escape()?);
                    copied = self.at;
                }
                Some(0..0x20) => return Err("a control character must be escaped"),
                Some(_) => self.at += 1,
                None => return Err("expected the end of the string"),
            }
        }
        let rest = &self.text[copied..self.at];
        self.at += 1;
        if resolved.is_empty() {
            // Each escape adds a character, so there was none.
            return Ok(Cow::Borrowed(rest));
        }
        resolved.push_str(rest);
        Ok(Cow::Owned(resolved))
    }

    fn escape(&mut self) -> Parsed<char> {
        let letter = self.peek();
        let character = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err("unknown escape"),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        const UNPAIRED: &str = "half of a surrogate pair";
        let first = self.hex_digits()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(UNPAIRED);
        }
        if first >= 0xdc00 || !self.text[self.at..].starts_with("\\u") {
            return Err(UNPAIRED);
        }
        self.at += 1;
        let second = self.hex_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(UNPAIRED);
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(UNPAIRED)
    }

    /// Reads `u` and four digits.
    fn hex_digits(&mut self) -> Parsed<u32> {
        let digits = self.text.as_bytes().get(self.at + 1..self.at + 5);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or("expected four hexadecimal digits")?;
        self.at += 5;
        Ok(code)
    }
}

/// Of members with the same key, the value of the last, at the place of the first.
fn last_wins(members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    if !has_duplicates(&members) {
        return members;
    }
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let mut kept: Vec<Member<'_>> = Vec::new();
    for (key, value) in members {
        if let Some(&place) = places.get(&key) {
            kept[place].1 = value;
        } else {
            places.insert(key.clone(), kept.len());
            kept.push((key, value));
        }
    }
    kept
}

fn has_duplicates(members: &[Member<'_>]) -> bool {
    if members.len() <= 16 {
        let is_repeated = |index: usize| members[..index].iter().any(|(key, _)| *key == members[index].0);
        return (1..members.len()).any(is_repeated);
    }
    let mut seen = HashSet::with_capacity(members.len());
    members.iter().any(|(key, _)| !seen.insert(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Json::parse(text).unwrap().to_text(), expected);
    }

    fn check_error(text: &str, expected: &str) {
        assert_eq!(Json::parse(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn whitespace_goes_and_order_stays() {
        check(" { \"b\" : [ 1 , { } , [ ] ] ,\n\t\"a\":null}\r\n", r#"{"b":[1,{},[]],"a":null}"#);
    }

    #[test]
    fn escapes_are_spelled_one_way() {
        check(r#""\u0041\/\u00e9\ud83d\ude00\u0001\u001f\b\f\n\r\t\"\\""#, r#""A/é😀\u0001\u001f\b\f\n\r\t\"\\""#);
    }

    #[test]
    fn an_escape_alone_is_a_string() {
        check(r#"["\n","","\\"]"#, r#"["\n","","\\"]"#);
    }

    #[test]
    fn the_last_of_equal_keys_wins_at_the_place_of_the_first() {
        check(r#"{"a":1,"b":2,"\u0061":3}"#, r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn the_last_of_equal_keys_wins_among_many() {
        let many: Vec<String> = (0..20).map(|key| format!("\"{key}\":{key}")).collect();
        check(&format!(r#"{{{},"7":"last"}}"#, many.join(",")), &{
            let expected: Vec<String> = many.iter().map(|m| m.replace("\"7\":7", "\"7\":\"last\"")).collect();
            format!("{{{}}}", expected.join(","))
        });
    }

    #[test]
    fn errors_say_where() {
        check_error("", "expected a value at line 1 column 1");
        check_error("{\n  \"é\" 1}", "expected `:` at line 2 column 7");
        check_error("[1,]", "expected a value at line 1 column 4");
        check_error("[1 2]", "expected `,` or `]` at line 1 column 4");
        check_error("{1}", "expected a key in quotation marks at line 1 column 2");
        check_error("01", "expected the end of the document at line 1 column 2");
        check_error("1.", "expected a digit at line 1 column 3");
        check_error("\"a\nb\"", "a control character must be escaped at line 1 column 3");
        check_error("\"abc", "expected the end of the string at line 1 column 5");
        check_error(r#""\ud800x""#, "half of a surrogate pair at line 1 column 8");
        check_error(r#""\u12é""#, "expected four hexadecimal digits at line 1 column 3");
        check_error("truth", "expected a value at line 1 column 1");
    }

    #[test]
    fn the_deepest_document_that_is_read() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);

        assert!(Json::parse(&nested(MAX_DEPTH)).is_ok());
        assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(Json::parse(&nested(MAX_DEPTH + 1)).unwrap_err().reason, TOO_DEEP);
        assert_eq!(Json::parse(&"[{\"a\":".repeat(10_000)).unwrap_err().reason, TOO_DEEP);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_serde_json_reads_it(text in r#"[\[\]{}:,"\\ua0-1\.eEtfn \-/dD8]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);

            match Json::parse(&text) {
                Ok(ours) => match theirs {
                    Ok(theirs) => {
                        let again: serde_json::Value = serde_json::from_str(&ours.to_text()).unwrap();
                        prop_assert_eq!(again, theirs);
                    }
                    Err(error) => prop_assert!(error.to_string().contains("out of range")),
                },
                Err(_) => prop_assert!(theirs.is_err()),
            }
        }
    }
}
