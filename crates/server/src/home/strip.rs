//! All applications at a glance, by team: a cell for each, or a bar for each team where they are many.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::overview::{Overview, Standing};
use super::page::number;
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, count, glyph};

/// Fewer applications are seen at a glance in the table.
const FEWEST: usize = 5;
const MOST_CELLS: usize = 120;
/// So many teams have a bar.
const MOST_BARS: usize = 12;

/// `None` where it would say nothing.
pub(super) fn strip(viewer: &Viewer, overview: &Overview) -> Option<Markup> {
    if overview.standings.len() < FEWEST || overview.gate.is_none() {
        return None;
    }
    let mut teams: BTreeMap<&str, Vec<&Standing>> = BTreeMap::new();
    for standing in &overview.standings {
        teams.entry(standing.team.as_deref().unwrap_or("Others")).or_default().push(standing);
    }
    if teams.len() == 1 {
        teams = teams.into_values().map(|standings| ("Applications", standings)).collect();
    }
    let is_large = overview.standings.len() > MOST_CELLS;
    let mut teams: Vec<(&str, Vec<&Standing>)> = teams.into_iter().collect();
    if is_large {
        teams.sort_by_key(|(_, standings)| std::cmp::Reverse(of(standings, Verdict::Failed)));
        teams.truncate(MOST_BARS);
    }
    Some(html! {
        ul .strip aria-label="Applications by team" {
            @for (team, standings) in &teams {
                li {
                    @if is_large { (bar(standings)) } @else { (cells(viewer, standings)) }
                    (team) " " (count(of(standings, Verdict::Passed))) "/" (count(number(standings.len())))
                }
            }
        }
    })
}

fn of(standings: &[&Standing], verdict: Verdict) -> i64 {
    number(standings.iter().filter(|one| one.verdict == verdict).count())
}

fn cells(viewer: &Viewer, standings: &[&Standing]) -> Markup {
    html! {
        ul {
            @for one in standings {
                @let name = &one.application.name;
                @let label = format!("{name}: {}", one.verdict.gate_word());
                li {
                    a class={ "cell " (one.verdict.class()) } href=(urls::pacticipant(&viewer.site, name)) title=(label) {
                        (glyph(one.verdict)) span .vh { (label) }
                    }
                }
            }
        }
    }
}

/// Its parts in hundredths: failures first, so that they are seen however few they are.
fn bar(standings: &[&Standing]) -> Markup {
    let whole = number(standings.len()).max(1);
    let mut begin = 0;
    let mut parts = Vec::new();
    for verdict in [Verdict::Failed, Verdict::NotVerified, Verdict::NotApplicable, Verdict::Passed] {
        let share = of(standings, verdict) * 1000 / whole;
        let width = if of(standings, verdict) > 0 { share.max(20) } else { 0 };
        parts.push((verdict, begin, width));
        begin += width;
    }
    html! {
        svg .bar viewBox="0 0 1000 100" preserveAspectRatio="none" role="img"
            aria-label={ (of(standings, Verdict::Failed)) " no, " (of(standings, Verdict::NotVerified)) " not known, " (of(standings, Verdict::Passed)) " yes" } {
            @for (verdict, begin, width) in parts {
                @if width > 0 { rect class=(verdict.class()) x=(begin) y="0" width=(width) height="100" {} }
            }
        }
    }
}
