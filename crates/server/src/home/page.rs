//! The home page, and the list of applications alone.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::attention;
use super::list::{self, Wanted};
use super::overview::Overview;
use super::{show, strip, table};
use crate::app::App;
use crate::edge::{Error, Principal};
use crate::ui::parts::{self, Verdict, count, counted};
use crate::ui::{Page, Section, Viewer};

pub(super) async fn home(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let wanted = Wanted::of(&viewer.query)?;
    let mut db = app.read().await?;
    let overview = Overview::read(&app, &mut db, principal.tenant, viewer.query.last("environment")).await?;
    if overview.standings.is_empty() {
        return Ok(empty(&viewer));
    }
    // What can't be read of the one is no reason not to show the other.
    let attention = attention::read(&mut db, principal.tenant, &overview).await;
    let mut db = if attention.is_ok() { db } else { app.read().await? };
    let listed = list::list(&mut db, principal.tenant, &overview, &wanted).await;
    drop(db);

    let attention = attention.map_err(|error| error.log("what needs attention"));
    let listed = match listed {
        Err(error) if error.is_of_client() => return Err(error),
        listed => listed.map_err(|error| error.log("the list of applications")),
    };
    let content = html! {
        @match &attention {
            Ok(attention) => (show::attention(&viewer, &overview, attention)),
            Err(reference) => section .panel { (parts::trouble("What needs attention", Some(reference))) },
        }
        div .section-head { h2 #applications { "Applications" } span .second { (count(number(overview.standings.len()))) } }
        (table::filters(&viewer, &overview))
        @match &listed {
            Ok(listed) => (table::table(&viewer, &overview, &wanted, listed)),
            Err(reference) => section .panel { (parts::trouble("The list of applications", Some(reference))) },
        }
    };
    let dead = attention.as_ref().map_or(0, |attention| attention.dead.total);
    let (heading, lead) = (heading(&overview), lead(&overview, dead));
    let page = Page {
        twins: vec![("JSON", twin(&viewer))],
        above: Some(html! { (parts::full(overview.read_at)) }),
        facts: Some(html! { p .home-lead { (lead) } }),
        actions: strip::strip(&viewer, &overview),
        ..Page::new("Home", Section::None, html! { (heading) }, content)
    };
    Ok(page.show(&viewer))
}

/// The list of applications alone, where the API has its own.
pub(super) async fn applications(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
) -> Result<Response, Error> {
    let wanted = Wanted::of(&viewer.query)?;
    let mut db = app.read().await?;
    let overview = Overview::read(&app, &mut db, principal.tenant, viewer.query.last("environment")).await?;
    if overview.standings.is_empty() {
        return Ok(empty(&viewer));
    }
    let listed = list::list(&mut db, principal.tenant, &overview, &wanted).await?;
    drop(db);

    let content = html! {
        (table::filters(&viewer, &overview))
        (table::table(&viewer, &overview, &wanted, &listed))
    };
    let heading = counted(number(overview.standings.len()), "application", "applications");
    let page = Page {
        crumbs: vec![("Applications", String::new())],
        twins: vec![("JSON", viewer.at("/pacticipants.json")), ("HAL", viewer.as_hal())],
        facts: Some(html! { p .home-lead { (lead(&overview, 0)) } }),
        ..Page::new("Applications", Section::Applications, html! { (heading) }, content)
    };
    Ok(page.show(&viewer))
}

/// Home stands at two addresses; what it says stands at one.
fn twin(viewer: &Viewer) -> String {
    let here = viewer.here_with(&[]);
    let query = here.split_once('?').map_or_else(String::new, |(_, query)| format!("?{query}"));
    viewer.at(&format!("/home.json{query}"))
}

pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The answer: whether everything can ship.
fn heading(overview: &Overview) -> String {
    let (no, not_known) = (overview.count(Verdict::Failed), overview.count(Verdict::NotVerified));
    match (overview.gate.is_some(), no, not_known) {
        (false, ..) => counted(number(overview.standings.len()), "application", "applications"),
        (true, 0, 0) => "Everything can ship".into(),
        (true, 0, waiting) => {
            format!("{} for results", counted(number(waiting), "application waits", "applications wait"))
        }
        (true, no, _) => format!("{} can’t ship", counted(number(no), "application", "applications")),
    }
}

fn lead(overview: &Overview, dead_webhooks: usize) -> String {
    let Some(gate) = &overview.gate else {
        return "There is no environment yet: create one, and record what runs in it.".into();
    };
    let asked = overview.standings.iter().filter(|one| one.verdict != Verdict::NotApplicable).count();
    let mut lead = vec![format!(
        "{} of {} can go to {} from main.",
        count(number(overview.count(Verdict::Passed))),
        count(number(asked)),
        gate.name
    )];
    let not_known = number(overview.count(Verdict::NotVerified));
    if not_known > 0 {
        lead.push(format!("{} not known.", counted(not_known, "is", "are")));
    }
    if dead_webhooks > 0 {
        lead.push(format!("{} dead.", counted(number(dead_webhooks), "webhook is", "webhooks are")));
    }
    lead.join(" ")
}

/// What to do first on an empty server.
fn empty(viewer: &Viewer) -> Response {
    let server = format!("PACT_BROKER_BASE_URL={}", viewer.base.as_str());
    let steps = [
        (
            "Publish what a consumer expects",
            "From the consumer's build, with the contracts that its tests wrote.",
            "pactolus publish ./pacts --consumer-app-version $(git rev-parse HEAD) --branch main",
        ),
        (
            "Verify it on the provider",
            "From the provider's build, while it runs: each answer is held against what was expected.",
            "pactolus verify --provider NAME --provider-base-url http://localhost:8080 --provider-version $(git rev-parse HEAD) --publish",
        ),
        (
            "Ask the gate",
            "Before a deployment: may this version go where it is to run?",
            "pactolus can-i-deploy --pacticipant NAME --version $(git rev-parse HEAD) --to-environment production",
        ),
    ];
    let content: Markup = html! {
        section .panel {
            ol .steps {
                @for (title, why, command) in steps {
                    li { h2 { (title) } p .second { (why) } (parts::command(command)) }
                }
            }
        }
        p .second { "Commands find this server by " code { (server) } ". To look around first, fill it with an invented company:" }
        (parts::command("pactolus demo"))
    };
    let page = Page {
        twins: vec![("JSON", twin(viewer))],
        facts: Some(html! { p .home-lead { "Three commands from two builds are all it takes." } }),
        ..Page::new("Home", Section::None, html! { "No application yet" }, content)
    };
    page.show(viewer)
}
