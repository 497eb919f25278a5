//! What a client accepts (RFC 9110, section 12.5.1). Several `Accept` lines count as one: the Rust verifier sends two.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Error;

/// Nearly everything is HAL.
pub(crate) const HAL: &str = "application/hal+json";
/// Contracts and results can be had as plain JSON.
pub(crate) const JSON: &str = "application/json";
/// Contracts and results with what belongs to them kept apart from what was sent.
pub(crate) const EXTENDED: &str = "application/vnd.pactbrokerextended.v1+json";
/// Badges.
pub(crate) const SVG: &str = "image/svg+xml";
/// Who consumes whom, to be drawn.
pub(crate) const GRAPHVIZ: &str = "text/vnd.graphviz";
/// Who consumes whom, for spreadsheets and pages.
pub(crate) const CSV: &str = "text/csv";
/// Logs.
pub(crate) const TEXT: &str = "text/plain";

/// Pages.
const HTML: &str = "text/html";

const PROBLEM: &str = "application/problem+json";

/// The best of `offers` for this client; the first one when it does not care. `None` when it accepts none of them.
pub(crate) fn choose(headers: &HeaderMap, offers: &[&'static str]) -> Option<&'static str> {
    let ranges = ranges(headers);
    if ranges.is_empty() {
        return offers.first().copied();
    }
    let mut best: Option<(u16, &'static str)> = None;
    for offer in offers {
        let quality = quality(&ranges, offer);
        if quality > best.map_or(0, |(best, _)| best) {
            best = Some((quality, offer));
        }
    }
    best.map(|(_, offer)| offer)
}

/// What contracts and results can be had as.
pub(crate) const CONTENT: &[&str] = &[HAL, JSON, EXTENDED];

/// What the difference of two contracts can be had as. Text first: that is what who cares not gets from a Pact Broker.
pub(crate) const DIFF: &[&str] = &[TEXT, HAL, JSON];

/// Which of the forms of contracts this client gets.
pub(crate) fn offered(headers: &HeaderMap) -> &'static str {
    choose(headers, CONTENT).unwrap_or(HAL)
}

/// Whether errors are to be told as problem details: only to clients that name the type.
pub(crate) fn wants_problem(headers: &HeaderMap) -> bool {
    ranges(headers).iter().any(|range| range.media_type == PROBLEM && range.quality > 0)
}

/// Whether this client would rather have a page than anything that programs ask for, as browsers would. Who only takes
/// whatever comes would not.
pub(crate) fn prefers_page(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers);
    let named = ranges.iter().find(|range| range.media_type == HTML).map_or(0, |range| range.quality);
    let is_less = |other: &&str| quality(&ranges, other) < named;
    [HAL, JSON, EXTENDED, TEXT, PROBLEM].iter().all(is_less)
}

/// Refuses what none of `offers` can serve before the handler runs. Browsers that look are shown the first of them as a page.
pub(crate) async fn negotiate(offers: &'static [&'static str], mut request: Request, next: Next) -> Response {
    if choose(request.headers(), offers).is_none() {
        if !request.method().is_safe() || !prefers_page(request.headers()) {
            return Error::NotAcceptable { offers }.into_response();
        }
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    }
    next.run(request).await
}

struct Range {
    media_type: String,
    /// In thousandths.
    quality: u16,
}

fn ranges(headers: &HeaderMap) -> Vec<Range> {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(range).collect()
}

fn range(text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().filter(|media_type| !media_type.is_empty())?.to_ascii_lowercase();
    // Some clients of the JDK send this.
    let media_type = if media_type == "*" { "*/*".into() } else { media_type };
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let quality = quality.and_then(|quality| quality.parse::<f32>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
    let quality = (quality.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u16;
    Some(Range { media_type, quality })
}

/// The quality of the most specific range that covers the offer.
fn quality(ranges: &[Range], offer: &str) -> u16 {
    let (kind, _) = offer.split_once('/').unwrap_or((offer, ""));
    let any_of_kind = format!("{kind}/*");
    [offer, &any_of_kind, "*/*"]
        .iter()
        .find_map(|wanted| ranges.iter().find(|range| range.media_type == **wanted))
        .map_or(0, |range| range.quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &[&str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(header::ACCEPT, line.parse().unwrap());
        }

        assert_eq!(choose(&headers, &[HAL, JSON]), expected);
    }

    #[test]
    fn no_preference_gets_the_first_offer() {
        check(&[], Some(HAL));
        check(&["*/*"], Some(HAL));
        check(&["application/*"], Some(HAL));
    }

    #[test]
    fn several_lines_count_as_one() {
        check(&["text/html", "application/json"], Some(JSON));
        check(&["application/hal+json", "application/json"], Some(HAL));
    }

    #[test]
    fn qualities_decide() {
        check(&["application/hal+json;q=0.1, application/json;q=0.9"], Some(JSON));
        check(&["application/hal+json;q=0, */*;q=0.5"], Some(JSON));
    }

    #[test]
    fn what_is_nearly_right_is_understood() {
        check(&[""], Some(HAL));
        check(&["APPLICATION/JSON"], Some(JSON));
        check(&["application/hal+json;Q=0.1, application/json; q=.9"], Some(JSON));
        check(&["application/json;charset=utf-8"], Some(JSON));
        check(&["image/gif, *; q=.2"], Some(HAL));
        check(&["application/json;q=nonsense"], Some(JSON));
    }

    fn check_page(accept: &str, expected: bool) {
        let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);

        assert_eq!(prefers_page(&headers), expected, "{accept}");
    }

    #[test]
    fn browsers_prefer_pages_and_programs_do_not() {
        check_page("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true);
        check_page("text/html", true);
        check_page("text/html;q=0.9, application/json;q=0.8", true);
        check_page("text/html;q=0.5, application/json;q=0.9", false);
        check_page("text/html, application/json", false);
        check_page("text/html, application/problem+json", false);
        check_page("text/html, */*", false);
        check_page("text/*", false);
        check_page("*/*", false);
        check_page("text/html;q=0", false);
        check_page("application/hal+json, application/json", false);
        check_page("", false);
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        check(&["text/html"], None);
        check(&["application/problem+json"], None);
    }
}
