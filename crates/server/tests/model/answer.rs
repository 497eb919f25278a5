//! The definition, read directly: all rows, then what of them counts, then the verdict.

use std::collections::BTreeSet;

use crate::history::Named;
use crate::model::{Contract, Model};
use crate::question::{Criterion, LatestBy, Question};

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) consumer: Named,
    pub(crate) provider: usize,
    pub(crate) provider_version: Option<u8>,
    pub(crate) success: Option<bool>,
}

/// The answer, and the rows that it is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) deployable: Option<bool>,
    pub(crate) success: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    /// In order; those that are shown.
    pub(crate) rows: Vec<Row>,
    /// How many of them are shown.
    pub(crate) shown: usize,
}

/// A selector with what it chose; `specified` when the asker named it.
struct Chosen {
    of: usize,
    criterion: Criterion,
    versions: Vec<Named>,
}

impl Chosen {
    /// Its versions are in one place at the same time, so that each needs a result.
    fn is_together(&self) -> bool {
        matches!(self.criterion, Criterion::Environment(_) | Criterion::Tag(_))
    }
}

impl Model {
    pub(crate) fn answer(&self, question: &Question) -> Verdict {
        let choose = |of: usize, criterion: Criterion| Chosen { of, criterion, versions: self.chosen(of, criterion) };
        let specified: Vec<Chosen> = question.selectors.iter().map(|(of, criterion)| choose(*of, *criterion)).collect();
        let asked: BTreeSet<usize> = specified.iter().map(|one| one.of).collect();
        let widened = specified.len() == 1 || question.destination.is_some();
        let required: BTreeSet<(usize, usize)> = if widened { self.needs(&specified) } else { BTreeSet::new() };
        let pairs: BTreeSet<(usize, usize)> = if widened {
            let provided = self.integrations().into_iter().filter(|(_, provider)| asked.contains(provider));
            provided.chain(required.iter().copied()).collect()
        } else {
            let both = |pair: &(usize, usize)| asked.contains(&pair.0) && asked.contains(&pair.1);
            self.integrations().into_iter().filter(both).collect()
        };
        let mut chosen = specified;
        let specified_count = chosen.len();
        if let Some(destination) = question.destination {
            let others: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
            chosen.extend(others.difference(&asked).map(|of| choose(*of, destination)));
        }

        let alone = specified_count == 1 && question.destination.is_none();
        let mut rows = if alone { self.rows_alone(&chosen[0]) } else { self.rows(&pairs, &chosen) };
        rows = self.counting(rows, question);

        let ignores = |of: usize, number: Option<u8>| {
            question.ignore.is_some_and(|(ignored, version)| {
                ignored == of && version.is_none_or(|version| number == Some(version))
            })
        };
        let is_ignored = |row: &Row| {
            ignores(row.consumer.of, Some(row.consumer.number)) || ignores(row.provider, row.provider_version)
        };
        let with_row: BTreeSet<(usize, usize)> = rows.iter().map(|row| (row.consumer.of, row.provider)).collect();
        let missing = required
            .iter()
            .filter(|pair| !with_row.contains(pair))
            .filter(|(consumer, provider)| !ignores(*consumer, None) && !ignores(*provider, None))
            .count();
        let count = |wanted: Option<bool>| rows.iter().filter(|row| !is_ignored(row) && row.success == wanted).count();
        let (success, failed, unknown) = (count(Some(true)), count(Some(false)), count(None) + missing);
        let absent = chosen[..specified_count]
            .iter()
            .any(|one| one.versions.is_empty() && one.criterion != Criterion::Any && !ignores(one.of, None));
        let deployable = match (absent, unknown, failed) {
            (true, ..) => Some(false),
            (false, 0, failed) => Some(failed == 0),
            (false, ..) => None,
        };
        rows.retain(|row| question.success.is_empty() || question.success.contains(&row.success));
        rows.sort();
        let most = question.limit.unwrap_or(if question.as_can_i_deploy { usize::MAX } else { 100 });
        let shown = rows.len().min(most);
        Verdict { deployable, success, failed, unknown, rows, shown }
    }

    /// What the specified versions cannot do without: the providers of their contracts.
    fn needs(&self, specified: &[Chosen]) -> BTreeSet<(usize, usize)> {
        let versions: Vec<Named> = specified.iter().flat_map(|one| one.versions.clone()).collect();
        let theirs = self.contracts.iter().filter(|one| versions.contains(&one.consumer));
        theirs.map(|one| (one.consumer.of, one.provider)).collect()
    }

