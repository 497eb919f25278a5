//! Its branches: the head of each, what came of its last versions, and whether the head can go.

use maud::{Markup, html};

use super::read::{About, MOST_BRANCHES, MOST_ON_TAPE};
use crate::edge::urls;
use crate::home::verdict;
use crate::pacticipants::store::history::{Branch, OnBranch};
use crate::ui::Viewer;
use crate::ui::parts::{Cell, Size, Verdict, answer, chip, icon, link, outside, panel, short, tag, tape};

pub(super) fn show(viewer: &Viewer, about: &About) -> Markup {
    let most = usize::try_from(MOST_BRANCHES).unwrap_or(usize::MAX);
    let all = format!("{}/branches", about.address(viewer));
    let tools = html! { @if about.branches.len() > most { (link(&all, "All branches")) } };
    let content = html! {
        div .scroll {
            table .list {
                thead { tr {
                    th scope="col" { "Branch" }
                    th scope="col" { "Head" }
                    th scope="col" { "Last " (MOST_ON_TAPE) " versions" }
                    @if let Some(gate) = about.gate() { th scope="col" { "To " (gate.display_name) "?" } }
                    th scope="col" .number { "When" }
                    th scope="col" .number { "Build" }
                } }
                tbody { @for branch in about.branches.iter().take(most) { (row(viewer, about, branch)) } }
            }
        }
    };
    panel("Branches", None, Some(&tools), &content)
}

fn row(viewer: &Viewer, about: &About, branch: &Branch) -> Markup {
    let is_main = about.pacticipant.main_branch.as_deref() == Some(branch.name.as_str());
    let address = urls::branch(&viewer.site, about.name(), &branch.name);
    html! {
        tr {
            th scope="row" {
                div .row {
                    (icon("branch"))
                    a .cut .branch href=(address) title=(branch.name) { (branch.name) }
                    @if is_main { (tag(None, "main")) }
                }
            }
            td { (chip(&urls::version(&viewer.site, about.name(), &branch.head), &branch.head)) }
            td { (results(about, branch)) }
            @if let Some(gate) = about.gate() {
                td {
                    @if let Some(stand) = about.standing.stands.get(&(branch.head_id, gate.id)) { (answer(verdict(stand.failed, stand.missing))) }
                }
            }
            td .number .second { (viewer.age(branch.created_at)) }
            td .number { @if let Some(url) = &branch.build_url { (outside(url, "Build")) } @else { span .quiet { "none" } } }
        }
    }
}

/// Fewer than two versions make no tape.
fn results(about: &About, branch: &Branch) -> Markup {
    let mut versions: Vec<&OnBranch> = about.on_branches.iter().filter(|one| one.branch == branch.name).collect();
    versions.reverse();
    if versions.len() < 2 {
        return html! { span .quiet { "one version" } };
    }
    let cells: Vec<Cell<'_>> = versions.iter().map(|one| cell(one)).collect();
    tape(Size::Small, &format!("Versions of {}, newest last", branch.name), &cells)
}

fn cell(version: &OnBranch) -> Cell<'static> {
    let verdict = match (version.failed, version.passed) {
        (0, 0) => Verdict::NotVerified,
        (0, _) => Verdict::Passed,
        _ => Verdict::Failed,
    };
    let label = format!("{}: {}", short(&version.number), verdict.word());
    Cell { verdict, label, href: None, is_selected: false, mark: None }
}
