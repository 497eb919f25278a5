//! Kept in the file of the page's own unit tests: what findings say of their place.

use super::finding::Finding;

#[test]
fn a_finding_tells_its_operation_and_its_interaction() {
    let text = r#"[
        {"code": "a", "severity": "error", "message": "m",
         "contract": {"pointer": "/interactions/3/response/body/id", "line": 9, "column": 2},
         "document": {"pointer": "/paths/~1items~1{id}/get/responses/200", "line": 7, "column": 1}},
        {"code": "document.unreadable", "severity": "error", "message": "n", "fixBy": "provider", "edit": "e"},
        {"no": "finding"}
    ]"#;

    let found = Finding::list(text);

    assert_eq!(found.len(), 2);
    assert_eq!(found[0].operation(), Some(("GET".to_owned(), "/items/{id}".to_owned())));
    assert_eq!(found[0].place(), Some(4));
    assert_eq!((found[1].operation(), found[1].place()), (None, None));
    assert!(Finding::list("no list").is_empty());
}