    /// Each contract of a chosen consumer version with each result of a chosen provider version.
    fn rows(&self, pairs: &BTreeSet<(usize, usize)>, chosen: &[Chosen]) -> Vec<Row> {
        let of = |pacticipant: usize| chosen.iter().filter(move |one| one.of == pacticipant);
        let mut rows = Vec::new();
        for contract in &self.contracts {
            let consumer = contract.consumer;
            let in_question = of(consumer.of).any(|one| one.versions.contains(&consumer));
            if !in_question || !pairs.contains(&(consumer.of, contract.provider)) {
                continue;
            }
            let versions: BTreeSet<Named> = of(contract.provider).flat_map(|one| one.versions.clone()).collect();
            let together: BTreeSet<Named> =
                of(contract.provider).filter(|one| one.is_together()).flat_map(|one| one.versions.clone()).collect();
            let row = |version: Option<u8>, success| Row {
                consumer,
                provider: contract.provider,
                provider_version: version,
                success,
            };
            let before = rows.len();
            for version in versions {
                let results = self.results(contract, version);
                if results.is_empty() && together.contains(&version) {
                    rows.push(row(Some(version.number), None));
                }
                rows.extend(results.into_iter().map(|success| row(Some(version.number), Some(success))));
            }
            if rows.len() == before {
                rows.push(row(None, None));
            }
        }
        rows
    }

    /// A single selector without a destination meets whatever its neighbours have.
    fn rows_alone(&self, chosen: &Chosen) -> Vec<Row> {
        let mut rows = Vec::new();
        for contract in &self.contracts {
            let row = |version: Option<u8>, success| Row {
                consumer: contract.consumer,
                provider: contract.provider,
                provider_version: version,
                success,
            };
            let (mut verified, before) = (false, rows.len());
            for version in self.versions.iter().filter(|one| one.of == contract.provider) {
                let touches = chosen.versions.contains(&contract.consumer) || chosen.versions.contains(version);
                for success in self.results(contract, *version) {
                    verified = true;
                    rows.extend(touches.then(|| row(Some(version.number), Some(success))));
                }
            }
            // One of them has verified the contract, so the others meet it, too.
            if chosen.is_together() && rows.len() > before {
                let own = chosen.versions.iter().filter(|version| version.of == contract.provider);
                let missed = own.filter(|version| self.results(contract, **version).is_empty());
                rows.extend(missed.map(|version| row(Some(version.number), None)));
            }
            let any = chosen.criterion == Criterion::Any && chosen.of == contract.provider;
            if !verified && (chosen.versions.contains(&contract.consumer) || any) {
                rows.push(row(None, None));
            }
        }
        rows
    }

    /// In their order.
    fn results(&self, contract: &Contract, provider: Named) -> Vec<bool> {
        let found = self.verifications.iter().filter(|one| {
            (one.consumer, one.content, one.provider) == (contract.consumer.of, contract.content, provider)
                && provider.of == contract.provider
        });
        found.map(|one| one.success).collect()
    }

    /// Of several results those that count: for versions that the asker names as a set each counts for itself.
    fn counting(&self, rows: Vec<Row>, question: &Question) -> Vec<Row> {
        let is_set = |criterion: Criterion| {
            matches!(
                criterion,
                Criterion::Environment(_) | Criterion::Tag(_) | Criterion::Branch(_) | Criterion::MainBranch
            )
        };
        let is_asked_for = |of: usize| question.selectors.iter().any(|(one, _)| *one == of);
        let chosen_as_set = |of: usize| {
            question.selectors.iter().any(|(one, criterion)| *one == of && is_set(*criterion))
                || !is_asked_for(of) && question.destination.is_some_and(is_set)
        };
        let position = |row: &Row| row.provider_version.map(|number| self.position(Named { of: row.provider, number }));
        let each = |row: &Row| question.latest_by == LatestBy::Cvpv || chosen_as_set(row.provider);
        let replaces = |newer: &Row, older: &Row| match question.latest_by {
            LatestBy::All => false,
            _ if each(newer) => newer.provider_version == older.provider_version,
            _ => position(newer) >= position(older),
        };
        let mut kept: Vec<Row> = Vec::new();
        for row in rows {
            let same = |one: &Row| (one.consumer, one.provider) == (row.consumer, row.provider);
            if question.latest_by == LatestBy::Cvp
                && !each(&row)
                && kept.iter().any(|one| same(one) && !replaces(&row, one))
            {
                continue;
            }
            kept.retain(|one| !(same(one) && replaces(&row, one)));
            kept.push(row);
        }
        kept
    }
}
