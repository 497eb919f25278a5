//! Beside the contracts: the last deployments, webhooks, what is known of the application.

use maud::{Markup, html};

use super::read::{About, MOST_WEBHOOKS};
use crate::edge::urls;
use crate::pacticipants::settings;
use crate::pacticipants::store::history::{Deployment, Webhook};
use crate::ui::Viewer;
use crate::ui::parts::{self, Happening, Verdict, chip, link, outside, panel, tag, timeline};

pub(super) fn show(viewer: &Viewer, about: &About) -> Markup {
    html! { (deployments(viewer, about)) (webhooks(viewer, about)) (known(viewer, about)) }
}

fn deployments(viewer: &Viewer, about: &About) -> Markup {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("pacticipant", about.name()).finish();
    let tools = link(&viewer.at(&format!("/deployments?{query}")), "Timeline");
    if about.deployments.is_empty() {
        let environment = about.gate().map_or("production", |gate| gate.name.as_str());
        let command = format!(
            "pactolus record-deployment --pacticipant {} --version VERSION --environment {}",
            parts::word(about.name()),
            parts::word(environment)
        );
        let content = parts::empty("No deployment is on record. Builds tell of theirs:", Some(&command), None);
        return panel("Deployments", None, None, &content);
    }
    let happenings: Vec<Happening> = about.deployments.iter().map(|one| deployment(viewer, about, one)).collect();
    panel("Deployments", None, Some(&tools), &timeline(&happenings, true))
}

fn deployment(viewer: &Viewer, about: &About, one: &Deployment) -> Happening {
    let (verdict, said) = match (one.has_verdict, one.deployable) {
        (false, _) => (Verdict::NotApplicable, "the gate was not asked"),
        (true, Some(true)) => (Verdict::Passed, "gate said yes"),
        (true, Some(false)) => (Verdict::Failed, "gate said no"),
        (true, None) => (Verdict::NotVerified, "gate did not know"),
    };
    Happening {
        verdict,
        sentence: html! {
            (chip(&urls::version(&viewer.site, about.name(), &one.number), &one.number)) " to " (one.environment)
        },
        by: Some(html! { @if let Some(url) = &one.build_url { (outside(url, "build")) ", " } (said) }),
        age: viewer.age(one.at),
    }
}

fn webhooks(viewer: &Viewer, about: &About) -> Markup {
    let most = usize::try_from(MOST_WEBHOOKS).unwrap_or(usize::MAX);
    let tools = html! { (link(&viewer.at("/webhooks"), "All")) };
    if about.webhooks.is_empty() {
        let sentence = format!("Nobody is told when something happens to {}.", about.name());
        let content = parts::empty(&sentence, None, Some((viewer.at("/webhooks").as_str(), "Webhooks")));
        return panel("Webhooks", None, None, &content);
    }
    let happenings: Vec<Happening> = about.webhooks.iter().take(most).map(|one| webhook(viewer, one)).collect();
    panel("Webhooks", None, Some(&tools), &timeline(&happenings, false))
}

fn webhook(viewer: &Viewer, webhook: &Webhook) -> Happening {
    let (verdict, said) = match (webhook.enabled, webhook.status.as_deref()) {
        (false, _) => (Verdict::NotApplicable, "off"),
        (true, None) => (Verdict::NotApplicable, "not called yet"),
        (true, Some("success")) => (Verdict::Passed, "arrived"),
        (true, Some("failure")) => (Verdict::Warning, "given up"),
        (true, Some("retrying")) => (Verdict::Warning, "is tried again"),
        (true, Some(_)) => (Verdict::NotVerified, "on its way"),
    };
    let name = webhook.description.as_deref().unwrap_or(&webhook.host);
    let events: Vec<String> = webhook.events.iter().map(|event| event.replace('_', " ")).collect();
    Happening {
        verdict,
        sentence: html! {
            a href=(viewer.at(&format!("/webhooks/{}", urls::segment(&webhook.id)))) title=(name) { (name) }
        },
        by: Some(html! { (events.join(", ")) " · " (said) }),
        age: html! { @if let Some(at) = webhook.at { (viewer.age(at)) } },
    }
}

fn known(viewer: &Viewer, about: &About) -> Markup {
    let pacticipant = &about.pacticipant;
    let owner = html! {
        @if let Some(team) = &about.team {
            (team)
        } @else {
            span .second { "nobody: a label such as " code { "team:checkout" } " says whose it is" }
        }
    };
    let repository = html! {
        @if let Some(url) = &pacticipant.repository_url {
            (outside(url, url.trim_start_matches("https://").trim_start_matches("http://")))
        } @else {
            span .second { "none" }
        }
    };
    let main_branch = html! {
        @if let Some(branch) = &pacticipant.main_branch {
            span .mono { (branch) }
        } @else {
            span .second { "none: the latest version stands in" }
        }
    };
    let labels = html! {
        @if about.labels.is_empty() { span .second { "none" } }
        @for label in &about.labels { (tag(None, label)) " " }
    };
    let mut facts: Vec<(&str, Markup)> = Vec::new();
    if pacticipant.display_name != pacticipant.name {
        facts.push(("Called", html! { (pacticipant.display_name) }));
    }
    facts.extend([("Owner", owner), ("Repository", repository), ("Main branch", main_branch)]);
    if let Some(specification) = &about.extent.specification {
        facts.push(("Provides", html! { (specification) }));
    }
    facts.extend([("Labels", labels), ("Known since", viewer.ago(pacticipant.created_at))]);
    panel(
        "About",
        None,
        None,
        &html! {
            div .in { (parts::about(&facts)) }
            @if viewer.may_change() { (settings::form(viewer, pacticipant, &about.all_labels)) }
        },
    )
}
