//! The ready-made requests that there are.

use axum::Router;
use axum::routing::get;
use pactolus_domain::webhook::{PRESETS, Parameter, Preset};
use serde_json::{Value, json};

use crate::app::App;
use crate::edge::{BaseUrl, Hal, Link, Principal, without_nulls};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/webhook-presets", get(list))
}

async fn list(_: Principal, base: BaseUrl) -> Hal {
    let presets: Value = PRESETS.iter().map(preset).collect();
    let base = base.as_str();
    Hal::ok(&json!({
        "_embedded": {"presets": presets},
        "_links": {
            "self": Link::to(format!("{base}/webhook-presets")).title("Ready-made requests"),
            "pb:webhooks": Link::to(format!("{base}/webhooks")).title("All webhooks"),
        },
    }))
}

fn preset(preset: &Preset) -> Value {
    let parameters: Value = preset.parameters.iter().map(parameter).collect();
    json!({"name": preset.name, "description": preset.description, "parameters": parameters})
}

fn parameter(parameter: &Parameter) -> Value {
    without_nulls(json!({
        "name": parameter.name,
        "required": parameter.default.is_none(),
        "secret": parameter.kind.is_secret(),
        "default": parameter.default,
        "example": parameter.example,
        "description": parameter.description,
    }))
}
