//! Places in contracts and documents: JSON pointers as people and existing tools write them.

/// The tokens of a pointer (RFC 6901).
pub(super) fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// As existing tools do: `[root].interactions[1].response.body.foo`
pub(super) fn location(segments: &[String]) -> String {
    let mut text = "[root]".to_owned();
    for (at, segment) in segments.iter().enumerate() {
        if at == 1 && is_number_of_interaction(segments) {
            text.push('[');
            text.push_str(segment);
            text.push(']');
        } else {
            text.push('.');
            text.push_str(segment);
        }
    }
    text
}

/// Within its interaction: `response.body.foo`
pub(crate) fn in_contract(pointer: &str) -> String {
    let segments = segments(pointer);
    let within = if is_number_of_interaction(&segments) { &segments[2..] } else { &segments };
    within.join(".")
}

/// The operation, then what is within: `GET /things: responses.200.description`
pub(crate) fn in_document(pointer: &str) -> String {
    let segments = segments(pointer);
    match segments.as_slice() {
        [paths, path] if paths == "paths" => path.clone(),
        [paths, path, method] if paths == "paths" => format!("{} {path}", method.to_uppercase()),
        [paths, path, method, within @ ..] if paths == "paths" => {
            format!("{} {path}: {}", method.to_uppercase(), within.join("."))
        }
        segments => segments.join("."),
    }
}

fn is_number_of_interaction(segments: &[String]) -> bool {
    let is_list = segments.first().is_some_and(|first| matches!(first.as_str(), "interactions" | "messages"));
    is_list && segments.get(1).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_existing_tools_do() {
        let check = |pointer: &str, expected: &str| assert_eq!(location(&segments(pointer)), expected);

        check("", "[root]");
        check("/interactions/1/response/body/foo", "[root].interactions[1].response.body.foo");
        check("/paths/~1foo/get/responses/200", "[root].paths./foo.get.responses.200");
    }

    #[test]
    fn a_place_in_a_contract_is_told_within_its_interaction() {
        assert_eq!(in_contract("/interactions/1/response/body/a~1b"), "response.body.a/b");
        assert_eq!(in_contract("/interactions/1"), "");
        assert_eq!(in_contract("/metadata/1"), "metadata.1");
        assert_eq!(in_contract(""), "");
    }

    #[test]
    fn a_place_in_a_document_is_told_with_its_operation() {
        assert_eq!(in_document("/paths/~1things~1{id}/get/responses/200"), "GET /things/{id}: responses.200");
        assert_eq!(in_document("/paths/~1things/get"), "GET /things");
        assert_eq!(in_document("/paths/~1things"), "/things");
        assert_eq!(in_document("/components/schemas/Thing"), "components.schemas.Thing");
        assert_eq!(in_document(""), "");
    }
}
