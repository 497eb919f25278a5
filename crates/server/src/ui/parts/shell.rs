//! Commands to copy: what users named things must not do anything in a shell.

/// A word of a command, so that a shell takes it as it is.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:@+=,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_command_is_what_it_was_whatever_is_in_it() {
        assert_eq!(word("a41c7e0"), "a41c7e0");
        assert_eq!(word("web shop"), "'web shop'");
        assert_eq!(word("it's; rm -rf ~"), r"'it'\''s; rm -rf ~'");
        assert_eq!(word("1$(reboot)"), "'1$(reboot)'");
        assert_eq!(word("-x"), "'-x'");
        assert_eq!(word(""), "''");
    }
}
