//! What all HTTP has in common: names in paths, bodies, queries, addresses, HAL, errors, who is asking.

mod accept;
mod base_url;
mod body;
mod error;
mod extension;
pub(crate) mod fields;
mod hal;
mod origin;
mod paging;
mod path;
mod principal;
mod query;
mod repeat;
pub(crate) mod urls;

pub(crate) use accept::{
    CONTENT, CSV, DIFF, EXTENDED, GRAPHVIZ, HAL, JSON, SVG, TEXT, choose, negotiate, offered, prefers_page,
};
pub(crate) use base_url::{BaseUrl, RequestUrl};
pub(crate) use body::{
    Fields, JsonBody, JsonLines, JsonText, MergePatch, OptionalJson, content_type, has_nul, not_utf8,
};
pub(crate) use error::{Error, OnConstraint, Told, in_full, no_such_pacticipant, render_errors};
pub(crate) use extension::look_without_extension;
pub(crate) use hal::{Hal, Link, OwnLink, curies, named, plain_text, text_as, timestamp, without_nulls};
pub(crate) use origin::refuse_other_origins;
pub(crate) use paging::{MOST_BY_KEY, Page, next_by_key, size_by_key};
pub(crate) use path::{FromPath, Named, PathNames, check_path};
pub(crate) use principal::Principal;
pub(crate) use query::{QueryPairs, nested_lists};
pub(crate) use repeat::{TRIES, pause, repeat_overtaken};
