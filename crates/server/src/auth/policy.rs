//! Which role an address asks for, and what is public.

use axum::http::Method;

use super::{Access, Role};

/// The least role that may send such a request.
pub(super) fn needed(method: &Method, path: &str) -> Role {
    if method.is_safe() || asks(method, path) {
        Role::Read
    } else if *method == Method::DELETE && path.trim_end_matches('/') == "/integrations" {
        Role::Administrator
    } else {
        Role::Write
    }
}

/// Whether anybody may send such a request.
pub(super) fn is_public(access: &Access, method: &Method, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let heartbeat = access.public_heartbeat && path == "/diagnostic/status/heartbeat";
    let badge = access.public_badges && is_badge(path);
    let probe = matches!(path, "/livez" | "/readyz");
    if method.is_safe() && (probe || describes_the_api(path) || heartbeat || badge) {
        return true;
    }
    access.public_read && needed(method, path) == Role::Read
}

/// Questions whose selectors or assumptions are a body: nothing is changed.
fn asks(method: &Method, path: &str) -> bool {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    *method == Method::POST
        && matches!(
            segments[..],
            ["pacts", "provider", _, "for-verification"]
                | ["can-i-deploy", "what-if"]
                | ["provider-contracts", "provider", _, "preview"]
                | ["contracts", "provider", _, "consumer", _, "preview"]
        )
}

/// The document, the pages about it and what they are made of: the same for everybody, and nothing that users wrote.
fn describes_the_api(path: &str) -> bool {
    matches!(path, "/openapi.json" | "/doc" | "/hal-browser/browser.html")
        || ["/doc/", "/assets/"].iter().any(|folder| path.starts_with(folder))
}

fn is_badge(path: &str) -> bool {
    let path = path.strip_suffix(".svg").or_else(|| path.strip_suffix(".json")).unwrap_or(path);
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let [first @ .., "badge"] = segments.as_slice() else { return false };
    matches!(
        first,
        ["pacts", "provider", _, "consumer", _, ..]
            | ["matrix", "provider", _, "latest", _, "consumer", _, "latest", _]
            | ["pacticipants", _, "main-branch", "can-i-merge" | "provider-contract"]
            | ["pacticipants", _, "latest-version", _, "can-i-deploy", "to", _]
            | ["pacticipants", _, "branches", _, "latest-version", "can-i-deploy", "to-environment", _]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_takes_a_reader_and_so_do_questions_with_a_body() {
        let needed = |method: Method, path: &str| needed(&method, path);

        assert_eq!(needed(Method::GET, "/pacticipants"), Role::Read);
        assert_eq!(needed(Method::OPTIONS, "/pacticipants"), Role::Read);
        assert_eq!(needed(Method::POST, "/pacts/provider/stock/for-verification"), Role::Read);
        assert_eq!(needed(Method::POST, "/pacts/provider/stock/for-verification/"), Role::Read);
        assert_eq!(needed(Method::POST, "/can-i-deploy/what-if"), Role::Read);
        assert_eq!(needed(Method::POST, "/provider-contracts/provider/stock/preview"), Role::Read);
        assert_eq!(needed(Method::POST, "/contracts/provider/stock/consumer/shop/preview"), Role::Read);
        assert_eq!(needed(Method::PUT, "/pacts/provider/stock/for-verification"), Role::Write);
        assert_eq!(needed(Method::POST, "/pacticipants/pacts/provider/stock/for-verification"), Role::Write);
        assert_eq!(needed(Method::POST, "/pacticipants"), Role::Write);
        assert_eq!(needed(Method::DELETE, "/integrations/provider/stock/consumer/shop"), Role::Write);
        assert_eq!(needed(Method::DELETE, "/integrations/"), Role::Administrator);
    }

    #[test]
    fn nothing_is_public_but_what_the_settings_say_the_probes_and_what_describes_the_api() {
        let closed = Access::default();
        let reading = Access { public_read: true, ..Access::default() };
        let heartbeat = Access { public_heartbeat: true, ..Access::default() };

        for path in ["/readyz", "/openapi.json", "/doc/pacticipants", "/hal-browser/browser.html", "/assets/pages.css"]
        {
            assert!(is_public(&closed, &Method::GET, path), "{path}");
            assert!(!is_public(&closed, &Method::POST, path), "{path}");
        }
        for path in ["/", "/pacticipants", "/diagnostic/status/heartbeat", "/pacts/provider/A/consumer/B/latest/badge"]
        {
            assert!(!is_public(&closed, &Method::GET, path), "{path}");
            assert!(is_public(&reading, &Method::GET, path), "{path}");
        }
        assert!(is_public(&heartbeat, &Method::GET, "/diagnostic/status/heartbeat/"));
        assert!(!is_public(&heartbeat, &Method::GET, "/diagnostic/status/dependencies"));
        assert!(is_public(&reading, &Method::POST, "/pacts/provider/A/for-verification"));
        assert!(!is_public(&reading, &Method::POST, "/pacticipants"));
        assert!(!is_public(&reading, &Method::DELETE, "/readyz"));
    }

    #[test]
    fn badges_are_public_by_their_own_setting_and_nothing_that_only_looks_like_one() {
        let access = Access { public_badges: true, ..Access::default() };
        let is_public = |path: &str| is_public(&access, &Method::GET, path);

        for path in [
            "/pacts/provider/A/consumer/B/latest/badge.svg",
            "/pacts/provider/A/consumer/B/latest/prod/badge",
            "/pacts/provider/A/consumer/B/badge",
            "/matrix/provider/A/latest/prod/consumer/B/latest/main/badge.svg",
            "/pacticipants/A/main-branch/can-i-merge/badge",
            "/pacticipants/A/main-branch/provider-contract/badge.svg",
            "/pacticipants/A/latest-version/prod/can-i-deploy/to/test/badge",
            "/pacticipants/A/branches/feat%2Fx/latest-version/can-i-deploy/to-environment/test/badge.svg",
        ] {
            assert!(is_public(path), "{path}");
        }
        for path in ["/pacticipants/badge", "/pacticipants/A/versions/badge", "/pacticipants/A/labels/badge", "/badge"]
        {
            assert!(!is_public(path), "{path}");
        }
    }
}
