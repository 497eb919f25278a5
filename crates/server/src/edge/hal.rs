//! HAL: links, embedded resources, and how answers are written.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{BaseUrl, EXTENDED, JSON, TEXT};

/// A HAL link. `templated` is left out unless it was set, one way or the other.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Link {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    templated: Option<bool>,
}

impl Link {
    pub(crate) fn to(href: impl Into<String>) -> Self {
        Self { title: None, name: None, href: href.into(), templated: None }
    }

    pub(crate) fn href(&self) -> &str {
        &self.href
    }

    pub(crate) fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    pub(crate) fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(crate) fn templated(mut self, templated: bool) -> Self {
        self.templated = Some(templated);
        self
    }
}

impl From<Link> for Value {
    fn from(link: Link) -> Self {
        let mut value = Map::new();
        for (key, text) in [("title", link.title), ("name", link.name), ("href", Some(link.href))] {
            if let Some(text) = text {
                value.insert(key.into(), Value::String(text));
            }
        }
        if let Some(templated) = link.templated {
            value.insert("templated".into(), Value::Bool(templated));
        }
        Value::Object(value)
    }
}

/// `{"self": …}`: the links of what has no others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OwnLink {
    #[serde(rename = "self")]
    own: Link,
}

impl OwnLink {
    pub(crate) fn to(link: impl Into<Link>) -> Self {
        Self { own: link.into() }
    }
}

impl From<String> for Link {
    fn from(href: String) -> Self {
        Self::to(href)
    }
}

/// Where the documentation of relations stands. Clients that expand prefixes need it in the index.
pub(crate) fn curies(base: &BaseUrl, context: &str) -> Value {
    json!([{"name": "pb", "href": format!("{}/doc/{{rel}}?context={context}", base.as_str()), "templated": true}])
}

/// `{"name": …, "_links": {"self": …}}`, as embedded resources often are.
pub(crate) fn named(key: &str, name: &str, link: Link) -> Value {
    let mut links = Map::new();
    links.insert("self".into(), link.into());
    json!({key: name, "_links": links})
}

/// The object without members that are null: the Pact Broker leaves those out nearly everywhere.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// A moment as the API writes it: seconds, UTC, `+00:00`.
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    // Written by hand, since an answer may have thousands and a format is read anew for each.
    let (date, time) = (at.date_naive(), at.time());
    let (year, month, day) = (date.year(), date.month(), date.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// An answer in HAL: status, an optional `Location`, a body.
#[derive(Debug)]
pub(crate) struct Hal {
    status: StatusCode,
    location: Option<String>,
    content_type: &'static str,
    body: String,
}

impl Hal {
    pub(crate) fn ok(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    /// A body of typed parts: what is large is not built as a tree of values first.
    pub(crate) fn json(body: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::to_string(body).map(Self::text)
    }

    /// A body that is written already.
    pub(crate) fn text(body: String) -> Self {
        Self { status: StatusCode::OK, location: None, content_type: "application/hal+json;charset=utf-8", body }
    }

    pub(crate) fn created(body: &Value) -> Self {
        Self::ok(body).status(StatusCode::CREATED)
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// As the Pact Broker's health checks name it.
    pub(crate) fn without_charset(mut self) -> Self {
        self.content_type = "application/hal+json";
        self
    }

    /// As the offer that this client gets.
    pub(crate) fn offered_as(mut self, offer: &str) -> Self {
        self.content_type = match offer {
            JSON => "application/json;charset=utf-8",
            EXTENDED => "application/vnd.pactbrokerextended.v1+json;charset=utf-8",
            _ => self.content_type,
        };
        self
    }
}

impl IntoResponse for Hal {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, self.content_type)], self.body).into_response();
        if let Some(location) = self.location.and_then(|location| location.parse().ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// An answer in plain text.
pub(crate) fn plain_text(text: String) -> Response {
    text_as(TEXT, text)
}

/// An answer in text of a media type.
pub(crate) fn text_as(media_type: &str, text: String) -> Response {
    ([(header::CONTENT_TYPE, format!("{media_type};charset=utf-8"))], text).into_response()
}
