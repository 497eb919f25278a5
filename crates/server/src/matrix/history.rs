//! The matrix of questions about any version, from its factors: each contract with each result of its content. It may
//! have millions of rows, so they are counted without being made, and only those that are told are made.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::Offer;

use super::query::LatestBy;
use super::store::{Judged, Promised};

/// A part of a row: a result, or a provider version without one, or that there is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) version_id: Option<i64>,
    pub(super) result: Option<CellResult>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CellResult {
    /// `None` when nobody has verified it: what the provider offers says it alone.
    pub(super) number: Option<i64>,
    pub(super) success: Option<bool>,
    pub(super) at: DateTime<Utc>,
    pub(super) offer: Option<Offer>,
    pub(super) compared_at: Option<DateTime<Utc>>,
}

impl Cell {
    fn success(&self) -> Option<bool> {
        self.result.and_then(|result| result.success)
    }
}

/// A row: a contract with a cell of its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'h> {
    pub(super) contract: &'h Promised,
    pub(super) cell: Cell,
}

/// How many rows there are between two pacticipants, by what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) success: usize,
    pub(super) failed: usize,
    pub(super) unknown: usize,
    pub(super) ignored: usize,
}

impl Counts {
    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.success + self.failed + self.unknown + self.ignored
    }

    /// Takes out a row that is told by itself.
    pub(super) fn without(&mut self, success: Option<bool>) {
        let count = match success {
            Some(true) => &mut self.success,
            Some(false) => &mut self.failed,
            None => &mut self.unknown,
        };
        *count = count.saturating_sub(1);
    }
}

/// What is left out, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct IgnoredIds {
    pub(super) pacticipants: HashSet<i64>,
    pub(super) versions: HashSet<i64>,
}

/// Which results count.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    pub(super) latest_by: LatestBy,
    /// Providers whose versions are in question as a set: no result of one stands for another's.
    pub(super) sets: HashSet<i64>,
    /// By provider the versions that are somewhere beside each other: each of them has a row with each contract.
    pub(super) residents: HashMap<i64, BTreeSet<i64>>,
}

/// Cells are the same for all contracts with the content that are in question for the same cause.
type Key = (i64, bool);

/// All rows, in factors.
#[derive(Debug)]
pub(super) struct History {
    contracts: Vec<Promised>,
    cells: HashMap<Key, Vec<Cell>>,
    ignored: IgnoredIds,
}

impl History {
    pub(super) fn of(
        promised: Vec<Promised>,
        judged: &[Judged],
        counting: &Counting,
        ignored: IgnoredIds,
        any_version_of: &HashSet<i64>,
    ) -> Self {
        let contracts = each_once(promised);
        let mut results: HashMap<(i64, bool), Vec<&Judged>> = HashMap::new();
        for one in judged {
            results.entry((one.content_id, one.of_any)).or_default().push(one);
        }
        let mut cells: HashMap<Key, Vec<Cell>> = HashMap::new();
        for contract in &contracts {
            let of_any = !contract.as_verified && any_version_of.contains(&contract.provider_id);
            cells.entry(key(contract)).or_insert_with(|| {
                let results = results.get(&(contract.content_id, of_any)).map(Vec::as_slice).unwrap_or_default();
                cells_of(results, counting, contract.provider_id)
            });
        }
        Self { contracts, cells, ignored }
    }

    fn cells(&self, contract: &Promised) -> &[Cell] {
        self.cells.get(&key(contract)).map(Vec::as_slice).unwrap_or_default()
    }

    fn leaves_out_contract(&self, contract: &Promised) -> bool {
        let IgnoredIds { pacticipants, versions } = &self.ignored;
        pacticipants.contains(&contract.consumer_id)
            || pacticipants.contains(&contract.provider_id)
            || versions.contains(&contract.version_id)
    }

    fn leaves_out_cell(&self, cell: Cell) -> bool {
        cell.version_id.is_some_and(|version| self.ignored.versions.contains(&version))
    }

