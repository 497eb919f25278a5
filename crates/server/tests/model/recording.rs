//! A recorded history: requests, each with the answer that the Pact Broker gave.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

pub(crate) struct Step {
    pub(crate) number: u64,
    pub(crate) method: String,
    pub(crate) address: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
    /// JSON as it is, anything else as one text.
    pub(crate) answer: Value,
}

impl Step {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.body.as_deref().expect("a body")).expect("JSON")
    }

    /// The path's segments, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.address.split('?').next().unwrap_or_default();
        let decoded = |segment: &str| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
        path.split('/').skip(1).map(decoded).collect()
    }

    /// What is asked, decoded, in its order.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let query = self.address.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

pub(crate) fn read(path: &Path) -> Vec<Step> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let values = lines.map(|line| serde_json::from_str::<Value>(&line.expect("text")).expect("JSON in each line"));
    values.filter(|line| line["request"].is_object()).map(|line| step(&line)).collect()
}

fn step(line: &Value) -> Step {
    let (request, response) = (&line["request"], &line["response"]);
    let text = |value: &Value| value.as_str().map(String::from);
    let answer = [&response["json"], &response["body"]].into_iter().find(|one| !one.is_null());
    Step {
        number: line["i"].as_u64().expect("a number"),
        method: text(&request["method"]).expect("a method"),
        address: text(&request["sent_path"]).expect("an address"),
        content_type: text(&request["headers"]["Content-Type"]),
        body: text(&request["body"]),
        status: response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
        answer: answer.cloned().unwrap_or_default(),
    }
}
