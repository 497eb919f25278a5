//! Where it runs: environments in order, and whether what runs left may come right.

use maud::{Markup, html};

use super::read::About;
use crate::edge::urls;
use crate::environments::Environment;
use crate::home::verdict;
use crate::pacticipants::store::around::{Running, Stand};
use crate::ui::Viewer;
use crate::ui::parts::{Gate, Station, Verdict, channel, chip, count, outside, short};

/// More instances are counted.
const MOST_CHIPS: usize = 4;

pub(super) fn show(viewer: &Viewer, about: &About) -> Markup {
    let gates: Vec<Option<Coming<'_>>> =
        (0..about.environments.len()).map(|place| coming(viewer, about, place)).collect();
    let boards: Vec<String> = about.environments.iter().map(|one| urls::environment(&viewer.site, one.id)).collect();
    let stations: Vec<Station<'_>> = about
        .environments
        .iter()
        .zip(&gates)
        .zip(&boards)
        .map(|((environment, gate), board)| station(viewer, about, environment, gate.as_ref(), board))
        .collect();
    channel(&stations)
}

/// What would come into an environment, and what the gate says.
struct Coming<'a> {
    version: &'a Running,
    verdict: Verdict,
    stand: Stand,
    is_there: bool,
    label: String,
    href: String,
}

fn coming<'a>(viewer: &Viewer, about: &'a About, place: usize) -> Option<Coming<'a>> {
    let (version, environment) = (about.comes_to(place)?, &about.environments[place]);
    let stand = *about.standing.stands.get(&(version.version_id, environment.id))?;
    let verdict = verdict(stand.failed, stand.missing);
    let is_there = about.in_environment(environment.id).any(|one| one.version_id == version.version_id);
    let label = format!("May {} go to {}? {}", short(&version.number), environment.display_name, verdict.gate_word());
    let question = [("pacticipant", about.name()), ("version", &version.number), ("environment", &environment.name)];
    let question = form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
    let href = viewer.at(&format!("/can-i-deploy?{question}"));
    Some(Coming { version, verdict, stand, is_there, label, href })
}

fn station<'s>(
    viewer: &Viewer,
    about: &About,
    environment: &'s Environment,
    coming: Option<&'s Coming<'_>>,
    board: &'s str,
) -> Station<'s> {
    let there: Vec<&Running> = about.in_environment(environment.id).collect();
    let mut runs: Vec<Markup> = there.iter().take(MOST_CHIPS).map(|one| running(viewer, about, one)).collect();
    if there.len() > MOST_CHIPS {
        runs.push(html! { "and " (there.len() - MOST_CHIPS) " more" });
    }
    let by =
        there.first().and_then(|one| one.build_url.as_deref()).map(|url| html! { "by " (outside(url, "its build")) });
    Station {
        name: &environment.display_name,
        href: board,
        runs,
        by,
        answer: coming.map(answer),
        gate: coming.map(|coming| Gate { verdict: coming.verdict, label: &coming.label, href: &coming.href }),
    }
}

fn running(viewer: &Viewer, about: &About, one: &Running) -> Markup {
    html! {
        (chip(&urls::version(&viewer.site, about.name(), &one.number), &one.number))
        @match one.application_instance.as_deref() {
            None => span { "released" },
            Some("") => {},
            Some(instance) => span .cut title=(instance) { (instance) },
        }
        span { "since " (viewer.age(one.since)) }
    }
}

fn answer(coming: &Coming<'_>) -> Markup {
    let (number, Stand { failed, missing, .. }) = (short(&coming.version.number), coming.stand);
    html! {
        @match (coming.verdict, coming.is_there) {
            (Verdict::Passed, true) => span .pass { (number) " may run here" },
            (Verdict::Passed, false) => span .pass { (number) " may come" },
            (Verdict::Failed, true) => strong .fail { (number) " should not run here" },
            (Verdict::Failed, false) => strong .fail { (number) " can’t come yet" },
            _ => strong .none { "It is not known whether " (number) " may come" },
        }
        @if failed + missing > 0 {
            span .second {
                " "
                @if failed > 0 { (count(failed)) " failed" }
                @if failed > 0 && missing > 0 { ", " }
                @if missing > 0 { (count(missing)) " not verified" }
            }
        }
    }
}