    /// By consumer and provider.
    pub(super) fn counts(&self) -> HashMap<(i64, i64), Counts> {
        let of_cells: HashMap<Key, Counts> = self.cells.iter().map(|(key, cells)| (*key, self.count(cells))).collect();
        let mut counts: HashMap<(i64, i64), Counts> = HashMap::new();
        for contract in &self.contracts {
            let of_pair = counts.entry((contract.consumer_id, contract.provider_id)).or_default();
            let one = of_cells.get(&key(contract)).copied().unwrap_or_default();
            if self.leaves_out_contract(contract) {
                of_pair.ignored += one.rows();
                continue;
            }
            of_pair.success += one.success;
            of_pair.failed += one.failed;
            of_pair.unknown += one.unknown;
            of_pair.ignored += one.ignored;
        }
        counts
    }

    fn count(&self, cells: &[Cell]) -> Counts {
        let mut counts = Counts::default();
        for cell in cells {
            match cell.success() {
                _ if self.leaves_out_cell(*cell) => counts.ignored += 1,
                Some(true) => counts.success += 1,
                Some(false) => counts.failed += 1,
                None => counts.unknown += 1,
            }
        }
        counts
    }

    /// Rows that stand in the way with this result, at most `most`: of the newest consumer versions, which come first in
    /// the answer, the newest results.
    pub(super) fn obstacles(&self, success: Option<bool>, most: usize) -> Vec<Entry<'_>> {
        let stands = |cell: &&Cell| cell.success() == success && !self.leaves_out_cell(**cell);
        let concerned: HashSet<Key> = self
            .cells
            .iter()
            .filter(|(_, cells)| cells.iter().any(|cell| stands(&cell)))
            .map(|(key, _)| *key)
            .collect();
        let mut contracts: Vec<&Promised> = self
            .contracts
            .iter()
            .filter(|contract| concerned.contains(&key(contract)) && !self.leaves_out_contract(contract))
            .collect();
        contracts.sort_by_key(|contract| (Reverse(contract.position), contract.provider_id));
        let entries = contracts.into_iter().flat_map(|contract| {
            let mut cells: Vec<Cell> = self.cells(contract).iter().filter(stands).copied().collect();
            cells.sort_by_key(|cell| Reverse(*cell));
            cells.into_iter().map(move |cell| Entry { contract, cell })
        });
        entries.take(most).collect()
    }

    /// The rows of the latest publications and results, at most `most`; of results only `wanted` if there are any.
    pub(super) fn most_recent(&self, wanted: &[Option<bool>], most: usize) -> Vec<Entry<'_>> {
        let is_wanted = |cell: &Cell| wanted.is_empty() || wanted.contains(&cell.success());
        let mut by_key: HashMap<Key, Factors<'_>> = HashMap::new();
        for contract in &self.contracts {
            by_key.entry(key(contract)).or_default().contracts.push(contract);
        }
        for (key, cells) in &self.cells {
            if let Some(factors) = by_key.get_mut(key) {
                factors.cells.extend(cells.iter().filter(|cell| is_wanted(cell)));
            }
        }
        let mut events = Vec::new();
        for (key, factors) in &mut by_key {
            factors.sort();
            events.extend(factors.events(*key));
        }
        // The later of its two factors tells when a row came.
        events.sort_by_key(|event| Reverse(*event));
        let entries = events.into_iter().flat_map(|event| by_key[&event.key].entries_of(&event, most));
        entries.take(most).collect()
    }
}

/// The contracts with a content, and its cells.
#[derive(Default)]
struct Factors<'h> {
    contracts: Vec<&'h Promised>,
    cells: Vec<Cell>,
}

/// A publication or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: DateTime<Utc>,
    what: What,
    key: Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Number of the result, and where it stands.
    Result(Option<i64>, usize),
    /// Position of the version, and where the contract stands.
    Publication(i64, usize),
}

impl<'h> Factors<'h> {
    /// Newest first.
    fn sort(&mut self) {
        self.contracts.sort_by_key(|contract| Reverse((contract.published_at, contract.position)));
        self.cells.sort_by_key(|cell| Reverse(cell.result.map(|result| (result.at, result.number))));
    }

