//! Finds names that are probably meant to be another: `Foo-Service` and `foo`.

/// The existing names that mean the same as the new one; none if the new one exists.
#[must_use]
pub fn similar_names<'a>(new: &str, existing: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let words = significant_words(new);
    let mut similar = Vec::new();
    for name in existing {
        if name == new {
            return Vec::new();
        }
        if significant_words(name) == words {
            similar.push(name);
        }
    }
    similar
}

/// Tells a client how to go on, whichever name was meant.
#[must_use]
pub fn similar_names_message(new: &str, similar: &[&str], base_url: &str) -> String {
    let list: Vec<String> = similar.iter().map(|name| format!("* {name}")).collect();
    let list = list.join("\n");
    format!(
        "This is the first time a pact has been published for \"{new}\".
The name \"{new}\" is very similar to the following existing pacticipants:
{list}
If you meant to specify one of the above names, please correct the pact configuration, and re-publish the pact.
If the pact is intended to be for a new consumer or provider, please manually create \"{new}\" using the following \
         command from the Pact Broker CLI, and then re-publish the pact:

pact-broker create-or-update-pacticipant --name \"{new}\" --broker-base-url {base_url}

For information on the Pact Broker CLI see https://docs.pact.io/go/pbc-cli
To disable this check, set `check_for_potential_duplicate_pacticipant_names` to false in the configuration.
"
    )
}

/// In small letters and singular, without those that say nothing.
fn significant_words(name: &str) -> Vec<String> {
    let words = words(name).into_iter().map(|word| word.strip_suffix('s').map(str::to_owned).unwrap_or(word));
    words.filter(|word| !matches!(word.as_str(), "" | "api" | "provider" | "service")).collect()
}

fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.replace("::", "/").chars().collect();
    let mut words = vec![String::new()];
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index]);
        let after = letters.get(index + 1).copied();
        let is_separator = letter.is_whitespace() || matches!(letter, '-' | '_');
        if is_separator || starts_word(letter, before, after) {
            words.push(String::new());
        }
        if !is_separator && let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

fn starts_word(letter: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before.filter(|_| letter.is_ascii_uppercase()) else {
        return false;
    };
    let ends_small = before.is_ascii_lowercase() || before.is_ascii_digit();
    let ends_capitals = before.is_ascii_uppercase() && after.is_some_and(|after| after.is_ascii_lowercase());
    ends_small || ends_capitals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &str, existing: &[&str], expected: &[&str]) {
        assert_eq!(similar_names(new, existing.iter().copied()), expected);
    }

    #[test]
    fn words_that_say_nothing_do_not_count() {
        check("Foo-Service", &["Foo", "Bar"], &["Foo"]);
        check("foo api provider", &["FooService", "Foo Bar"], &["FooService"]);
    }

    #[test]
    fn spelling_does_not_count() {
        check(
            "foo_bar",
            &["FooBar", "foo-bar", "Foo Bar", "FOOBar", "fooBars"],
            &["FooBar", "foo-bar", "Foo Bar", "FOOBar", "fooBars"],
        );
        check("HTTPClient", &["http-client", "httpclient"], &["http-client"]);
    }

    #[test]
    fn other_words_count() {
        check("Foo", &["Fo", "Bar", "Foo2", "Foo/Bar", "A::Foo"], &[]);
    }

    #[test]
    fn a_name_that_exists_is_meant() {
        check("Foo", &["foo", "Foo"], &[]);
    }

    #[test]
    fn the_message_offers_both_ways() {
        let message = similar_names_message("Foo-Service", &["Foo", "foos"], "http://broker");

        assert!(message.contains("existing pacticipants:\n* Foo\n* foos\nIf you meant"));
        assert!(message.contains("the following command from the Pact Broker CLI"));
        assert!(message.contains(
            "\n\npact-broker create-or-update-pacticipant --name \"Foo-Service\" --broker-base-url http://broker\n\n"
        ));
    }
}
