//! What provider versions made of the contract, the newest right.

use maud::{Markup, html};

use super::super::store::page::ResultOfVersion;
use super::Told;
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Cell, Size, Verdict, link, selected_chip, short, tape as cells};

pub(super) fn tape(viewer: &Viewer, told: &Told) -> Markup {
    let Some(shown) = told.selected() else { return html! {} };
    let provider = &told.served.provider;
    let hrefs: Vec<String> = told
        .results
        .iter()
        .map(|result| viewer.here_with(&[("against", Some(&result.version)), ("interaction", None)]))
        .collect();
    let marks: Vec<Option<String>> = told.results.iter().map(|result| mark(told, result)).collect();
    let oldest_first = told.results.iter().enumerate().rev();
    let tape: Vec<Cell<'_>> = oldest_first
        .map(|(index, result)| Cell {
            verdict: verdict(result),
            label: label(told, result),
            href: Some(hrefs[index].as_str()),
            is_selected: index == told.shown,
            mark: marks[index].as_deref(),
        })
        .collect();
    let version =
        viewer.at(&format!("/pacticipants/{}/versions/{}", urls::segment(provider), urls::segment(&shown.version)));
    html! {
        section .panel .verified aria-label="Results" {
            div .label { b title=(provider) { (provider) " versions" } span { "newest right" } }
            (cells(Size::Large, &format!("Results of versions of {provider}"), &tape))
            p .said {
                (since(viewer, told))
                "Shown: " (selected_chip(&version, &shown.version)) " " (viewer.ago(shown.at))
                @if let Some(url) = build(told) { " · " (link(url, "build")) }
            }
        }
    }
}

/// Version, verdict, and where it runs.
fn label(told: &Told, result: &ResultOfVersion) -> String {
    let places = told.places.get(&result.version_id).map(|places| format!(", in {}", places.join(", ")));
    format!("{} {}{}", result.version, verdict(result).word(), places.unwrap_or_default())
}

/// The address of the build, if a browser may follow it.
fn build(told: &Told) -> Option<&str> {
    let url = told.details.as_ref()?.build_url.as_deref()?;
    is_web(url).then_some(url)
}

pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// "prod", "stg+1": there is no more room below a cell.
fn mark(told: &Told, result: &ResultOfVersion) -> Option<String> {
    let places = told.places.get(&result.version_id)?;
    let is_production = |name: &&String| name.eq_ignore_ascii_case("production");
    let first = places.iter().find(is_production).or_else(|| places.first())?;
    let short: String = match first.to_lowercase().as_str() {
        "production" => "prod".to_owned(),
        "staging" => "stg".to_owned(),
        "development" => "dev".to_owned(),
        name => name.chars().take(4).collect(),
    };
    Some(if places.len() > 1 { format!("{short}+{}", places.len() - 1) } else { short })
}

/// Since when it is as it is, by the newest results.
fn since(viewer: &Viewer, told: &Told) -> Markup {
    let Some(newest) = told.results.first() else { return html! {} };
    let streak = told.results.iter().take_while(|result| result.success == newest.success);
    let Some(first) = streak.last() else { return html! {} };
    let words = if newest.success { "Passing since " } else { "Failing since " };
    let class = if newest.success { "" } else { "fail" };
    html! { span class=(class) { (words) (short(&first.version)) } ", " (viewer.ago(first.at)) ". " }
}

pub(super) fn verdict(result: &ResultOfVersion) -> Verdict {
    match (result.success, result.pending) {
        (true, _) => Verdict::Passed,
        (false, true) => Verdict::Pending,
        (false, false) => Verdict::Failed,
    }
}
