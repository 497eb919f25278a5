//! The command that was run, as somebody would type it again: without its secrets, and without what chooses interactions.

use url::Url;

/// What takes a value that nobody should see, and what to write in its place.
const SECRETS: &[(&str, &str)] = &[
    ("-t", "\"$PACT_BROKER_TOKEN\""),
    ("--token", "\"$PACT_BROKER_TOKEN\""),
    ("--broker-token", "\"$PACT_BROKER_TOKEN\""),
    ("--password", "\"$PACT_BROKER_PASSWORD\""),
    ("--broker-password", "\"$PACT_BROKER_PASSWORD\""),
];
const HEADERS: &[&str] = &["-H", "--header"];
/// They choose interactions or publish; with a value or without.
const LEFT_OUT: &[(&str, bool)] = &[
    ("--only", true),
    ("--last-failed", false),
    ("--publish", false),
    ("--publish-verification-results", false),
    ("--evidence", true),
    ("--redact", true),
];

/// Short flags that take no value: others may stand behind them in one word.
const SWITCHES: &[char] = &['v'];

/// Of the arguments behind the program's name.
pub(super) fn again(arguments: impl IntoIterator<Item = String>) -> String {
    let mut words = vec!["pactolus".to_owned()];
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (flag, inline) = parted(argument);
        if let Some((_, has_value)) = LEFT_OUT.iter().find(|(name, _)| *name == flag) {
            if *has_value && inline.is_none() {
                arguments.next();
            }
            continue;
        }
        let secret = SECRETS.iter().find(|(name, _)| *name == flag).map(|(_, instead)| (*instead).to_owned());
        if secret.is_some() || HEADERS.contains(&flag.as_str()) {
            let value = inline.or_else(|| arguments.next()).unwrap_or_default();
            let name = value.split('=').next().unwrap_or_default();
            words.extend([flag, secret.unwrap_or_else(|| quoted(&format!("{name}=…")))]);
            continue;
        }
        words.push(quoted(&without_password(&flag)));
        words.extend(inline.map(|value| quoted(&without_password(&value))));
    }
    words.join(" ")
}

/// A flag and the value that stands in the same word: `--token=x`, `-tx`, `-t=x`, `-vtx`.
fn parted(argument: String) -> (String, Option<String>) {
    if argument.starts_with("--") {
        return match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
    }
    let Some(letters) = argument.strip_prefix('-') else { return (argument, None) };
    let Some((at, letter)) = letters.char_indices().find(|(_, letter)| !SWITCHES.contains(letter)) else {
        return (argument, None);
    };
    let value = &letters[at + letter.len_utf8()..];
    let value = value.strip_prefix('=').unwrap_or(value);
    (format!("-{letter}"), Some(value.to_owned()).filter(|value| !value.is_empty()))
}

fn without_password(word: &str) -> String {
    match Url::parse(word) {
        Ok(mut url) if url.password().is_some() => {
            // An address that has a password can have another one.
            let _ = url.set_password(Some("…"));
            url.to_string()
        }
        _ => word.to_owned(),
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+…".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_choices_are_left_out() {
        let check = |arguments: &[&str], expected: &str| {
            assert_eq!(again(arguments.iter().map(|&word| word.to_owned())), expected);
        };

        check(&["verify", "-p", "80", "--only", "abc", "--publish"], "pactolus verify -p 80");
        check(&["verify", "--only=abc", "--last-failed", "-f", "a b.json"], "pactolus verify -f 'a b.json'");
        check(&["verify", "--token=hunter2"], "pactolus verify --token \"$PACT_BROKER_TOKEN\"");
        check(&["verify", "-t", "hunter2", "-H", "X=hunter2"], "pactolus verify -t \"$PACT_BROKER_TOKEN\" -H X=…");
        check(&["verify", "-thunter2"], "pactolus verify -t \"$PACT_BROKER_TOKEN\"");
        check(&["verify", "-t=hunter2", "-p80"], "pactolus verify -t \"$PACT_BROKER_TOKEN\" -p 80");
        check(&["verify", "-vt", "hunter2"], "pactolus verify -t \"$PACT_BROKER_TOKEN\"");
        check(&["verify", "-HAuthorization=Bearer hunter2"], "pactolus verify -H Authorization=…");
        check(&["verify", "-b", "http://me:hunter2@a/"], "pactolus verify -b http://me:%E2%80%A6@a/");
        check(&["verify", "--filter-state", "it's"], r"pactolus verify --filter-state 'it'\''s'");
    }
}
