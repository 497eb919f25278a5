//! What somebody may have meant: names that are written nearly as one that is not there.

use std::cmp::Reverse;

/// At least so much in common, in thousandths.
const ENOUGH: usize = 400;

/// The names most like `asked`, the likest first, at most `most` of them.
pub(crate) fn nearest<T>(
    asked: &str,
    candidates: impl Iterator<Item = T>,
    name: impl Fn(&T) -> &str,
    most: usize,
) -> Vec<T> {
    let asked = pairs(asked);
    let likeness = |name: &str| {
        let pairs = pairs(name);
        let both = pairs.iter().filter(|pair| asked.contains(pair)).count();
        2000 * both / (pairs.len() + asked.len()).max(1)
    };
    let mut similar: Vec<(usize, T)> = candidates.map(|candidate| (likeness(name(&candidate)), candidate)).collect();
    similar.retain(|(likeness, _)| *likeness >= ENOUGH);
    similar.sort_by_key(|(likeness, _)| Reverse(*likeness));
    similar.into_iter().map(|(_, candidate)| candidate).take(most).collect()
}

/// Neighbouring letters; of a relation's name without its prefix.
fn pairs(name: &str) -> Vec<[char; 2]> {
    let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
    let letters: Vec<char> = bare.to_lowercase().chars().take(200).collect();
    letters.windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_nearly_so_was_probably_meant() {
        let names = ["production", "staging", "products", "test"];

        let found = nearest("prodction", names.into_iter(), |name| name, 2);

        assert_eq!(found, ["production", "products"]);
    }

    #[test]
    fn a_name_like_no_other_is_like_none() {
        assert!(nearest("xyz", ["production"].into_iter(), |name| name, 3).is_empty());
        assert!(nearest("", ["production", ""].into_iter(), |name| name, 3).is_empty());
    }
}