    fn events(&self, key: Key) -> Vec<Event> {
        let publications = self.contracts.iter().enumerate().map(|(index, contract)| Event {
            at: contract.published_at,
            what: What::Publication(contract.position, index),
            key,
        });
        let results = self.cells.iter().enumerate().filter_map(|(index, cell)| {
            let result = cell.result?;
            Some(Event { at: result.at, what: What::Result(result.number, index), key })
        });
        publications.chain(results).collect()
    }

    /// The rows that came with it: a publication with the results from before, a result with the publications from before.
    fn entries_of(&self, event: &Event, most: usize) -> Vec<Entry<'h>> {
        match event.what {
            What::Publication(_, index) => {
                let contract = self.contracts[index];
                let before = self.cells.iter().filter(|cell| cell.result.is_none_or(|result| result.at <= event.at));
                before.map(|cell| Entry { contract, cell: *cell }).take(most).collect()
            }
            What::Result(_, index) => {
                let cell = self.cells[index];
                let before = self.contracts.iter().filter(|contract| contract.published_at < event.at);
                before.map(|contract| Entry { contract, cell }).take(most).collect()
            }
        }
    }
}

fn key(contract: &Promised) -> Key {
    (contract.content_id, contract.as_verified)
}

/// A contract that is in question for two causes is so for the wider one: the results of all versions.
fn each_once(mut promised: Vec<Promised>) -> Vec<Promised> {
    let mut seen: HashSet<(i64, i64)> = HashSet::new();
    promised.sort_by_key(|contract| contract.as_verified);
    promised.retain(|contract| seen.insert((contract.version_id, contract.provider_id)));
    promised
}

fn cells_of(results: &[&Judged], counting: &Counting, provider: i64) -> Vec<Cell> {
    let residents = counting.residents.get(&provider);
    let mut cells: Vec<Cell> = results.iter().map(|one| cell_of(one)).collect();
    for version in residents.into_iter().flatten() {
        if !results.iter().any(|one| one.version_id == *version) {
            cells.push(Cell { version_id: Some(*version), result: None });
        }
    }
    if counting.latest_by == LatestBy::ConsumerVersionProvider && !counting.sets.contains(&provider) {
        let latest = results.iter().max_by_key(|one| (one.position, one.number));
        cells.retain(|cell| latest.is_none_or(|latest| *cell == cell_of(latest)));
    }
    if cells.is_empty() && residents.is_none_or(BTreeSet::is_empty) {
        cells.push(Cell { version_id: None, result: None });
    }
    cells
}

