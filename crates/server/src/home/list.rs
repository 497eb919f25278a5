//! The list of applications: what of it is asked for, and that part of it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use pactolus_domain::problem::Problem;
use sqlx::PgConnection;
use uuid::Uuid;

use super::overview::{Overview, Standing};
use super::store::{self, Neighbours, Running};
use crate::edge::{Error, QueryPairs};
use crate::environments;
use crate::ids::TenantId;
use crate::ui::parts::Verdict;

/// Applications on a page.
const SIZE: usize = 50;

/// What of the list is asked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// What a name or a label contains, in any case.
    q: Option<String>,
    team: Option<String>,
    label: Option<String>,
    runs_in: Option<String>,
    answer: Option<Verdict>,
    sort: Sort,
    /// The last name of the page before.
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Name,
    NameDown,
    Changed,
    ChangedDown,
}

/// The answers that can be asked for, as addresses have them.
pub(super) const ANSWERS: [(&str, Verdict); 3] =
    [("yes", Verdict::Passed), ("no", Verdict::Failed), ("not-known", Verdict::NotVerified)];

impl Wanted {
    /// # Errors
    /// When a filter has a value that it can't have, said by filter.
    pub(super) fn of(query: &QueryPairs) -> Result<Self, Error> {
        let text = |name: &str| query.last(name).map(String::from);
        let answer = match query.last("answer") {
            None => None,
            Some(asked) => {
                let known = ANSWERS.iter().find(|(name, _)| *name == asked);
                let known = known.ok_or_else(|| Problem::at("answer", "must be yes, no or not-known"))?;
                Some(known.1)
            }
        };
        let sort = match query.last("sort") {
            None | Some("name") => Sort::Name,
            Some("-name") => Sort::NameDown,
            Some("changed") => Sort::Changed,
            Some("-changed") => Sort::ChangedDown,
            Some(_) => return Err(Problem::at("sort", "must be name or changed, with a minus before it or not").into()),
        };
        let (q, team, label) = (text("q").map(|q| q.to_lowercase()), text("team"), text("label"));
        Ok(Self { q, team, label, runs_in: text("runs"), answer, sort, after: text("after") })
    }

    fn takes(&self, standing: &Standing, running: Option<&BTreeSet<i64>>) -> bool {
        let application = &standing.application;
        let contains = |text: &str, part: &str| text.to_lowercase().contains(part);
        self.q.as_deref().is_none_or(|part| {
            contains(&application.name, part) || application.labels.iter().any(|label| contains(label, part))
        }) && self.team.as_ref().is_none_or(|team| standing.team.as_ref() == Some(team))
            && self.label.as_ref().is_none_or(|label| application.labels.contains(label))
            && self.answer.is_none_or(|answer| standing.verdict == answer)
            && running.is_none_or(|running| running.contains(&application.id))
    }

    fn order(&self, one: &Standing, other: &Standing) -> Ordering {
        let by_name = one.application.name.cmp(&other.application.name);
        let changed = |standing: &Standing| standing.application.changed_at;
        match self.sort {
            Sort::Name => by_name,
            Sort::NameDown => by_name.reverse(),
            Sort::Changed => changed(one).cmp(&changed(other)).then(by_name),
            Sort::ChangedDown => changed(other).cmp(&changed(one)).then(by_name),
        }
    }

    /// As addresses have it.
    pub(super) fn sort_name(&self) -> &'static str {
        match self.sort {
            Sort::Name => "name",
            Sort::NameDown => "-name",
            Sort::Changed => "changed",
            Sort::ChangedDown => "-changed",
        }
    }
}

/// A page of the list.
pub(super) struct Listed<'o> {
    pub(super) rows: Vec<Row<'o>>,
    /// The number of the first row, from 1.
    pub(super) first: usize,
    /// How many the filters leave.
    pub(super) total: usize,
    /// The names after which the page before and the next begin; an empty one is the beginning.
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

pub(super) struct Row<'o> {
    pub(super) standing: &'o Standing,
    pub(super) consumers: i64,
    pub(super) providers: i64,
    running: Vec<Running>,
}

impl Row<'_> {
    /// What runs in an environment, newest first.
    pub(super) fn in_environment(&self, id: Uuid) -> impl Iterator<Item = &Running> {
        self.running.iter().filter(move |one| one.environment_id == id)
    }

    pub(super) fn changed_at(&self) -> Option<DateTime<Utc>> {
        self.standing.application.changed_at
    }
}

pub(super) async fn list<'o>(
    db: &mut PgConnection,
    tenant: TenantId,
    overview: &'o Overview,
    wanted: &Wanted,
) -> Result<Listed<'o>, Error> {
    let running_in = match &wanted.runs_in {
        None => None,
        Some(name) => {
            let there = overview.environments.iter().find(|one| one.name == *name);
            let there = there.ok_or_else(|| environments::no_such(name, &overview.environments))?;
            Some(store::list_running_in(db, tenant, there.id).await?.into_iter().collect::<BTreeSet<i64>>())
        }
    };
    let mut taken: Vec<&Standing> =
        overview.standings.iter().filter(|one| wanted.takes(one, running_in.as_ref())).collect();
    taken.sort_by(|one, other| wanted.order(one, other));
    let name = |place: usize| taken[place].application.name.clone();
    let begin = wanted.after.as_ref().and_then(|after| taken.iter().position(|one| one.application.name == *after));
    let begin = begin.map_or(0, |place| place + 1);
    let end = (begin + SIZE).min(taken.len());
    let previous = (begin > 0).then(|| if begin > SIZE { name(begin - SIZE - 1) } else { String::new() });
    let next = (end < taken.len()).then(|| name(end - 1));
    let total = taken.len();
    let rows = rows(db, tenant, &taken[begin..end]).await?;
    Ok(Listed { rows, first: begin + 1, total, previous, next })
}

async fn rows<'o>(db: &mut PgConnection, tenant: TenantId, shown: &[&'o Standing]) -> Result<Vec<Row<'o>>, Error> {
    let ids: Vec<i64> = shown.iter().map(|one| one.application.id).collect();
    let mut running: HashMap<i64, Vec<Running>> = HashMap::new();
    for one in store::list_running(db, tenant, &ids).await? {
        running.entry(one.pacticipant_id).or_default().push(one);
    }
    let neighbours = store::list_neighbours(db, tenant, &ids).await?;
    let neighbours: HashMap<i64, Neighbours> = neighbours.into_iter().map(|one| (one.pacticipant_id, one)).collect();
    let row = |standing: &&'o Standing| {
        let id = standing.application.id;
        let (consumers, providers) = neighbours.get(&id).map_or((0, 0), |one| (one.consumers, one.providers));
        Row { standing, consumers, providers, running: running.remove(&id).unwrap_or_default() }
    };
    Ok(shown.iter().map(row).collect())
}
