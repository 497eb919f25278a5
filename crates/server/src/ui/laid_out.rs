//! JSON for people: a member to a line, links to follow, names of relations that lead to what is written about them. Every
//! token stays as it was sent, numbers to the last digit.

use std::iter::Peekable;

use maud::{Markup, PreEscaped, html};

use super::relations;
use crate::edge::{BaseUrl, urls};

/// What the text of an answer is made of.
#[derive(Clone, Copy, PartialEq)]
enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    Comma,
    Colon,
    /// With its quotes.
    Text(&'a str),
    /// A number, or a word.
    Other(&'a str),
}

/// `text` is JSON that this server has written. Links to its own addresses are followed by what `prefix` begins with.
pub(super) fn laid_out(text: &str, base: &BaseUrl, prefix: &str) -> Markup {
    let mut tokens = Tokens { rest: text }.peekable();
    let (mut laid_out, mut depth, mut key) = (String::with_capacity(text.len() * 2), 0, "");
    while let Some(token) = tokens.next() {
        match token {
            Token::Open(bracket) => {
                laid_out.push_str(bracket);
                if let Some(closed) = closes_at_once(&mut tokens) {
                    laid_out.push_str(closed);
                } else {
                    depth += 1;
                    new_line(&mut laid_out, depth);
                }
            }
            Token::Close(bracket) => {
                depth -= 1;
                new_line(&mut laid_out, depth);
                laid_out.push_str(bracket);
            }
            Token::Comma => {
                laid_out.push(',');
                new_line(&mut laid_out, depth);
            }
            Token::Colon => laid_out.push_str(": "),
            Token::Text(text) if tokens.peek() == Some(&Token::Colon) => {
                key = text.trim_matches('"');
                laid_out.push_str(&name(text, key, prefix).into_string());
            }
            Token::Text(text) if key == "href" => laid_out.push_str(&link(text, base, prefix).into_string()),
            Token::Text(text) => laid_out.push_str(&html! { span .string { (text) } }.into_string()),
            Token::Other(text) => laid_out.push_str(&html! { span .number { (text) } }.into_string()),
        }
    }
    PreEscaped(laid_out)
}

fn closes_at_once<'a>(tokens: &mut Peekable<Tokens<'a>>) -> Option<&'a str> {
    let Some(Token::Close(bracket)) = tokens.peek().copied() else { return None };
    tokens.next();
    Some(bracket)
}

