//! For people: on a terminal, and as a comment on a pull request.

use std::fmt::Write as _;

use super::Told;
use super::item::{Item, Level};
use crate::outcome::Exit;
use crate::terminal::{Style, counted};

/// Of what hits nobody, a comment lists no more.
const MOST_INFOS: usize = 50;

pub(super) fn text(told: &Told, style: Style) -> String {
    let mut text = style.faint(&format!("{}\n", told.story.subject));
    for item in &told.items {
        let head = match (&item.accepted, item.level) {
            (Some(_), _) => style.faint("· accepted"),
            (None, Level::Breaking) => style.red("✗ breaking"),
            (None, Level::Warning) if item.is_open => style.yellow("? unknown"),
            (None, Level::Warning) => style.yellow("! warning"),
            (None, Level::Info) => style.faint("· info"),
        };
        let _ = writeln!(text, "{head}  {}", item.sentence());
        if !item.hits.is_empty() {
            let _ = writeln!(text, "    {}", item.hits);
        }
        if let Some(reason) = &item.accepted {
            let _ = writeln!(text, "    accepted: {reason}");
        }
        let (line, column) = item.position;
        let _ = writeln!(text, "    {}", style.faint(&format!("{}  {}:{line}:{column}", item.id, told.file)));
    }
    for note in &told.story.notes {
        let _ = writeln!(text, "{note}");
    }
    let summary = format!("{}\n", summary(told));
    text.push_str(&match told.exit() {
        Exit::Yes => style.green(&summary),
        Exit::Unknown => style.yellow(&summary),
        _ => style.red(&summary),
    });
    text
}

pub(super) fn summary(told: &Told) -> String {
    let count = |level| {
        let of_it = told.items.iter().filter(|item| item.level == level && item.accepted.is_none()).count();
        u64::try_from(of_it).unwrap_or(u64::MAX)
    };
    let accepted = told.items.iter().filter(|item| item.accepted.is_some()).count();
    let accepted = if accepted == 0 { String::new() } else { format!(", {accepted} accepted") };
    let warnings = counted(count(Level::Warning), "warning", "warnings");
    let infos = counted(count(Level::Info), "other change", "other changes");
    format!("{} breaking, {warnings}, {infos}{accepted}; {}", count(Level::Breaking), told.story.among)
}

pub(super) fn markdown(told: &Told) -> String {
    let mut text = format!("### {}\n\n{}.\n\n", escaped(told.heading()), escaped(&summary(told)));
    let (infos, grave): (Vec<&Item>, Vec<&Item>) =
        told.items.iter().partition(|item| item.level == Level::Info || item.accepted.is_some());
    for item in grave {
        let level = if item.is_open { "unknown" } else { item.level.as_str() };
        let _ = writeln!(text, "- **{level}**: {}", line(item));
    }
    if !infos.is_empty() {
        let others = counted(u64::try_from(infos.len()).unwrap_or(u64::MAX), "other change", "other changes");
        let _ = writeln!(text, "\n<details><summary>{others}</summary>\n");
        for item in infos.iter().take(MOST_INFOS) {
            let _ = writeln!(text, "- {}", line(item));
        }
        if infos.len() > MOST_INFOS {
            let _ = writeln!(text, "- and {} more", infos.len() - MOST_INFOS);
        }
        text.push_str("\n</details>\n");
    }
    for note in &told.story.notes {
        let _ = writeln!(text, "\n{}.", escaped(note));
    }
    let _ = writeln!(text, "\n<sub>{}</sub>", escaped(&told.story.subject));
    text
}

fn line(item: &Item) -> String {
    let accepted = item.accepted.as_ref().map(|reason| format!(" *Accepted: {}*", escaped(reason)));
    let hits = if item.hits.is_empty() { String::new() } else { format!(": {}", escaped(&item.hits)) };
    format!("{}{hits} (`{}`){}", escaped(&item.sentence()), item.id, accepted.unwrap_or_default())
}

/// Names come from others: they must neither link nor mention anybody. What stands between code marks, as our sentences have
/// them, does neither, and would show its escapes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find('`') {
        let code = &rest[begin + 1..];
        plain(&rest[..begin], &mut escaped);
        match code.find('`') {
            // A mark on its own, on both sides, and something between them.
            Some(end) if end > 0 && !code[end + 1..].starts_with('`') => {
                let _ = write!(escaped, "`{}`", &code[..end]);
                rest = &code[end + 1..];
            }
            _ => {
                escaped.push_str("\\`");
                rest = code;
            }
        }
    }
    plain(rest, &mut escaped);
    escaped
}

fn plain(text: &str, escaped: &mut String) {
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@\u{200b}"),
            '[' | ']' | '*' | '_' | '#' | '!' | '|' | '\\' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn names_of_others_neither_link_nor_mention() {
        check("ask @owner, [here](x) <b>", "ask @\u{200b}owner, \\[here\\](x) &lt;b&gt;");
    }

    #[test]
    fn what_stands_between_code_marks_is_left_as_it_is() {
        check("`expires_at` in a_b", "`expires_at` in a\\_b");
        check("`a`, `<b>` and @c", "`a`, `<b>` and @\u{200b}c");
    }

    #[test]
    fn marks_without_a_partner_begin_nothing() {
        check("a ` @b", "a \\` @\u{200b}b");
        check("``@b``", "\\`\\`@\u{200b}b\\`\\`");
        check("`a``@b", "\\`a\\`\\`@\u{200b}b");
    }
}
