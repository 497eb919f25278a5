//! The list of applications: which version is where, and whether the head can go.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::list::{Listed, Row, Wanted};
use super::overview::{Overview, names_team};
use super::page::number;
use crate::edge::urls;
use crate::environments::Environment;
use crate::ui::Viewer;
use crate::ui::parts::{Choice, Column, Filter, Filters, Foot, answer, empty, head, icon, number_only, tag};

/// More environments have no column: the page of an application has them all.
const MOST_COLUMNS: usize = 4;
const MOST_LABELS: usize = 2;

pub(super) fn filters(viewer: &Viewer, overview: &Overview) -> Markup {
    let labels: BTreeSet<&String> = overview.standings.iter().flat_map(|one| &one.application.labels).collect();
    let labels = labels.into_iter().filter(|label| !names_team(label));
    let teams: BTreeSet<&String> = overview.standings.iter().filter_map(|one| one.team.as_ref()).collect();
    let named = |any: &str, names: Vec<String>| {
        let names = names.into_iter().map(|name| (name.clone(), name));
        std::iter::once((String::new(), any.to_owned())).chain(names).collect::<Vec<_>>()
    };
    let places = overview.environments.iter().map(|one| (one.name.clone(), one.display_name.clone()));
    let places = std::iter::once((String::new(), "Anywhere".to_owned())).chain(places).collect();
    let answers = [("", "Any answer"), ("yes", "Yes"), ("no", "No"), ("not-known", "Not known")];
    let answers = answers.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let mut fields = vec![Filter::Text { name: "q", label: "Name or label" }];
    if !teams.is_empty() {
        let options = named("All", teams.into_iter().cloned().collect());
        fields.push(Filter::Choice(Choice { name: "team", label: "Team", options }));
    }
    let options = named("Any", labels.cloned().collect());
    if options.len() > 1 {
        fields.push(Filter::Choice(Choice { name: "label", label: "Label", options }));
    }
    if let Some(gate) = &overview.gate {
        fields.push(Filter::Choice(Choice { name: "runs", label: "Runs in", options: places }));
        let label = format!("To {}", gate.name);
        fields.push(Filter::Choice(Choice { name: "answer", label: &label, options: answers }));
        return filtered(viewer, fields);
    }
    filtered(viewer, fields)
}

fn filtered(viewer: &Viewer, fields: Vec<Filter<'_>>) -> Markup {
    html! {
        div .filtered {
            (Filters { fields, target: "list", end: None }.show(viewer))
            @if viewer.may_change() { (add(viewer)) }
        }
    }
}

/// Builds introduce their applications by themselves; this is for those that come before their first build.
fn add(viewer: &Viewer) -> Markup {
    html! {
        details .menu .told {
            summary .button { (icon("plus")) "Add application" }
            div {
                form .settings method="post" action=(viewer.at("/pacticipants")) {
                    label { span { "Name" } input type="text" name="name" required autocomplete="off" spellcheck="false"; }
                    label { span { "Repository" } input type="text" name="repositoryUrl" autocomplete="off" spellcheck="false"; }
                    button .primary type="submit" { "Add" }
                }
            }
        }
    }
}

pub(super) fn table(viewer: &Viewer, overview: &Overview, wanted: &Wanted, listed: &Listed<'_>) -> Markup {
    let environments = columns(overview);
    html! {
        section .panel #list {
            @if listed.rows.is_empty() {
                (empty("No application is like that.", None, Some((viewer.at(viewer.path()).as_str(), "All applications"))))
            } @else {
                div .scroll {
                    table .list .tall .folding {
                        (head(viewer, &heads(overview, &environments), wanted.sort_name()))
                        tbody { @for row in &listed.rows { (of(viewer, overview, &environments, row)) } }
                    }
                }
                (foot(viewer, listed))
            }
        }
    }
}

/// The last ones, since they lead to the gate.
fn columns(overview: &Overview) -> Vec<&Environment> {
    let skipped = overview.environments.len().saturating_sub(MOST_COLUMNS);
    overview.environments.iter().skip(skipped).collect()
}

fn heads<'o>(overview: &'o Overview, environments: &[&'o Environment]) -> Vec<Column<'o>> {
    let mut heads = vec![Column::text("Application").sorts_by("name")];
    if overview.standings.iter().any(|one| one.team.is_some()) {
        heads.push(Column::text("Team").wide_only());
    }
    heads.extend(environments.iter().map(|one| Column::text(&one.display_name).wide_only()));
    heads.push(Column::number("Consumers").wide_only());
    heads.push(Column::number("Providers").wide_only());
    if overview.gate.is_some() {
        heads.push(Column::text("Main can go?"));
    }
    heads.push(Column::number("Changed").sorts_by("-changed").wide_only());
    heads
}

fn of(viewer: &Viewer, overview: &Overview, environments: &[&Environment], row: &Row<'_>) -> Markup {
    let has_teams = overview.standings.iter().any(|one| one.team.is_some());
    let has_gate = overview.gate.is_some();
    let application = &row.standing.application;
    let name = &application.name;
    let labels: Vec<&String> = application.labels.iter().filter(|label| !names_team(label)).collect();
    html! {
        tr {
            th scope="row" {
                div .row {
                    a .cut href=(urls::pacticipant(&viewer.site, name)) title=(name) { (name) }
                    @for label in labels.iter().take(MOST_LABELS) { (tag(Some(&viewer.here_with(&[("label", Some(label.as_str())), ("after", None)])), label)) }
                }
            }
            @if has_teams { td .second .wide-only { (row.standing.team.as_deref().unwrap_or("none")) } }
            (running(viewer, environments, row))
            td .number .wide-only { (row.consumers) }
            td .number .wide-only { (row.providers) }
            @if has_gate {
                td { @if application.version.is_some() { (answer(row.standing.verdict)) } @else { span .quiet { "no version" } } }
            }
            td .number .second .wide-only { @if let Some(at) = row.changed_at() { (viewer.age(at)) } @else { "none" } }
        }
    }
}

/// The same as left of it is grey, another is bold.
fn running(viewer: &Viewer, environments: &[&Environment], row: &Row<'_>) -> Markup {
    let name = &row.standing.application.name;
    let mut left: Option<i64> = None;
    let mut cells = Vec::new();
    for environment in environments {
        let mut versions = row.in_environment(environment.id);
        let newest = versions.next();
        let class = match (left, newest) {
            (Some(left), Some(newest)) if left == newest.version_id => "same",
            (Some(_), Some(_)) => "behind",
            _ => "",
        };
        left = newest.map(|newest| newest.version_id).or(left);
        cells.push((newest, class, versions.count()));
    }
    html! {
        @for (newest, class, others) in cells {
            td .wide-only {
                @if let Some(newest) = newest {
                    (number_only(&urls::version(&viewer.site, name, &newest.version), &newest.version, class))
                    @if others > 0 { span .more-running { " and " (others) " more" } }
                } @else {
                    span .quiet { "none" }
                }
            }
        }
    }
}

fn foot(viewer: &Viewer, listed: &Listed<'_>) -> Markup {
    let turn = |after: &String| viewer.here_with(&[("after", Some(after.as_str()).filter(|after| !after.is_empty()))]);
    let foot = Foot {
        first: Some(number(listed.first)),
        shown: number(listed.rows.len()),
        total: Some(number(listed.total)),
        of: ("application", "applications"),
        previous: listed.previous.as_ref().map(turn),
        next: listed.next.as_ref().map(turn),
    };
    foot.show()
}
