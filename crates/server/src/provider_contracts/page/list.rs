//! All providers that say what they offer, by name.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::store::listed::{self, Documented, Wanted};
use super::consumers::number;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, Hal, Link, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key, timestamp, urls,
    without_nulls,
};
use crate::ids::TenantId;
use crate::ui::parts::{Column, Filter, Filters, Foot, Verdict, chip, count, counted, empty, head, verdict_saying};
use crate::ui::{Page, Section, Viewer};

const SHOWN: i64 = 50;

/// A page of the list, and whether there is more.
async fn find(app: &App, tenant: TenantId, query: &QueryPairs, most: i64) -> Result<(Vec<Documented>, bool), Error> {
    let wanted = Wanted {
        sought: query.last("q").unwrap_or_default(),
        after: query.last("after").unwrap_or_default(),
        most: most + 1,
    };
    let mut db = app.read().await?;
    let mut found = listed::list_documented(&mut db, tenant, wanted).await?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let has_more = found.len() > most;
    found.truncate(most);
    Ok((found, has_more))
}

pub(super) async fn as_json(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let (found, has_more) = find(&app, principal.tenant, &query, size_by_key(&query)?).await?;
    let listed: Value = found.iter().map(|one| provider(&base, one)).collect();
    let mut links = Map::new();
    links.insert("self".into(), Link::to(request.with_query()).title("Providers with a provider contract").into());
    if let Some(last) = found.last().filter(|_| has_more) {
        let next = next_by_key(&request, &query, "after", &last.provider);
        links.insert("next".into(), Link::to(next).title("Next page").into());
    }
    Ok(Hal::ok(&json!({"hasMore": has_more, "_embedded": {"providers": listed}, "_links": links})))
}

fn provider(base: &BaseUrl, one: &Documented) -> Value {
    let address = format!("{}/provider-contracts/{}", base.as_str(), urls::segment(&one.provider));
    without_nulls(json!({
        "name": one.provider,
        "version": one.version,
        "specification": one.specification,
        "sha": one.sha,
        "sizeBytes": one.size_bytes,
        "createdAt": timestamp(one.created_at),
        "success": one.success,
        "consumers": {"count": one.consumers, "compatible": one.compatible, "incompatible": one.incompatible},
        "_links": {
            "self": Link::to(address).title("What it offers, and who uses it").name(&one.provider),
            "pb:pacticipant": Link::to(urls::pacticipant(base, &one.provider)).title("Provider").name(&one.provider),
        },
    }))
}

pub(super) async fn as_page(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let (found, has_more) = find(&app, principal.tenant, &viewer.query, SHOWN).await?;
    let is_all = !has_more && !viewer.query.has("after") && !viewer.query.has("q");
    let is_empty = found.is_empty() && is_all;
    let content = html! {
        @if is_empty { (nothing(&viewer)) } @else { (filters(&viewer)) (list(&viewer, &found, has_more)) }
    };
    let heading = html! { @if is_all && !is_empty { (answer(&found)) } @else { "Provider contracts" } };
    let facts = (!is_empty).then(|| html! { span { "What providers offer, by the head of the main branch, else the newest version that has a document" } });
    let page = Page {
        crumbs: vec![("OpenAPI", String::new())],
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        facts,
        ..Page::new("OpenAPI", Section::OpenApi, heading, content)
    };
    Ok(page.show(&viewer))
}

/// Whose move it is, over all of them.
fn answer(found: &[Documented]) -> Markup {
    let failing = number(found.iter().filter(|one| one.incompatible > 0).count());
    let all = number(found.len());
    html! {
        @if failing == 0 { "No provider's document breaks a consumer" }
        @else { (count(failing)) " of " (counted(all, "provider", "providers")) @if failing == 1 { " doesn't" } @else { " don't" } " offer what consumers use" }
    }
}