fn cell_of(one: &Judged) -> Cell {
    let result = CellResult {
        number: one.number,
        success: one.success,
        at: one.at,
        offer: one.offer,
        compared_at: one.compared_at,
    };
    Cell { version_id: Some(one.version_id), result: Some(result) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    type Told = (i64, i64, Option<i64>, Option<Option<i64>>);

    fn told(entry: &Entry<'_>) -> Told {
        let Entry { contract, cell } = entry;
        (contract.version_id, contract.provider_id, cell.version_id, cell.result.map(|result| result.number))
    }

    /// All rows, made one by one; the time is that of the later of publication and result.
    fn all_rows(history: &History) -> Vec<(Entry<'_>, DateTime<Utc>, bool)> {
        let mut rows = Vec::new();
        for contract in &history.contracts {
            for cell in history.cells(contract) {
                let at = cell.result.map_or(contract.published_at, |result| result.at.max(contract.published_at));
                let ignored = history.leaves_out_contract(contract) || history.leaves_out_cell(*cell);
                rows.push((Entry { contract, cell: *cell }, at, ignored));
            }
        }
        rows
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// Two consumers (1, 2), two providers (3, 4), one of which runs as two versions; contents belong to a pair.
    fn histories() -> impl Strategy<Value = History> {
        let contract = (1..=2_i64, 3..=4_i64, 1..=3_i64, 0..20_i64, any::<bool>());
        let result = (1..=2_i64, 3..=4_i64, 1..=3_i64, 1..=4_i64, any::<bool>(), 0..20_i64, any::<bool>());
        let contracts = proptest::collection::vec(contract, 0..12);
        let results = proptest::collection::vec(result, 0..12);
        let ignored = (proptest::option::of(1..=4_i64), proptest::option::of(0..12_i64));
        (contracts, results, any::<bool>(), any::<bool>(), ignored).prop_map(
            |(contracts, results, of_latest, has_residents, (pacticipant, version))| {
                let content = |consumer: i64, provider: i64, which: i64| consumer * 100 + provider * 10 + which;
                let promised =
                    (0..).zip(contracts).map(|(index, (consumer, provider, which, minutes, as_verified))| Promised {
                        consumer_id: consumer,
                        provider_id: provider,
                        version_id: index,
                        position: index,
                        content_id: content(consumer, provider, which),
                        published_at: at(minutes),
                        as_verified,
                    });
                let judged =
                    (0..).zip(results).map(|(number, (consumer, provider, which, of, success, minutes, of_any))| {
                        Judged {
                            content_id: content(consumer, provider, which),
                            version_id: provider * 100 + of,
                            position: Some(of),
                            success: Some(success),
                            number: Some(number),
                            at: at(minutes),
                            offer: None,
                            compared_at: None,
                            of_any,
                        }
                    });
                let residents =
                    if has_residents { HashMap::from([(3, BTreeSet::from([301, 302]))]) } else { HashMap::new() };
                let latest_by = if of_latest { LatestBy::ConsumerVersionProvider } else { LatestBy::All };
                let counting = Counting { latest_by, sets: residents.keys().copied().collect(), residents };
                let ignored = IgnoredIds {
                    pacticipants: pacticipant.into_iter().collect(),
                    versions: version.into_iter().chain([301]).collect(),
                };
                let judged: Vec<Judged> = judged.collect();
                History::of(promised.collect(), &judged, &counting, ignored, &HashSet::from([4]))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn rows_are_counted_as_if_they_were_made(history in histories()) {
            let mut expected: HashMap<(i64, i64), Counts> = HashMap::new();
            for (entry, _, ignored) in all_rows(&history) {
                let counts = expected.entry((entry.contract.consumer_id, entry.contract.provider_id)).or_default();
                match entry.cell.success() {
                    _ if ignored => counts.ignored += 1,
                    Some(true) => counts.success += 1,
                    Some(false) => counts.failed += 1,
                    None => counts.unknown += 1,
                }
            }

            prop_assert_eq!(history.counts(), expected);
        }

        #[test]
        fn what_stands_in_the_way_is_told_while_there_is_room(history in histories(), most in 0..30_usize) {
            for success in [None, Some(false)] {
                let standing: BTreeSet<Told> = all_rows(&history)
                    .iter()
                    .filter(|(entry, _, ignored)| !ignored && entry.cell.success() == success)
                    .map(|(entry, ..)| told(entry))
                    .collect();

                let obstacles: Vec<Told> = history.obstacles(success, most).iter().map(told).collect();

                prop_assert_eq!(obstacles.len(), most.min(standing.len()));
                prop_assert_eq!(obstacles.iter().copied().collect::<BTreeSet<_>>().len(), obstacles.len());
                prop_assert!(obstacles.iter().all(|one| standing.contains(one)));
            }
        }

        #[test]
        fn the_rows_shown_are_the_latest(history in histories(), most in 0..30_usize, failed_only in any::<bool>()) {
            let wanted: &[Option<bool>] = if failed_only { &[Some(false)] } else { &[] };
            let rows = all_rows(&history);
            let rows = rows.iter().filter(|(entry, ..)| wanted.is_empty() || wanted.contains(&entry.cell.success()));
            let time_of: HashMap<Told, DateTime<Utc>> = rows.map(|(entry, at, _)| (told(entry), *at)).collect();
            let mut times: Vec<DateTime<Utc>> = time_of.values().copied().collect();
            times.sort_by(|a, b| b.cmp(a));
            times.truncate(most);

            let shown: Vec<Told> = history.most_recent(wanted, most).iter().map(told).collect();

            prop_assert_eq!(shown.iter().map(|one| time_of[one]).collect::<Vec<_>>(), times);
            prop_assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>().len(), shown.len());
        }
    }
}
