//! The whole table: own tests, comparison and verification, and what the gate says of each.

use super::*;

const GRAPHQL: &str = "type Query { thing: String }";

/// What came of comparing, the document that makes it so, and its language.
fn documents() -> [(&'static str, String, &'static str); 3] {
    [
        ("compatible", openapi("integer"), "oas"),
        ("incompatible", openapi("string"), "oas"),
        ("undecided", GRAPHQL.to_owned(), "graphql"),
    ]
}

async fn offer(app: &TestApp, version: &str, (document, specification): (&str, &str), kept: Option<bool>) {
    let mut body = json!({
        "pacticipantVersionNumber": version,
        "contract": {"content": base64(document), "contentType": "application/json", "specification": specification},
    });
    if let Some(success) = kept {
        body["contract"]["selfVerificationResults"] = json!({"success": success, "verifier": "drift"});
    }
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);
}

/// Yes only if the provider's own tests passed or the contract was verified, nothing says no, and comparing found nothing.
fn expected(kept: Option<bool>, outcome: &str, verified: Option<bool>) -> Option<bool> {
    let no = kept == Some(false) || outcome == "incompatible" || verified == Some(false);
    match (no, outcome) {
        (true, _) => Some(false),
        (_, "pending") => None,
        (_, "undecided") => verified,
        _ => (kept == Some(true) || verified == Some(true)).then_some(true),
    }
}

/// All that can be known beside the outcome.
fn known() -> Vec<(Option<bool>, Option<bool>)> {
    let each = [None, Some(true), Some(false)];
    each.into_iter().flat_map(|kept| each.map(|verified| (kept, verified))).collect()
}

async fn check(app: &TestApp, documents: &[(&str, String, &str)]) {
    for (outcome, document, specification) in documents {
        for (at, (kept, verified)) in known().into_iter().enumerate() {
            let version = format!("{outcome}-{at}");
            offer(app, &version, (document, specification), kept).await;
            match verified {
                Some(true) => drop(app.world().provider("stock").version(&version).verifies("shop", "1").await),
                Some(false) => drop(app.world().provider("stock").version(&version).fails("shop", "1").await),
                None => {}
            }

            let answer = may_go_with(app, "1", &version).await;

            let expected: Value = expected(kept, outcome, verified).into();
            let case = format!("own tests {kept:?}, {outcome}, verified {verified:?}");
            assert_eq!(answer.at("/summary/deployable"), expected, "{case}");
            let of_row = answer.at("/matrix/0/verificationResult/success");
            assert_eq!(of_row, expected, "{case}");
        }
    }
}

#[tokio::test]
async fn one_no_is_enough_and_a_yes_takes_a_comparison_without_error() {
    let app = TestApp::start().await;
    publish_contract(&app, "1").await;

    check(&app, &documents()).await;
}

#[tokio::test]
async fn what_is_not_compared_yet_is_never_a_yes() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    publish_contract(&app, "1").await;

    check(&app, &[("pending", openapi("integer"), "oas")]).await;
}
