//! What browsers get at the addresses of the gate and of the matrix: the answers as pages.

mod gate;
mod overview;
mod pair;

pub(crate) use overview::Pairs;

use axum::Router;

use crate::app::App;
use crate::edge::BaseUrl;
use crate::ui::Viewer;

pub(super) fn routes() -> Router<App> {
    gate::routes().merge(pair::routes()).merge(overview::routes())
}

/// What `urls` puts before addresses that pages link.
fn base(viewer: &Viewer) -> BaseUrl {
    BaseUrl(viewer.root.clone())
}

/// The address of a page with these parameters.
fn address(viewer: &Viewer, path: &str, pairs: &[(String, String)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    viewer.at(&if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A word of a command, so that a shell takes it as it is.
fn word(text: &str) -> String {
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
        assert_eq!(word("-x"), "'-x'");
        assert_eq!(word(""), "''");
    }
}
