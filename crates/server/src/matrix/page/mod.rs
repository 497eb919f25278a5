//! What browsers get at the addresses of the gate and of the matrix: the answers as pages.

mod gate;
mod overview;
mod pair;

pub(crate) use overview::Pairs;

use axum::Router;

use crate::app::App;
use crate::edge::BaseUrl;
use crate::ui::Viewer;
use crate::ui::parts::word;

pub(super) fn routes() -> Router<App> {
    gate::routes().merge(pair::routes()).merge(overview::routes())
}

/// What `urls` puts before addresses that pages link.
fn base(viewer: &Viewer) -> BaseUrl {
    BaseUrl(viewer.root.clone())
}

/// The address of a page with these parameters.
fn address(viewer: &Viewer, path: &str, pairs: &[(String, String)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    viewer.at(&if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
