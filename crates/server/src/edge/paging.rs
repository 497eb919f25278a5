//! Pages of a list, as the Pact Broker counts them: `page` and `size` (or `pageNumber` and `pageSize`), from 1.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};

use super::{Error, Link, QueryPairs, RequestUrl};
use crate::app::App;

const DEFAULT_SIZE: i64 = 100;

/// Which part of a list is wanted. Without parameters: all of it, as existing clients expect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    number: i64,
    size: Option<i64>,
}

impl FromRequestParts<App> for Page {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Ok(query) = QueryPairs::from_request_parts(parts, app).await;
        let either = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, query.last(name)?)));
        let number = either(["page", "pageNumber"]);
        let size = either(["size", "pageSize"]);
        if number.is_none() && size.is_none() {
            return Ok(Self { number: 1, size: None });
        }
        let mut problems = Problems::none();
        let number = problems.note(positive(number, 1));
        let size = problems.note(positive(size, DEFAULT_SIZE));
        match (number, size) {
            (Some(number), Some(size)) => Ok(Self { number, size: Some(size) }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl Page {
    /// The same, with pages of the default size when none were asked for.
    pub(crate) fn always(self) -> Self {
        self.always_of(DEFAULT_SIZE)
    }

    /// The same, with pages of this size when none were asked for.
    pub(crate) fn always_of(self, size: i64) -> Self {
        Self { number: self.number, size: Some(self.size.unwrap_or(size)) }
    }

    /// Refuses larger pages.
    pub(crate) fn at_most(self, size: i64) -> Result<Self, Error> {
        match self.size {
            Some(given) if given > size => {
                Err(Error::invalid("size", format!("must be less than or equal to {size}; ask for more pages")))
            }
            _ => Ok(self),
        }
    }

    /// How many rows to skip.
    pub(crate) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size.unwrap_or(0))
    }

    /// How many rows at most; `None` for all.
    pub(crate) fn limit(self) -> Option<i64> {
        self.size
    }

    /// The `page` object; nothing when the whole list was asked for.
    pub(crate) fn summary(self, total: i64) -> Option<Value> {
        let size = self.size?;
        let pages = total.max(0) / size + i64::from(total % size != 0);
        Some(json!({"number": self.number, "size": size, "totalElements": total, "totalPages": pages}))
    }

    /// The links `next` and `previous`, where there are such pages. `address` has no query; `q` is kept.
    pub(crate) fn links(self, total: i64, address: &str, q: Option<&str>) -> Vec<(&'static str, Link)> {
        let Some(size) = self.size else { return Vec::new() };
        let link = |number: i64, title: &str| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("size", &size.to_string()).append_pair("page", &number.to_string());
            if let Some(q) = q {
                query.append_pair("q", q);
            }
            Link::to(format!("{address}?{}", query.finish())).title(title)
        };
        let mut links = Vec::new();
        if self.number.saturating_mul(size) < total {
            links.push(("next", link(self.number + 1, "Next page")));
        }
        if self.number > 1 {
            links.push(("previous", link(self.number - 1, "Previous page")));
        }
        links
    }
}

fn positive(given: Option<(&str, &str)>, default: i64) -> Result<i64, Problem> {
    let Some((field, text)) = given else { return Ok(default) };
    match text.parse::<i64>() {
        Ok(number) if number >= 1 => Ok(number),
        Ok(_) => Err(Problem::at(field, "must be greater than or equal to 1")),
        Err(_) => Err(Problem::at(field, "must be an integer")),
    }
}
/// Most of a page that ends with a key.
pub(crate) const MOST_BY_KEY: i64 = 1_000;

/// How much a page of a list holds that goes on after a key: `size`.
///
/// # Errors
/// When it is no number from 1 to a thousand.
pub(crate) fn size_by_key(query: &QueryPairs) -> Result<i64, Problem> {
    match query.last("size").map(str::parse) {
        None => Ok(DEFAULT_SIZE),
        Some(Ok(size)) if (1..=MOST_BY_KEY).contains(&size) => Ok(size),
        Some(_) => Err(Problem::at("size", format!("must be a number from 1 to {MOST_BY_KEY}"))),
    }
}

/// The address of what follows a page: the same list, with the last key of this page as `name`.
pub(crate) fn next_by_key(request: &RequestUrl, query: &QueryPairs, name: &str, last: &str) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query.iter().filter(|(other, _)| *other != name));
    pairs.append_pair(name, last);
    format!("{}?{}", request.without_query, pairs.finish())
}
