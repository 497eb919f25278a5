//! Who is connected with whom, through contracts, whichever of the two is the consumer.

use std::collections::{HashMap, HashSet, VecDeque};

/// Those that are connected with `root`, itself included, directly or through others: the nearest first, and no more than
/// `at_most` of them. Nobody, if no pair has the root.
#[must_use]
pub fn group<'a>(pairs: &[(&'a str, &'a str)], root: &'a str, at_most: usize) -> HashSet<&'a str> {
    let mut neighbours: HashMap<&str, Vec<&str>> = HashMap::new();
    for (consumer, provider) in pairs {
        neighbours.entry(consumer).or_default().push(provider);
        neighbours.entry(provider).or_default().push(consumer);
    }
    let mut found = HashSet::new();
    let mut to_visit = VecDeque::from_iter(neighbours.contains_key(root).then_some(root));
    while let Some(next) = to_visit.pop_front() {
        if found.len() == at_most {
            break;
        }
        if found.insert(next) {
            to_visit.extend(neighbours[next].iter().filter(|neighbour| !found.contains(*neighbour)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(&str, &str); 5] =
        [("shop", "stock"), ("basket", "stock"), ("stock", "ledger"), ("blog", "blog"), ("wiki", "search")];

    fn check(root: &str, at_most: usize, expected: &[&str]) {
        let mut found: Vec<&str> = group(&PAIRS, root, at_most).into_iter().collect();
        found.sort_unstable();

        assert_eq!(found, expected);
    }

    #[test]
    fn a_group_is_what_is_connected_in_either_direction() {
        check("shop", 10, &["basket", "ledger", "shop", "stock"]);
        check("ledger", 10, &["basket", "ledger", "shop", "stock"]);
        check("search", 10, &["search", "wiki"]);
    }

    #[test]
    fn who_uses_only_itself_is_alone() {
        check("blog", 10, &["blog"]);
    }

    #[test]
    fn who_is_in_no_pair_is_in_no_group() {
        check("nobody", 10, &[]);
    }

    #[test]
    fn a_bounded_group_has_the_nearest() {
        check("shop", 1, &["shop"]);
        check("shop", 2, &["shop", "stock"]);
        check("ledger", 3, &["ledger", "shop", "stock"]);
    }
}