/// Deeper than anybody reads, lines stand below each other: each would be longer than what it says.
fn new_line(laid_out: &mut String, depth: usize) {
    const DEEPEST: usize = 24;
    laid_out.push('\n');
    laid_out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

fn name(text: &str, key: &str, prefix: &str) -> Markup {
    let relation = relations::find(key).filter(|relation| relation.name == key);
    html! {
        @if let Some(relation) = relation {
            a .relation href={ (prefix) "/doc/" (urls::segment(relation.name)) } { (text) }
        } @else {
            (text)
        }
    }
}

/// What contracts hold is no link of ours: only addresses of the web lead anywhere, none that a browser would run.
fn link(text: &str, base: &BaseUrl, prefix: &str) -> Markup {
    let href = serde_json::from_str::<String>(text).unwrap_or_default();
    // Two slashes, or what browsers take for them, would lead to another host.
    let stays = |path: &str| !path.starts_with("//") && !path.contains(|c: char| c == '\\' || c.is_control());
    let is_path = |path: &&str| path.is_empty() || (path.starts_with(['/', '?']) && stays(path));
    let own = href.strip_prefix(base.as_str()).filter(is_path);
    let string = html! { span .string { (text) } };
    match own {
        Some(path) if path.contains('{') => {
            html! { a href={ (prefix) "/hal-browser/browser.html#" (path) } { (string) } }
        }
        Some("") => html! { a href={ (prefix) "/" } { (string) } },
        Some(path) => html! { a href={ (prefix) (path) } { (string) } },
        None if href.starts_with("https://") || href.starts_with("http://") => {
            html! { a href=(href) rel="noreferrer" { (string) } }
        }
        None => string,
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_start();
        let length = match self.rest.chars().next()? {
            '"' => 1 + end_of_text(&self.rest[1..]),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            _ => self.rest.find([',', ':', '}', ']', ' ', '\n']).unwrap_or(self.rest.len()),
        };
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(match token {
            "{" | "[" => Token::Open(token),
            "}" | "]" => Token::Close(token),
            "," => Token::Comma,
            ":" => Token::Colon,
            text if text.starts_with('"') => Token::Text(text),
            other => Token::Other(other),
        })
    }
}

/// The bytes up to the closing quote, with it.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    let closing = text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    });
    closing.map_or(text.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let base = BaseUrl("http://b/pacts".into());

        let laid_out = laid_out(text, &base, "/pacts").into_string();

        assert_eq!(laid_out.replace("<span class=\"string\">", "<s>").replace("</span>", "</s>"), expected);
    }

    #[test]
    fn each_member_has_a_line() {
        check(
            r#"{"a":{},"b":[],"c":["d"]}"#,
            "{\n  &quot;a&quot;: {},\n  &quot;b&quot;: [],\n  &quot;c&quot;: [\n    <s>&quot;d&quot;</s>\n  ]\n}",
        );
    }

    #[test]
    fn numbers_keep_every_digit() {
        check("[1.10]", "[\n  <span class=\"number\">1.10</s>\n]");
    }

    #[test]
    fn nothing_that_was_written_becomes_markup() {
        check(r#""<script>\"</script>""#, "<s>&quot;&lt;script&gt;\\&quot;&lt;/script&gt;&quot;</s>");
        check(r#"{"</pre><img>":"&"}"#, "{\n  &quot;&lt;/pre&gt;&lt;img&gt;&quot;: <s>&quot;&amp;&quot;</s>\n}");
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        check(r#"{"href":"javascript:alert(1)"}"#, "{\n  &quot;href&quot;: <s>&quot;javascript:alert(1)&quot;</s>\n}");
        check(r#"{"href":"//evil.example"}"#, "{\n  &quot;href&quot;: <s>&quot;//evil.example&quot;</s>\n}");
        check(
            r#"{"href":"https://x/\"onclick=\""}"#,
            "{\n  &quot;href&quot;: <a href=\"https://x/&quot;onclick=&quot;\" rel=\"noreferrer\">\
             <s>&quot;https://x/\\&quot;onclick=\\&quot;&quot;</s></a>\n}",
        );
    }

    #[test]
    fn what_only_looks_like_an_own_link_leads_where_it_says() {
        for path in ["//evil.example", r"/\\evil.example", r"/\t/evil.example"] {
            let text = format!(r#"{{"href":"http://b{path}"}}"#);
            let laid_out = laid_out(&text, &BaseUrl("http://b".into()), "").into_string();

            assert!(laid_out.contains("href=\"http://b/"), "{laid_out}");
            assert!(laid_out.contains("noreferrer"), "{laid_out}");
        }
    }

    #[test]
    fn own_links_are_followed_under_the_prefix_and_templates_where_they_can_be_filled_in() {
        check(
            r#"{"href":"http://b/pacts/a"}"#,
            "{\n  &quot;href&quot;: <a href=\"/pacts/a\"><s>&quot;http://b/pacts/a&quot;</s></a>\n}",
        );
        check(
            r#"{"href":"http://b/pacts"}"#,
            "{\n  &quot;href&quot;: <a href=\"/pacts/\"><s>&quot;http://b/pacts&quot;</s></a>\n}",
        );
        check(
            r#"{"href":"http://b/pacts/{a}"}"#,
            "{\n  &quot;href&quot;: <a href=\"/pacts/hal-browser/browser.html#/{a}\"><s>&quot;http://b/pacts/{a}&quot;</s></a>\n}",
        );
    }

    #[test]
    fn relations_lead_to_what_is_written_about_them() {
        check(
            r#"{"pb:pacticipant":1,"pb:nothing":2}"#,
            "{\n  <a class=\"relation\" href=\"/pacts/doc/pb%3Apacticipant\">&quot;pb:pacticipant&quot;</a>: \
             <span class=\"number\">1</s>,\n  &quot;pb:nothing&quot;: <span class=\"number\">2</s>\n}",
        );
    }
}
