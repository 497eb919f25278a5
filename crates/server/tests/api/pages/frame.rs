//! What all pages have in common.

use super::{is_safe, page, page_with, words};
use crate::support::TestApp;

#[tokio::test]
async fn a_browser_gets_an_error_as_a_page_with_what_next() {
    let app = TestApp::start().await;

    for (address, status) in [("/nowhere", 404), ("/pacticipants/nobody", 404), ("/integrations?size=0", 400)] {
        let page = page(&app, address).await.is(status);
        is_safe(&page);
        assert!(words(&page).ends_with("Home · Search"), "{page:?}");
    }
}

#[tokio::test]
async fn who_asks_for_an_application_that_is_not_there_is_told_the_nearest_ones() {
    let app = TestApp::start().await;
    for name in ["payments", "payment-gateway", "checkout"] {
        app.world().consumer(name).version("1").await;
    }

    let page = page(&app, "/pacticipants/paymnts").await.is(404);

    let words = words(&page);
    assert!(words.contains("No application is called paymnts"), "{words}");
    assert!(words.contains("Did you mean payments or payment-gateway ?"), "{words}");
    assert!(page.text().contains(r#"<a class="name" href="/pacticipants/payments">"#), "{page:?}");
    assert!(!words.contains("checkout"), "{words}");
}

#[tokio::test]
async fn a_hostile_name_that_is_not_there_is_only_text() {
    let app = TestApp::start().await;
    let hostile = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src=x%3E";

    for address in [format!("/pacticipants/{hostile}"), format!("/nowhere/{hostile}?q={hostile}")] {
        let page = page(&app, &address).await.is(404);
        is_safe(&page);
    }
}

#[tokio::test]
async fn a_theme_is_chosen_by_a_link_and_kept_in_a_cookie() {
    let app = TestApp::start().await;

    let chosen = app.get("/theme?to=dark&back=%2Fpacticipants%3Fq%3Da").await.is(303);

    assert_eq!(chosen.header("location").as_deref(), Some("/pacticipants?q=a"));
    let cookie = chosen.header("set-cookie").expect("it is kept");
    assert_eq!(cookie, "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax");
    let dark = page_with(&app, "/nowhere", &[("cookie", "a=b; theme=dark")]).await;
    assert!(dark.text().contains(r#"<html lang="en" data-theme="dark">"#));
    let system = page(&app, "/nowhere").await;
    assert!(system.text().contains(r#"<html lang="en">"#));
}

#[tokio::test]
async fn a_chosen_theme_leads_to_no_other_server() {
    let app = TestApp::start().await;

    for back in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example"] {
        let chosen = app.get(&format!("/theme?to=light&back={back}")).await.is(303);
        assert_eq!(chosen.header("location").as_deref(), Some("/"), "{back}");
    }
    let system = app.get("/theme?to=system").await.is(303);
    assert!(
        system
            .header("set-cookie")
            .is_some_and(|cookie| cookie.starts_with("theme=; ") && cookie.contains("Max-Age=0"))
    );
}

#[tokio::test]
async fn what_pages_are_made_of_is_kept_for_good_under_names_that_say_what_is_in_it() {
    let app = TestApp::start().await;
    let text = page(&app, "/nowhere").await.text();

    let mut loaded = 0;
    for (at, _) in text.match_indices("/assets/") {
        let address = text[at..].split('"').next().expect("an attribute ends");
        // Not looked up in the document, which can't say what is in a font.
        let asset = page(&app, address).await.is(200);
        if !address.contains("mark.svg") {
            assert_eq!(
                asset.header("cache-control").as_deref(),
                Some("public, max-age=31536000, immutable"),
                "{address}"
            );
            loaded += 1;
        }
    }
    assert_eq!(loaded, 4, "{text}");
    assert_eq!(app.get("/assets/pages.css").await.header("cache-control").as_deref(), Some("max-age=300"));
}
