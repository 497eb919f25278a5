//! What needs attention, in three groups: whose move it is, since when, and one thing to do.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::attention::{Attention, Concern, Group};
use super::overview::{Overview, Standing};
use super::page::number;
use super::store::DeadWebhook;
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, chip, count, counted, link, shape};

pub(super) fn attention(viewer: &Viewer, overview: &Overview, attention: &Attention<'_>) -> Markup {
    let Some(gate) = &overview.gate else {
        return html! {
            section .panel { (crate::ui::parts::empty(
                "What can't ship will be here, once there is an environment to ship to.",
                Some("pactolus create-environment --name production --production"), None)) }
        };
    };
    if attention.is_empty() {
        return html! {
            section .panel { p .trouble { (shape(Verdict::Passed)) "Nothing failed on the way to " (gate.name) ", no result is missing, and every webhook arrives." } }
        };
    }
    html! {
        section .panel aria-label="What needs attention" {
            @if attention.failed.total > 0 {
                (head(&format!("Can’t ship to {}", gate.name), &attention.failed, &viewer.here_with(&[("answer", Some("no"))]),
                    &html! { @for one in &attention.failed.shown { (failed(viewer, &gate.name, one)) } }))
            }
            @if attention.missing.total > 0 {
                (head("Results missing", &attention.missing, &viewer.here_with(&[("answer", Some("not-known"))]),
                    &html! { @for one in &attention.missing.shown { (missing(viewer, &gate.name, one)) } }))
            }
            @if attention.dead.total > 0 {
                (head("Automation", &attention.dead, &viewer.at("/webhooks"),
                    &html! { @for one in &attention.dead.shown { (dead(viewer, one)) } }))
            }
        }
    }
}

fn head<T>(title: &str, group: &Group<T>, all: &str, rows: &Markup) -> Markup {
    html! {
        div .group {
            h2 { (title) " " span .quiet { (count(number(group.total))) } }
            (rows)
            @if group.shown.len() < group.total {
                p { (link(&format!("{all}#applications"), &format!("All {}", count(number(group.total))))) }
            }
        }
    }
}

/// One of them.
struct Shown {
    verdict: Verdict,
    said: Markup,
    /// What more there is to it.
    more: Markup,
    /// Whose move it is.
    team: Markup,
    since: Option<DateTime<Utc>>,
    /// One thing to do.
    todo: Markup,
}

impl Shown {
    fn show(&self, viewer: &Viewer) -> Markup {
        html! {
            div .concern {
                (shape(self.verdict))
                div .said { (self.said) div .second { (self.more) } }
                div .team { (self.team) }
                div .age { @if let Some(since) = self.since { (viewer.ago(since)) } }
                div .do { (self.todo) }
            }
        }
    }
}

fn failed(viewer: &Viewer, gate: &str, concern: &Concern<'_>) -> Markup {
    let (head, other) = sides(concern);
    let said = html! {
        (application(viewer, head)) " " (head_chip(viewer, head))
        @if concern.is_of_provider() { " fails " } @else { " fails on " }
        (application(viewer, other)) ", which is in " (gate)
    };
    let others = head.failed - 1;
    let more = html! {
        "The contract with " (other_version(viewer, concern)) " has "
        (counted(i64::from(concern.detail.interactions), "interaction", "interactions")) ". "
        @if others > 0 { (counted(others, "other contract fails", "other contracts fail")) " as well. " }
        @if head.missing > 0 { (counted(head.missing, "result is", "results are")) " missing." }
    };
    let version = head.application.version.as_deref().unwrap_or_default();
    let question = [("pacticipant", head.application.name.as_str()), ("version", version), ("environment", gate)];
    let question = form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
    let todo = html! { a .button href=(viewer.at(&format!("/can-i-deploy?{question}"))) { "Smallest fix" } };
    Shown { verdict: Verdict::Failed, said, more, team: team(head), since: concern.edge.since, todo }.show(viewer)
}

