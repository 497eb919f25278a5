//! How uses are shown.

use pactolus_domain::usage::Element;
use serde_json::{Value, json};

use super::find::{Consumer, Using};
use crate::edge::{BaseUrl, Link, urls};

pub(super) fn consumer(base: &BaseUrl, consumer: &Consumer) -> Value {
    let name = consumer.name.as_str();
    let versions: Vec<Value> = consumer.versions.iter().map(|using| version(base, name, using)).collect();
    json!({
        "name": name,
        "versions": versions,
        "_links": {"self": Link::to(urls::pacticipant(base, name)).title("Pacticipant").name(name)},
    })
}

fn version(base: &BaseUrl, consumer: &str, using: &Using) -> Value {
    let version = &using.version;
    let uses: Vec<Value> = using.uses.iter().map(element).collect();
    let address = urls::version(base, consumer, &version.number);
    json!({
        "number": version.number,
        "environments": version.environments,
        "branches": version.branches,
        "uses": uses,
        "useCount": using.use_count,
        "usesMore": using.uses_more,
        "_links": {"self": Link::to(address).title("Version").name(&version.number)},
    })
}

pub(super) fn element(element: &Element) -> Value {
    let status = (element.status > 0).then_some(element.status);
    json!({
        "method": element.method,
        "path": element.path,
        "status": status,
        "part": element.part.as_str(),
        "name": element.name,
    })
}
