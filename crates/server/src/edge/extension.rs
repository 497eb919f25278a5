//! Addresses that say with an extension what they are to be served as: `/pacticipants/shop.json`. A name may end so, too,
//! and then means itself: only where nothing is called so, the extension is one.

use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::HAL;

const EXTENSIONS: [(&str, &str); 3] = [(".json", HAL), (".csv", "text/csv"), (".yaml", "application/yaml")];

/// Looks again without the extension when nothing was found with it. Changes are never made at another address than the
/// one that was named.
pub(crate) async fn look_without_extension(request: Request, next: Next) -> Response {
    let Some((uri, accept)) = request.method().is_safe().then(|| without_extension(request.uri())).flatten() else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let named = next.clone().run(Request::from_parts(parts.clone(), body)).await;
    if named.status() != StatusCode::NOT_FOUND {
        return named;
    }
    parts.uri = uri;
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // Else links of lists would repeat the address with the extension.
    parts.extensions.remove::<OriginalUri>();
    let found = next.run(Request::from_parts(parts, Body::empty())).await;
    if found.status() == StatusCode::NOT_FOUND { named } else { found }
}

fn without_extension(uri: &Uri) -> Option<(Uri, &'static str)> {
    let path = uri.path();
    let (path, accept) =
        EXTENSIONS.iter().find_map(|(extension, accept)| Some((path.strip_suffix(extension)?, accept)))?;
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{path}{query}").parse().ok()?);
    Some((Uri::from_parts(parts).ok()?, accept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, expected: Option<(&str, &str)>) {
        let found = without_extension(&uri.parse().unwrap());

        let expected = expected.map(|(uri, accept)| (uri.to_owned(), accept));
        assert_eq!(found.map(|(uri, accept)| (uri.to_string(), accept)), expected);
    }

    #[test]
    fn what_follows_the_last_dot_may_say_a_type() {
        check("/pacticipants/shop.json", Some(("/pacticipants/shop", HAL)));
        check("/a.b.csv?q=c.json", Some(("/a.b?q=c.json", "text/csv")));
        check("http://host/a.yaml", Some(("http://host/a", "application/yaml")));
        check("/a.html", None);
        check("/a.json/b", None);
        check("/a?b=c.json", None);
    }
}
