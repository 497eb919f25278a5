//! Which media type answers which, as existing comparators see it.

/// Finds the first of `available` that one of the comma-separated `wanted` types names: exactly, then without
/// parameters, then without what stands before `+`, then through a range on either side.
pub(super) fn find_match<'a>(wanted: &str, available: &[&'a str]) -> Option<&'a str> {
    // Nearly all name one type, in the same letters.
    if let Some(same) = available.iter().find(|offer| offer.eq_ignore_ascii_case(wanted)) {
        return Some(same);
    }
    let plain = |text: &str| text.split_whitespace().collect::<String>().to_ascii_lowercase();
    let mut wanted: Vec<(f32, String)> = wanted.split(',').map(plain).map(|range| weigh(&range)).collect();
    wanted.sort_by(|one, other| other.0.total_cmp(&one.0));
    let wanted: Vec<String> = wanted.into_iter().map(|(_, range)| range).collect();
    let offered: Vec<String> = available.iter().map(|media_type| plain(media_type)).collect();

    let find = |wanted: &[String], offered: &[String], fits: fn(&str, &str) -> bool| {
        let positions = wanted.iter().filter_map(|wish| offered.iter().position(|offer| fits(wish, offer)));
        positions.map(|position| available[position]).next()
    };
    let exactly = find(&wanted, &offered, |wish, offer| wish == offer);
    let bare = |types: &[String]| types.iter().map(|one| without_parameters(one).to_owned()).collect::<Vec<_>>();
    let (wanted, offered) = (bare(&wanted), bare(&offered));
    exactly
        .or_else(|| find(&wanted, &offered, |wish, offer| wish == offer))
        .or_else(|| find(&wanted, &offered, |wish, offer| kind(wish) == kind(offer) && base(wish) == base(offer)))
        .or_else(|| find(&wanted, &offered, |wish, offer| base(offer) == Some("*") && kind(wish) == kind(offer)))
        .or_else(|| find(&wanted, &offered, |_, offer| offer == "*/*"))
        .or_else(|| find(&wanted, &offered, |wish, offer| base(wish) == Some("*") && kind(wish) == kind(offer)))
        .or_else(|| find(&wanted, &offered, |wish, _| wish == "*/*"))
}

/// A range without its quality, which is 1 if it has none.
fn weigh(range: &str) -> (f32, String) {
    let Some((before, after)) = range.split_once(";q=") else { return (1.0, range.to_owned()) };
    let (quality, rest) = after.split_at(after.find(';').unwrap_or(after.len()));
    (quality.parse().unwrap_or(1.0), format!("{before}{rest}"))
}

fn without_parameters(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default()
}

fn kind(media_type: &str) -> &str {
    media_type.split('/').next().unwrap_or_default()
}

/// The subtype, of `vendor+json` only `json`.
fn base(media_type: &str) -> Option<&str> {
    let (_, subtype) = media_type.split_once('/')?;
    subtype.rsplit('+').next()
}

#[cfg(test)]
mod tests {
    use super::find_match;

    #[test]
    fn exact_types_go_before_ranges_and_suffixes() {
        let available = ["*/*", "application/vnd.a+json", "application/json; charset=utf-8", "application/json"];

        assert_eq!(find_match("application/json", &available), Some("application/json"));
        assert_eq!(find_match("application/JSON;charset=utf-8", &available), Some(available[2]));
        assert_eq!(find_match("application/vnd.b+json", &available), Some(available[1]));
        assert_eq!(find_match("text/plain", &available), Some("*/*"));
    }

    #[test]
    fn the_wish_of_highest_quality_goes_first() {
        let available = ["text/plain", "text/csv"];

        assert_eq!(find_match("text/plain;q=0.2, text/csv;q=0.9", &available), Some("text/csv"));
        assert_eq!(find_match("image/png, text/*;q=0.1", &available), Some("text/plain"));
    }

    #[test]
    fn a_wish_for_anything_takes_the_first_and_nothing_matches_nothing() {
        assert_eq!(find_match("*/*", &["text/csv", "text/plain"]), Some("text/csv"));
        assert_eq!(find_match("*/*", &[]), None);
        assert_eq!(find_match("text/html", &["text/csv"]), None);
    }
}
