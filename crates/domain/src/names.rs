//! The names people and pipelines give: parsed once at the edge, trusted inside.

use std::fmt;

use serde::Serialize;

/// The longest name accepted, in characters. At four bytes each it still fits a database index.
pub const MAX_NAME_CHARS: usize = 512;

/// Why a text can't be a name. The messages read well after the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty.
    #[error("must be filled")]
    Empty,
    /// Nothing but whitespace.
    #[error("cannot be blank")]
    Blank,
    /// A line feed or carriage return.
    #[error("cannot contain multiple lines")]
    MultipleLines,
    /// Whitespace where none is allowed.
    #[error("cannot contain spaces")]
    Spaces,
    /// The character U+0000, which the database can't hold.
    #[error("cannot contain the NUL character")]
    Nul,
    /// More than [`MAX_NAME_CHARS`].
    #[error("cannot be longer than {MAX_NAME_CHARS} characters")]
    TooLong,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $spaces:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Accepts the text as it is: nothing is trimmed or folded.
            ///
            /// # Errors
            /// The first rule that the text breaks.
            pub fn parse(text: impl Into<String>) -> Result<Self, NameError> {
                checked(text.into(), $spaces).map(Self)
            }

            /// The name as given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// An application that consumes, provides, or both.
    PacticipantName,
    Spaces::Allowed
);
name!(
    /// What a build calls its version: any text, never compared by its digits.
    VersionNumber,
    Spaces::Allowed
);
name!(
    /// A branch of a pacticipant's repository.
    BranchName,
    Spaces::Allowed
);
name!(
    /// A tag on a version.
    TagName,
    Spaces::Allowed
);
name!(
    /// A label of a pacticipant.
    LabelName,
    Spaces::Allowed
);
name!(
    /// The short name of an environment, as pipelines write it.
    EnvironmentName,
    Spaces::Refused
);

impl BranchName {
    /// As a pacticipant's main branch, where the Pact Broker refuses spaces.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse_main(text: impl Into<String>) -> Result<Self, NameError> {
        checked(text.into(), Spaces::Refused).map(Self)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Spaces {
    Allowed,
    Refused,
}

fn checked(text: String, spaces: Spaces) -> Result<String, NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.trim().is_empty() {
        Err(NameError::Blank)
    } else if text.contains(['\n', '\r']) {
        Err(NameError::MultipleLines)
    } else if spaces == Spaces::Refused && text.contains(char::is_whitespace) {
        Err(NameError::Spaces)
    } else if text.contains('\0') {
        Err(NameError::Nul)
    } else if text.chars().count() > MAX_NAME_CHARS {
        Err(NameError::TooLong)
    } else {
        Ok(text)
    }
}

/// How people would write the name: `FooBar-api` becomes `Foo Bar Api`.
#[must_use]
pub fn display_name(name: &PacticipantName) -> String {
    spaced_words(name.as_str())
}

/// As [`display_name`], for an environment.
#[must_use]
pub fn environment_display_name(name: &EnvironmentName) -> String {
    spaced_words(name.as_str())
}

fn spaced_words(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut spaced = String::with_capacity(name.len() + 8);
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index]);
        let after = letters.get(index + 1).copied();
        if is_separator(letter, before, after) {
            spaced.push(' ');
            continue;
        }
        if starts_word(letter, before, after) {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    let words: Vec<String> = spaced.split_whitespace().map(capitalised).collect();
    words.join(" ")
}

fn is_separator(letter: char, before: Option<char>, after: Option<char>) -> bool {
    let is_inside = |neighbour: Option<char>| neighbour.is_some_and(|c| !c.is_whitespace());
    matches!(letter, '-' | '_' | '.') && is_inside(before) && is_inside(after)
}

/// A capital starts a word after a small letter or digit, and at the end of a run of capitals
/// (`HTTPServer`), but never as the very last letter (`AuthA`).
fn starts_word(letter: char, before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let ends_small = before.is_ascii_lowercase() || before.is_ascii_digit();
    let ends_capitals = before.is_ascii_uppercase() && after.is_ascii_lowercase();
    letter.is_ascii_uppercase() && ((ends_small && !after.is_whitespace()) || ends_capitals)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, NameError>) {
        let parsed = PacticipantName::parse(text);

        assert_eq!(parsed.as_ref().map(PacticipantName::as_str), expected.as_ref().copied());
    }

    fn check_without_spaces(text: &str, expected: Result<&str, NameError>) {
        let environment = EnvironmentName::parse(text);
        let main_branch = BranchName::parse_main(text);

        let expected = expected.as_ref().copied();
        assert_eq!(environment.as_ref().map(EnvironmentName::as_str), expected);
        assert_eq!(main_branch.as_ref().map(BranchName::as_str), expected);
    }

    fn check_display(name: &str, expected: &str) {
        assert_eq!(display_name(&PacticipantName::parse(name).unwrap()), expected);
    }

    #[test]
    fn any_visible_text_is_a_name() {
        check("Foo", Ok("Foo"));
        check(" Zoo/%2F app ☃", Ok(" Zoo/%2F app ☃"));
        check("..", Ok(".."));
    }

    #[test]
    fn an_empty_name_must_be_filled() {
        check("", Err(NameError::Empty));
    }

    #[test]
    fn whitespace_is_blank() {
        check(" \t\n", Err(NameError::Blank));
        check("\u{3000}", Err(NameError::Blank));
    }

    #[test]
    fn a_name_has_one_line() {
        check("a\nb", Err(NameError::MultipleLines));
        check("a\r", Err(NameError::MultipleLines));
    }

    #[test]
    fn the_database_cannot_hold_nul() {
        check("a\0b", Err(NameError::Nul));
    }

    #[test]
    fn the_limit_counts_characters() {
        let longest = "☃".repeat(MAX_NAME_CHARS);
        check(&longest, Ok(&longest));
        check(&format!("{longest}a"), Err(NameError::TooLong));
    }

    #[test]
    fn environments_and_main_branches_have_no_spaces() {
        check_without_spaces("prod", Ok("prod"));
        check_without_spaces("my prod", Err(NameError::Spaces));
        check_without_spaces("my\tprod", Err(NameError::Spaces));
    }

    #[test]
    fn messages_read_after_the_field() {
        assert_eq!(NameError::Empty.to_string(), "must be filled");
        assert_eq!(NameError::TooLong.to_string(), "cannot be longer than 512 characters");
    }

    #[test]
    fn a_name_is_a_plain_string_in_json() {
        let name = VersionNumber::parse("1.0").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""1.0""#);
    }

    #[test]
    fn display_names_are_split_at_capitals_and_separators() {
        check_display("FooBar-api", "Foo Bar Api");
        check_display("foo_bar.baz", "Foo Bar Baz");
        check_display("HTTPServer", "HTTP Server");
        check_display("Full Thing!", "Full Thing!");
        check_display("Newbie2", "Newbie2");
        check_display("app2Go", "App2 Go");
    }

    #[test]
    fn display_names_keep_what_separates_nothing() {
        check_display("AuthA", "AuthA");
        check_display("-foo-", "-foo-");
        check_display("éa", "Éa");
    }

    #[test]
    fn environments_are_displayed_by_the_same_rule() {
        let name = EnvironmentName::parse("pre-prod").unwrap();
        assert_eq!(environment_display_name(&name), "Pre Prod");
    }
}
