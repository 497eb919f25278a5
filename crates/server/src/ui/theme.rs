//! Light or dark, chosen by a link: it works without a script and is kept in a cookie.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::viewer::{Theme, Viewer};

const A_YEAR_S: u32 = 31_536_000;

/// Sets the cookie and leads back.
pub(super) fn choose(viewer: &Viewer) -> Response {
    let theme = Theme::named(viewer.query.last("to").unwrap_or_default());
    let path = if viewer.root.is_empty() { "/" } else { &viewer.root };
    let (value, age_s) = theme.name().map_or(("", 0), |name| (name, A_YEAR_S));
    let cookie = format!("theme={value}; Path={path}; Max-Age={age_s}; SameSite=Lax");
    let back = viewer.query.last("back").filter(|back| stays_here(back)).map_or_else(|| viewer.at("/"), String::from);
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let (Ok(cookie), Ok(back)) = (HeaderValue::try_from(cookie), HeaderValue::try_from(back)) {
        headers.insert(header::SET_COOKIE, cookie);
        headers.insert(header::LOCATION, back);
    }
    response
}

/// Only addresses of this server: two slashes, or what browsers take for them, would lead to another.
fn stays_here(address: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_graphic() && letter != '\\';
    address.starts_with('/') && !address.starts_with("//") && address.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_server_are_led_back_to() {
        for address in ["/", "/pacticipants/a%20b?q=c", "/x/pacticipants"] {
            assert!(stays_here(address), "{address}");
        }
        for address in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "pacticipants"] {
            assert!(!stays_here(address), "{address}");
        }
    }
}