fn nothing(viewer: &Viewer) -> Markup {
    let to_run = format!(
        "pactolus publish-provider-contract openapi.yaml --provider stock --provider-app-version $(git rev-parse HEAD) --branch main --broker-base-url {}",
        viewer.base.as_str()
    );
    html! {
        section .panel {
            (empty("No provider has published what it offers yet. Consumers' contracts are held against a document the moment it is there. Publish the first from the provider's build:", Some(&to_run), Some((&viewer.at("/doc"), "How builds publish"))))
        }
    }
}

fn filters(viewer: &Viewer) -> Markup {
    let fields = vec![Filter::Text { name: "q", label: "Provider" }];
    Filters { fields, target: "provider-contracts", end: None }.show(viewer)
}

fn list(viewer: &Viewer, found: &[Documented], has_more: bool) -> Markup {
    let columns = [
        Column::text("Provider"),
        Column::text("Version"),
        Column::text("Consumers"),
        Column::text("Own tests"),
        Column::text("Document").wide_only(),
        Column::number("Published"),
    ];
    let foot = Foot {
        first: None,
        shown: number(found.len()),
        total: None,
        of: ("provider", "providers"),
        previous: viewer.query.has("after").then(|| viewer.here_with(&[("after", None)])),
        next: found.last().filter(|_| has_more).map(|last| viewer.here_with(&[("after", Some(&last.provider))])),
    };
    html! {
        section .panel #provider-contracts aria-label="Provider contracts" {
            @if found.is_empty() { (empty("No provider is called so.", None, None)) } @else {
                div .scroll { table .list .tall { (head(viewer, &columns, "")) tbody { @for one in found { (row(viewer, one)) } } } }
                (foot.show())
            }
        }
    }
}

fn row(viewer: &Viewer, one: &Documented) -> Markup {
    let [provider, version] = [&one.provider, &one.version].map(|name| urls::segment(name));
    html! {
        tr {
            th scope="row" { a .cut href=(viewer.at(&format!("/provider-contracts/{provider}"))) title=(one.provider) { (one.provider) } }
            td { (chip(&viewer.at(&format!("/pacticipants/{provider}/versions/{version}")), &one.version)) }
            td { (consumers(one)) }
            td { (own_tests(one.success)) }
            td .wide-only { (specification(&one.specification)) span .second { ", " (size(one.size_bytes)) } }
            td .number { (viewer.age(one.created_at)) }
        }
    }
}

fn consumers(one: &Documented) -> Markup {
    let open = one.consumers - one.compatible - one.incompatible;
    match (one.consumers, one.incompatible, open) {
        (0, ..) => verdict_saying(Verdict::NotApplicable, "none"),
        (all, 0, 0) => verdict_saying(Verdict::Passed, &format!("{} fit", count(all))),
        (all, 0, open) => verdict_saying(Verdict::NotVerified, &format!("{} of {} not known", count(open), count(all))),
        (all, failed, _) => {
            verdict_saying(Verdict::Failed, &format!("{} of {} not fitting", count(failed), count(all)))
        }
    }
}

fn own_tests(success: Option<bool>) -> Markup {
    match success {
        None => verdict_saying(Verdict::NotVerified, "Not told"),
        Some(true) => verdict_saying(Verdict::Passed, "Passed"),
        Some(false) => verdict_saying(Verdict::Failed, "Failed"),
    }
}

/// As people call it.
pub(super) fn specification(name: &str) -> &str {
    match name {
        "oas" => "OpenAPI",
        "asyncapi" => "AsyncAPI",
        name => name,
    }
}

/// "12 kB".
pub(super) fn size(bytes: i64) -> String {
    match bytes {
        0..1_000 => counted(bytes, "byte", "bytes"),
        1_000..1_000_000 => format!("{} kB", count((bytes + 500) / 1_000)),
        _ => format!("{}.{} MB", count(bytes / 1_000_000), bytes % 1_000_000 / 100_000),
    }
}
