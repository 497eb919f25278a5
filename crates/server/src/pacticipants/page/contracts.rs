//! Who is on each side: consumers and providers, and how the head stands with what runs of them in each environment.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use uuid::Uuid;

use super::read::About;
use crate::edge::urls;
use crate::environments::Environment;
use crate::pacticipants::store::around::{Meeting, Partner};
use crate::ui::Viewer;
use crate::ui::parts::{Foot, Verdict, count, empty, link, number_only, panel, short, verdict};

/// Of each side on a page.
const SIZE: usize = 25;
/// More environments are seen in the matrix.
const MOST_COLUMNS: usize = 4;

/// A partner with its meetings by environment.
struct Row<'a> {
    partner: &'a Partner,
    meetings: HashMap<Uuid, Vec<&'a Meeting>>,
}

pub(super) fn show(viewer: &Viewer, about: &About) -> Markup {
    if about.partners.is_empty() {
        let sentence = format!("No contract yet. {} consumes nobody, and nobody consumes it.", about.name());
        let publish = "pactolus publish ./pacts --consumer-app-version $(git rev-parse HEAD) --branch main";
        return panel("Contracts", None, None, &empty(&sentence, Some(publish), None));
    }
    let skipped = about.environments.len().saturating_sub(MOST_COLUMNS);
    let environments: Vec<&Environment> = about.environments.iter().skip(skipped).collect();
    let (consumers, providers) = (rows(about, true), rows(about, false));
    let total = about.partners.len();
    let note = format!("{} with main’s head, against what runs in each environment", count(number(total)));
    let name = urls::segment(about.name());
    let tools = html! { (link(&viewer.at(&format!("/map?around={name}")), "On the map")) };
    let content = html! {
        div .scroll {
            table .list {
                thead { tr {
                    th scope="col" { "Application" }
                    th scope="col" { "Contract" }
                    th scope="col" .number { "Interactions" }
                    @for one in &environments { th scope="col" { (one.display_name) } }
                    th scope="col" .number { "Last result" }
                } }
                @let columns = 4 + environments.len();
                (side(viewer, about, &environments, &consumers, ("Consumers", "consumers"), columns))
                (side(viewer, about, &environments, &providers, ("Providers", "providers"), columns))
            }
        }
        (foot(viewer, &consumers, "consumers"))
        (foot(viewer, &providers, "providers"))
    };
    panel("Contracts", Some(&note), Some(&tools), &content)
}

/// What failed first, then what is not known, then by name.
fn rows(about: &About, is_consumer: bool) -> Vec<Row<'_>> {
    let mut meetings: HashMap<i64, HashMap<Uuid, Vec<&Meeting>>> = HashMap::new();
    for meeting in about.standing.meetings.iter().filter(|one| one.is_consumer == is_consumer) {
        let of_partner = meetings.entry(meeting.partner_id).or_default();
        of_partner.entry(meeting.environment_id).or_default().push(meeting);
    }
    let partners = about.partners.iter().filter(|one| one.is_consumer == is_consumer);
    let mut rows: Vec<Row<'_>> =
        partners.map(|partner| Row { partner, meetings: meetings.remove(&partner.id).unwrap_or_default() }).collect();
    rows.sort_by_key(|row| Reverse(row.weight()));
    rows
}

impl Row<'_> {
    fn weight(&self) -> u8 {
        let met = self.meetings.values().flatten().map(|meeting| match meeting.success {
            Some(false) => 2,
            None => 1,
            Some(true) => 0,
        });
        met.max().unwrap_or(0)
    }

    fn verified_at(&self) -> Option<DateTime<Utc>> {
        self.meetings.values().flatten().filter_map(|meeting| meeting.verified_at).max()
    }
}

/// The place where the page of a side begins.
fn begin(viewer: &Viewer, parameter: &str, total: usize) -> usize {
    let page: usize = viewer.query.last(parameter).and_then(|page| page.parse().ok()).unwrap_or(1);
    let begin = page.saturating_sub(1).saturating_mul(SIZE);
    if begin < total { begin } else { 0 }
}

fn side(
    viewer: &Viewer,
    about: &About,
    environments: &[&Environment],
    rows: &[Row<'_>],
    (title, parameter): (&str, &str),
    columns: usize,
) -> Markup {
    let uses =
        if parameter == "consumers" { format!("use {}", about.name()) } else { format!("{} uses", about.name()) };
    html! {
        @if !rows.is_empty() {
            tbody {
                tr .band { th scope="rowgroup" colspan=(columns) { b { (title) } " " (uses) } }
                @for row in rows.iter().skip(begin(viewer, parameter, rows.len())).take(SIZE) { (of(viewer, about, environments, row)) }
            }
        }
    }
}

fn of(viewer: &Viewer, about: &About, environments: &[&Environment], row: &Row<'_>) -> Markup {
    let partner = row.partner;
    let (consumer, provider) = sides(about, partner);
    let contract = urls::contract(&viewer.site, provider, consumer, &partner.consumer_version);
    html! {
        tr {
            th scope="row" { a .cut href=(urls::pacticipant(&viewer.site, &partner.name)) title=(partner.name) { (partner.name) } }
            td { a .mono .second href=(contract) title=(partner.sha) { (short(&partner.sha)) } }
            td .number { (partner.interactions) }
            @for environment in environments { td { (cell(viewer, about, row, environment)) } }
            td .number .second { @if let Some(at) = row.verified_at() { (viewer.age(at)) } @else { "none" } }
        }
    }
}

/// The worst of what runs there, with its version.
fn cell(viewer: &Viewer, about: &About, row: &Row<'_>, environment: &Environment) -> Markup {
    let Some(meetings) = row.meetings.get(&environment.id) else {
        return html! { span .quiet { "not there" } };
    };
    let worst = meetings.iter().max_by_key(|meeting| match meeting.success {
        Some(false) => 2,
        None => 1,
        Some(true) => 0,
    });
    let Some(worst) = worst else { return html! {} };
    let shown = match worst.success {
        Some(true) => Verdict::Passed,
        Some(false) => Verdict::Failed,
        None => Verdict::NotVerified,
    };
    let (consumer, provider) = sides(about, row.partner);
    let version = if row.partner.is_consumer { &worst.number } else { &row.partner.consumer_version };
    let href = urls::contract(&viewer.site, provider, consumer, version);
    let number = format!("{}: {}", row.partner.name, worst.number);
    html! {
        span .meeting {
        a .verdict-link href=(href) title=(number) { (verdict(shown)) }
        (number_only(&urls::version(&viewer.site, &row.partner.name, &worst.number), &worst.number, "second"))
        @if meetings.len() > 1 { span .quiet { " of " (meetings.len()) } }
        }
    }
}

fn sides<'a>(about: &'a About, partner: &'a Partner) -> (&'a str, &'a str) {
    if partner.is_consumer { (&partner.name, about.name()) } else { (about.name(), &partner.name) }
}

fn foot(viewer: &Viewer, rows: &[Row<'_>], parameter: &str) -> Markup {
    if rows.len() <= SIZE {
        return html! {};
    }
    let begin = begin(viewer, parameter, rows.len());
    let turn = |place: usize| viewer.here_with(&[(parameter, Some(&(place / SIZE + 1).to_string()))]);
    let foot = Foot {
        first: Some(number(begin + 1)),
        shown: number((rows.len() - begin).min(SIZE)),
        total: Some(number(rows.len())),
        of: (parameter, parameter),
        previous: (begin > 0).then(|| turn(begin - SIZE)),
        next: (begin + SIZE < rows.len()).then(|| turn(begin + SIZE)),
    };
    foot.show()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
