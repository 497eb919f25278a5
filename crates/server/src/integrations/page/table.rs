//! The same as a table, the worst first.

use maud::{Markup, html};

use super::MOST_DRAWN;
use super::figure::contract_path;
use super::number;
use super::scene::{Contract, Scene};
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Column, Foot, Verdict, counted, head, icon, number_only, verdict};

const ROWS: usize = 25;

/// `place` is the environment that it is about.
pub(super) fn of(viewer: &Viewer, scene: &Scene, place: Option<&str>) -> Markup {
    let passed_over = viewer.query.last("after").and_then(|after| after.parse().ok()).unwrap_or(0_usize);
    let first = passed_over.min(scene.contracts.len());
    let shown = &scene.contracts[first..(first + ROWS).min(scene.contracts.len())];
    let (contracts, applications) = (number(scene.contracts.len()), number(scene.shown().count()));
    let verdict = place.map_or_else(|| "Latest result".into(), |place| format!("In {place}"));
    let columns = [
        Column::text("Consumer"),
        Column::text(""),
        Column::text("Provider"),
        Column { sort: Some("verdict"), ..Column::text(&verdict) },
        Column::text("Note").wide_only(),
        Column::number("Since"),
    ];
    let turn = |to: usize| viewer.here_with(&[("after", (to > 0).then_some(to.to_string()).as_deref())]);
    let foot = Foot {
        first: Some(number(first) + 1),
        shown: number(shown.len()),
        total: Some(contracts),
        of: ("contract", "contracts"),
        previous: (first > 0).then(|| turn(first.saturating_sub(ROWS))),
        next: (first + shown.len() < scene.contracts.len()).then(|| turn(first + ROWS)),
    };
    html! {
        section aria-labelledby="as-table" {
            div .over-table {
                h2 #as-table { "The same as a table" }
                span .quiet { (counted(contracts, "contract", "contracts")) " between " (counted(applications, "application", "applications")) }
            }
            div .panel {
                div .scroll {
                    table .list .contracts {
                        (plain_head(viewer, &columns))
                        tbody { @for contract in shown { (row(viewer, scene, contract)) } }
                    }
                }
                (foot.show())
            }
        }
    }
}

/// It has one order: the worst first.
fn plain_head(viewer: &Viewer, columns: &[Column<'_>]) -> Markup {
    let bare: Vec<Column<'_>> = columns
        .iter()
        .map(|column| Column {
            sort: None,
            label: column.label,
            is_number: column.is_number,
            is_wide_only: column.is_wide_only,
        })
        .collect();
    head(viewer, &bare, "")
}

fn row(viewer: &Viewer, scene: &Scene, contract: &Contract) -> Markup {
    let promise = &contract.promise;
    let [consumer, provider] = [contract.consumer, contract.provider].map(|at| scene.applications[at].name.as_str());
    let evidence = viewer.at(&contract_path(consumer, provider, &promise.consumer_version));
    html! {
        tr {
            th scope="row" { (application(viewer, scene, consumer)) " " (version(viewer, consumer, &promise.consumer_version)) }
            td .to { (icon("right")) }
            td {
                b { (application(viewer, scene, provider)) } " "
                @if let Some(number) = &promise.provider_version { (version(viewer, provider, number)) }
            }
            td { a .plain href=(evidence) { (verdict(contract.verdict)) } }
            td .wide-only .second { (note(viewer, scene, contract)) }
            td .number { (viewer.age(contract.since())) }
        }
    }
}

/// Leads to the application, or, where the whole can't be drawn, to the map around it.
fn application(viewer: &Viewer, scene: &Scene, name: &str) -> Markup {
    let is_much = scene.shown().nth(MOST_DRAWN).is_some();
    let href = if is_much {
        viewer.here_with(&[("around", Some(name)), ("after", None)])
    } else {
        viewer.at(&format!("/pacticipants/{}", urls::segment(name)))
    };
    html! { a .cut .name-link href=(href) title=(name) { (name) } }
}

fn version(viewer: &Viewer, name: &str, number: &str) -> Markup {
    let path = format!("/pacticipants/{}/versions/{}", urls::segment(name), urls::segment(number));
    number_only(&viewer.at(&path), number, "same")
}

fn note(viewer: &Viewer, scene: &Scene, contract: &Contract) -> Markup {
    let promise = &contract.promise;
    let provider = scene.applications[contract.provider].name.as_str();
    let circle = scene.applications[contract.consumer].cycle.filter(|_| contract.is_in_cycle);
    html! {
        @match contract.verdict {
            Verdict::NotVerified => @match promise.asked_at {
                Some(at) => { "requested " (viewer.ago(at)) ", no answer" }
                None if promise.provider_version.is_none() && promise.success.is_none() => { "no result of " (provider) }
                None => { "never requested of this version" }
            },
            Verdict::Pending => "failed, but it never passed before",
            Verdict::Failed => { (provider) " does not keep it" }
            _ => @if let Some(cycle) = circle {
                "cycle: " (scene.cycles[cycle].iter().map(|at| scene.applications[*at].name.as_str()).collect::<Vec<_>>().join(", "))
            },
        }
    }
}
