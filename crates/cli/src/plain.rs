//! Words of others on their way to a terminal or a log: nothing in them is obeyed. Contracts, providers and brokers write
//! what they like, and terminals and CI systems take commands from what they are shown.

/// How much of a name is shown.
pub(super) const NAME: usize = 80;
/// How much of a description is shown.
pub(super) const DESCRIPTION: usize = 200;
/// How much of a sentence is shown.
pub(super) const SENTENCE: usize = 400;

/// Beginnings of commands that CI systems obey wherever they stand in a line (Azure Pipelines, GitHub Actions, `TeamCity`).
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// One line of at most so many characters, whatever the text. What can't be seen is spelled out: `\n`, `\u{1b}`.
pub(crate) fn line(text: &str, limit: usize) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(limit) {
        if is_unseen(character) {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    if characters.next().is_some() {
        plain.push('…');
    }
    without_commands(plain)
}

/// Text that may have several lines, each of them as [`line()`] has it.
pub(crate) fn lines(text: &str, limit: usize) -> impl Iterator<Item = String> {
    text.trim_end().lines().map(move |one| line(one.trim_end(), limit))
}

/// Control characters, and those that turn the direction of the text or have no width.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// GitHub's runner obeys `::` as the first thing in a line, whatever space stands before it, and the text may come first.
fn without_commands(mut text: String) -> String {
    if text.contains("##") {
        for command in COMMANDS {
            text = text.replace(command, &command.replacen("##", "## ", 1));
        }
    }
    let space = text.len() - text.trim_start().len();
    if text[space..].starts_with("::") {
        text.insert(space + 1, ' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(line("\x1b[2J\u{9b}31mred\x07\r\n\ttab", 99), r"\u{1b}[2J\u{9b}31mred\u{7}\r\n\ttab");
        assert_eq!(line("\u{202e}desrever\u{2066}\u{200b}\u{feff}", 99), r"\u{202e}desrever\u{2066}\u{200b}\u{feff}");
    }

    #[test]
    fn letters_of_any_language_stay() {
        assert_eq!(line("Zoë 発注 👩\u{200d}🔧 a\\b \"c\"", 99), "Zoë 発注 👩\u{200d}🔧 a\\b \"c\"");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(line("ëëëë", 3), "ëëë…");
        assert_eq!(line("ëëë", 3), "ëëë");
    }

    #[test]
    fn what_a_ci_system_would_obey_is_broken() {
        assert_eq!(line("::add-mask::a", 99), ": :add-mask::a");
        assert_eq!(line("  ::error::a std::string", 99), "  : :error::a std::string");
        assert_eq!(line("a ##vso[task.complete]", 99), "a ## vso[task.complete]");
        assert_eq!(line("##[add-path]b ##teamcity[x] ## title", 99), "## [add-path]b ## teamcity[x] ## title");
    }

    #[test]
    fn several_lines_stay_lines() {
        assert_eq!(lines("a \r\n::b\n\nc\n", 99).collect::<Vec<_>>(), ["a", ": :b", "", "c"]);
    }
}
