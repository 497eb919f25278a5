//! What no publication leads to: text that is no contract any more.

use chrono::DateTime;

use super::*;
use crate::ui::tests_viewer;

fn told(content: &str) -> Told {
    Told {
        base: "http://pactolus.test".into(),
        served: Served {
            consumer: "shop".into(),
            provider: "stock".into(),
            version: "1".into(),
            sha: "a".repeat(40),
            interaction_ids: Vec::new(),
            content: content.into(),
            created_at: DateTime::UNIX_EPOCH,
        },
        build_url: None,
        branches: Vec::new(),
        environments: Vec::new(),
        results: Vec::new(),
        shown: 0,
        details: None,
        mismatches: Vec::new(),
        places: HashMap::new(),
        versions: Vec::new(),
        other: None,
        readers: None,
        offered: None,
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_as_it_is_with_the_place_and_the_reason() {
    let viewer = tests_viewer("/pacts/provider/stock/consumer/shop/version/1", "");

    let page = whole::show(&viewer, &told("{\"interactions\":[\n<script>alert(1)</script>"));

    let body = axum::body::to_bytes(page.into_body(), 1_000_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("expected a value at line 2 column 1"), "{text}");
    assert!(text.contains("&lt;script&gt;alert(1)"), "{text}");
    assert!(!text.contains("<script>alert"), "{text}");
    assert!(text.contains("as=download"), "{text}");
}