fn missing(viewer: &Viewer, gate: &str, concern: &Concern<'_>) -> Markup {
    let (consumer, provider, detail) = (concern.consumer, concern.provider, &concern.detail);
    let name = &provider.application.name;
    let said = html! {
        @if detail.provider_version.is_some() {
            (application(viewer, consumer)) " and " (application(viewer, provider)) " "
            (provider_chip(viewer, concern)) " have no result"
        } @else {
            (application(viewer, consumer)) " needs " (application(viewer, provider)) ", of which nothing runs in " (gate)
        }
    };
    let more = html! {
        @if detail.provider_version.is_none() {
            "Deploy a version of " (name) " that has verified the contract first."
        } @else if let Some(times) = detail.times_asked {
            @match detail.state.as_deref() {
                Some("running") => { "A build of " (name) " is at it" },
                Some("lost") => { "Verification requested " (in_words(times)) ", and given up" },
                _ => { "Verification requested " (in_words(times)) ", no answer" },
            }
            @if let Some(asked_at) = detail.asked_at { "; last " (viewer.ago(asked_at)) }
            "."
        } @else {
            @if let Some(branch) = &detail.branch { "Published from branch " code { (branch) } "; nobody" } @else { "Nobody" }
            " asked " (name) " to verify it."
        }
    };
    let version = detail.consumer_version.as_deref().unwrap_or_default();
    let contract = urls::contract(&viewer.site, name, &consumer.application.name, version);
    let todo = html! { a .button href=(contract) { "Open contract" } };
    Shown { verdict: Verdict::NotVerified, said, more, team: team(provider), since: concern.edge.since, todo }
        .show(viewer)
}

fn dead(viewer: &Viewer, webhook: &DeadWebhook) -> Markup {
    let name = webhook.description.as_deref().unwrap_or(&webhook.host);
    let said = html! {
        "Webhook " strong { "“" (name) "”" } " is dead after " (counted(webhook.attempts, "attempt", "attempts"))
    };
    let more = html! {
        code { (webhook.host) }
        @if let Some(status) = webhook.response_status { " answers " (status) ". " } @else { " does not answer. " }
        (counted(webhook.dead_letters, "delivery waits as dead letter.", "deliveries wait as dead letters."))
    };
    let between = [webhook.consumer.as_deref(), webhook.provider.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let team = html! { @if between.is_empty() { "All applications" } @else { (between.join(" and ")) } };
    let todo =
        html! { a .button href=(viewer.at(&format!("/webhooks/{}", urls::segment(&webhook.id)))) { "See deliveries" } };
    Shown { verdict: Verdict::Warning, said, more, team, since: Some(webhook.since), todo }.show(viewer)
}

/// The application whose head it is about, and the other one.
fn sides<'c>(concern: &'c Concern<'_>) -> (&'c Standing, &'c Standing) {
    let other = if concern.is_of_provider() { concern.consumer } else { concern.provider };
    (concern.head, other)
}

fn application(viewer: &Viewer, standing: &Standing) -> Markup {
    let name = &standing.application.name;
    html! { a .name href=(urls::pacticipant(&viewer.site, name)) { (name) } }
}

fn head_chip(viewer: &Viewer, standing: &Standing) -> Markup {
    let (name, version) = (&standing.application.name, standing.application.version.as_deref());
    html! { @if let Some(version) = version { (chip(&urls::version(&viewer.site, name, version), version)) } }
}

fn provider_chip(viewer: &Viewer, concern: &Concern<'_>) -> Markup {
    let name = &concern.provider.application.name;
    let version = concern.detail.provider_version.as_deref();
    html! { @if let Some(version) = version { (chip(&urls::version(&viewer.site, name, version), version)) } }
}

fn other_version(viewer: &Viewer, concern: &Concern<'_>) -> Markup {
    let (_, other) = sides(concern);
    let detail = &concern.detail;
    let version = if concern.is_of_provider() { &detail.consumer_version } else { &detail.provider_version };
    html! {
        @if let Some(version) = version {
            (chip(&urls::version(&viewer.site, &other.application.name, version), version))
        }
    }
}

fn team(standing: &Standing) -> Markup {
    html! { (standing.team.as_deref().unwrap_or(&standing.application.name)) small { "their move" } }
}

fn in_words(times: i32) -> String {
    match times {
        1 => "once".into(),
        2 => "twice".into(),
        more => format!("{more} times"),
    }
}
