//! What a server says to people: notices with an answer, explanations of a refusal.

use serde_json::Value;

use crate::terminal::Notice;

/// The messages for people in an answer: `notices`, or `logs` where an older server sends no notices.
pub(crate) fn notices(body: &Value) -> Vec<Notice> {
    let read = |list: &str, level: &str, text: &str| -> Vec<Notice> {
        let entries = body[list].as_array().map(Vec::as_slice).unwrap_or_default();
        let notice = |entry: &Value| {
            let level = entry[level].as_str().unwrap_or("info").to_owned();
            entry[text].as_str().map(|text| Notice { level, text: text.to_owned() })
        };
        entries.iter().filter_map(notice).collect()
    };
    let notices = read("notices", "type", "text");
    if notices.is_empty() { read("logs", "level", "message") } else { notices }
}

/// What an error body says, in any of the shapes that Pact Brokers use: `errors` as text, list or object, `error` as
/// text or object, a problem document.
pub(super) fn explanations(body: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(problem) if problem.contains_key("detail") => {
            let detail = problem["detail"].as_str().unwrap_or_default();
            let pointer = problem.get("pointer").and_then(Value::as_str).unwrap_or_default();
            format!("{pointer} {detail}").trim().to_owned()
        }
        other => other.to_string(),
    };
    let list = |value: &Value| -> Vec<String> {
        value.as_array().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect())
    };

    match (&body["errors"], &body["error"], &body["detail"]) {
        (Value::Object(fields), ..) => fields
            .iter()
            .flat_map(|(field, messages)| list(messages).into_iter().map(move |message| (field, message)))
            .map(|(field, message)| if field.is_empty() { message } else { format!("{field} {message}") })
            .collect(),
        (errors @ (Value::Array(_) | Value::String(_)), ..) => list(errors),
        (_, Value::Object(error), _) => error.get("message").map(list).unwrap_or_default(),
        (_, Value::String(error), _) => vec![error.clone()],
        (_, _, Value::String(detail)) => vec![detail.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_explanations(body: &Value, expected: &[&str]) {
        assert_eq!(explanations(body), expected, "{body}");
    }

    #[test]
    fn error_bodies_of_every_shape_are_read() {
        check_explanations(&json!({ "errors": ["a", "b"] }), &["a", "b"]);
        check_explanations(&json!({ "errors": "a" }), &["a"]);
        check_explanations(&json!({ "errors": { "name": ["is missing"], "": "base" } }), &["name is missing", "base"]);
        check_explanations(&json!({ "error": "a" }), &["a"]);
        check_explanations(&json!({ "error": { "message": "a", "reference": "x" } }), &["a"]);
        check_explanations(
            &json!({ "title": "Validation errors", "errors": [{ "detail": "is missing", "pointer": "/name" }] }),
            &["/name is missing"],
        );
        check_explanations(&json!({ "title": "Not found", "detail": "no such thing" }), &["no such thing"]);
        check_explanations(&Value::Null, &[]);
    }

    #[test]
    fn logs_stand_in_for_notices() {
        let notices = notices(&json!({ "logs": [{ "level": "info", "message": "done" }] }));

        assert_eq!(notices, [Notice { level: "info".to_owned(), text: "done".to_owned() }]);
    }
}
