//! What came of trying a webhook: what was sent, and what was answered.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::delivery::{answer, headers};
use super::{DOTS, one, plain};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::tenants;
use crate::ui::parts::{Verdict, badge, link, sentence};
use crate::ui::{Page, Section, Viewer};
use crate::webhooks::api::{find, read};
use crate::webhooks::execute::{TestPath, not_yet};
use crate::webhooks::store::tested::find_tested;

pub(super) async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(TestPath { webhook: id, id: test }): Named<TestPath>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let stored = find(&mut db, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let key = tenants::data_key(&mut db, principal.tenant, &app.master_key).await?;
    let title = read(&key, principal.tenant, &stored)?.title();
    let tested = find_tested(&mut db, principal.tenant, &id, test).await?.ok_or(Error::NotFound)?;
    drop(db);

    let (verdict, words) = match &tested.outcome {
        None => (Verdict::NotVerified, "Not sent yet"),
        Some(outcome) if outcome["success"] == true => (Verdict::Passed, "Arrived"),
        Some(_) => (Verdict::Failed, "Failed"),
    };
    let outcome = tested.outcome.unwrap_or_else(not_yet);
    let webhook = viewer.at(&format!("/webhooks/{}", urls::segment(&id)));
    let page = Page {
        crumbs: vec![
            ("Automation", viewer.at("/webhooks")),
            (title.as_str(), webhook.clone()),
            ("Test", String::new()),
        ],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        badge: Some(badge(verdict, words)),
        facts: Some(html! { span { (viewer.ago(tested.created_at)) } span { "kept for a day" } }),
        actions: viewer.may_change().then(|| one::test(&viewer, &id)),
        ..Page::new("Test", Section::Automation, html! { "What the test brought" }, content(&webhook, &outcome))
    };
    Ok(page.show(&viewer))
}

fn content(webhook: &str, outcome: &Value) -> Markup {
    let log = outcome["logs"].as_str().unwrap_or_default().replace(pactolus_domain::webhook::REDACTED, DOTS);
    let answered = outcome.get("response").or_else(|| outcome.get("error"));
    html! {
        @if let Some(message) = outcome["message"].as_str() { (sentence(Verdict::Warning, &html! { (message) })) }
        @else {
            section .panel {
                div .exchange {
                    div {
                        h2 { "Request" }
                        p .mono { (plain(&outcome["request"]["url"])) }
                        (headers(outcome["request"]["headers"].as_object()))
                    }
                    div {
                        h2 { "Answer" }
                        @if let Some(message) = answered.and_then(|answered| answered["message"].as_str()) { p { (message) } } @else { (answer(answered)) }
                    }
                }
                details .log { summary { "Log" } pre { (log) } }
            }
        }
        p { (link(webhook, "Back to the webhook")) }
    }
}
