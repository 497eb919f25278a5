//! The address that links start with: the configured one that fits, else the one the request came by.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use url::Url;

use crate::app::App;

/// Scheme, host and path prefix without a trailing slash: `https://pacts.example.org`.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl(pub(crate) String);

impl BaseUrl {
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Self {
        let own = requested(headers);
        let configured = &app.settings.base_urls;
        let chosen = configured.iter().find(|url| **url == own).or(configured.first());
        Self(chosen.cloned().unwrap_or(own))
    }

    /// What the paths of this server begin with, seen from a browser: the path of the configured address, which a proxy
    /// takes away, or nothing for whoever comes by another way.
    pub(crate) fn prefix(app: &App, headers: &HeaderMap) -> String {
        let own = requested(headers);
        let (chosen, own) = (Url::parse(Self::of(app, headers).as_str()), Url::parse(&own));
        match (chosen, own) {
            (Ok(chosen), Ok(own)) if chosen.host() == own.host() => chosen.path().trim_end_matches('/').to_owned(),
            _ => String::new(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequestParts<App> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, &parts.headers))
    }
}

/// The address of the request itself, query and all: what some self links repeat.
#[derive(Clone, Debug)]
pub(crate) struct RequestUrl {
    /// Base and path.
    pub(crate) without_query: String,
    query: Option<String>,
}

impl RequestUrl {
    pub(crate) fn with_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.without_query),
            None => self.without_query.clone(),
        }
    }
}

impl FromRequestParts<App> for RequestUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let base = BaseUrl::of(app, &parts.headers);
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self { without_query: format!("{}{}", base.0, uri.path()), query: uri.query().map(String::from) })
    }
}

fn requested(headers: &HeaderMap) -> String {
    let header = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        // Each proxy appends its own; the first is what the client used.
        let first = value.split(',').next()?.trim();
        (!first.is_empty()).then(|| first.to_string())
    };
    let scheme = match header("x-forwarded-ssl").as_deref() {
        Some("on") => Some("https".into()),
        _ => header("x-forwarded-proto").or_else(|| header("x-forwarded-scheme")),
    };
    let scheme = scheme.filter(|scheme| scheme == "http" || scheme == "https").unwrap_or("http".into());
    let host = header("x-forwarded-host").or_else(|| header(header::HOST.as_str())).unwrap_or("localhost".into());
    match header("x-forwarded-port") {
        Some(port) if !host.contains(':') && !is_default_port(&scheme, &port) => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    }
}

fn is_default_port(scheme: &str, port: &str) -> bool {
    matches!((scheme, port), ("http", "80") | ("https", "443"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &str)], expected: &str) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();

        assert_eq!(requested(&headers), expected);
    }

    #[test]
    fn the_address_is_the_one_the_request_came_by() {
        check(&[("host", "127.0.0.1:9292")], "http://127.0.0.1:9292");
    }

    #[test]
    fn a_proxy_tells_the_clients_address() {
        check(
            &[("host", "10.0.0.1"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "pacts.example.org, inner")],
            "https://pacts.example.org",
        );
        check(&[("host", "pacts"), ("x-forwarded-ssl", "on"), ("x-forwarded-port", "443")], "https://pacts");
        check(&[("host", "pacts"), ("x-forwarded-port", "8080")], "http://pacts:8080");
    }

    #[test]
    fn a_scheme_that_is_none_is_not_believed() {
        check(&[("host", "pacts"), ("x-forwarded-proto", "javascript")], "http://pacts");
    }
}
