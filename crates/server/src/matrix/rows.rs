//! From what the database has to the rows that are judged and shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::{Found, Passing, Row, Selector, VersionRef};
use pactolus_domain::names::{NameError, PacticipantName, VersionNumber};

use super::query::LatestBy;
use super::store::{RawPassing, RawRow};

/// A row with what is shown of it.
#[derive(Clone, Debug)]
pub(super) struct MatrixRow {
    pub(super) row: Row,
    pub(super) publication: Publication,
    /// Number and time of the result.
    pub(super) result: Option<(i64, DateTime<Utc>)>,
    /// When the contract was held against what the provider version offers.
    pub(super) compared_at: Option<DateTime<Utc>>,
}

/// Whether the consumer version has the contract.
#[derive(Clone, Copy, Debug)]
pub(super) enum Publication {
    /// Since then.
    Published(DateTime<Utc>),
    /// It is assumed to; when the same content was first published, if it was.
    Assumed(Option<DateTime<Utc>>),
}

impl Publication {
    pub(super) fn at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Published(at) => Some(at),
            Self::Assumed(at) => at,
        }
    }

    pub(super) fn is_assumed(self) -> bool {
        matches!(self, Self::Assumed(_))
    }
}

/// Something in the database that does not have its form.
type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// The names in the database were parsed when they came in. One that can't be read now is an error: a row that
/// vanished could be the one that says no.
pub(super) fn parse(raw: RawRow) -> Result<MatrixRow, Unreadable> {
    let provider_version = match (raw.provider_version_id, raw.provider_version, raw.provider_position) {
        (Some(id), Some(number), Some(position)) => Some(version_ref(id, number, position)?),
        _ => None,
    };
    let consumer_version = version_ref(raw.consumer_version_id, raw.consumer_version, raw.consumer_position)?;
    Ok(MatrixRow {
        row: Row {
            consumer: PacticipantName::parse(raw.consumer)?,
            consumer_version,
            provider: PacticipantName::parse(raw.provider)?,
            provider_version,
            success: raw.success,
            offer: raw.offer,
            sha: ContentSha::parse(raw.sha)?,
        },
        publication: Publication::Published(raw.published_at),
        result: raw.number.zip(raw.verified_at),
        compared_at: raw.compared_at,
    })
}

/// As [`parse`].
pub(super) fn parse_passing(raw: RawPassing) -> Result<Passing, NameError> {
    Ok(Passing {
        consumer: PacticipantName::parse(raw.consumer)?,
        consumer_version: version_ref(raw.consumer_version_id, raw.consumer_version, raw.consumer_position)?,
        provider: PacticipantName::parse(raw.provider)?,
        provider_version: version_ref(raw.provider_version_id, raw.provider_version, raw.provider_position)?,
    })
}

fn version_ref(key: i64, number: String, position: i64) -> Result<VersionRef, NameError> {
    Ok(VersionRef { key, number: VersionNumber::parse(number)?, position })
}

/// Gives each provider version that runs beside others a row of its own: without result where it has none.
pub(super) fn add_co_residents(rows: &mut Vec<MatrixRow>, selectors: &[Selector]) {
    let mut residents: HashMap<&PacticipantName, Vec<&VersionRef>> = HashMap::new();
    for selector in selectors.iter().filter(|selector| selector.criterion.co_resident()) {
        if let Found::Versions(versions) = &selector.found {
            residents.entry(&selector.pacticipant).or_default().extend(versions.iter().map(|one| &one.version));
        }
    }
    let verified: BTreeSet<(i64, String, i64)> = rows
        .iter()
        .filter_map(|one| {
            let version = one.row.provider_version.as_ref()?;
            Some((one.row.consumer_version.key, one.row.provider.to_string(), version.key))
        })
        .collect();
    let mut contracts: BTreeMap<(i64, String), MatrixRow> = BTreeMap::new();
    for one in rows.iter() {
        contracts.entry((one.row.consumer_version.key, one.row.provider.to_string())).or_insert_with(|| one.clone());
    }
    rows.retain(|one| one.row.provider_version.is_some() || !residents.contains_key(&one.row.provider));
    for ((consumer_version, provider), contract) in contracts {
        for version in residents.get(&contract.row.provider).into_iter().flatten() {
            if !verified.contains(&(consumer_version, provider.clone(), version.key)) {
                let mut missing = contract.clone();
                missing.row.provider_version = Some((*version).clone());
                missing.row.success = None;
                missing.row.offer = None;
                missing.result = None;
                missing.compared_at = None;
                rows.push(missing);
            }
        }
    }
}

/// Of several results keeps those that count.
pub(super) fn keep_latest(rows: Vec<MatrixRow>, latest_by: LatestBy, selectors: &[Selector]) -> Vec<MatrixRow> {
    let sets: BTreeSet<&PacticipantName> =
        selectors.iter().filter(|one| one.criterion.is_set()).map(|one| &one.pacticipant).collect();
    let each = |one: &MatrixRow| match latest_by {
        LatestBy::All | LatestBy::ConsumerVersionProviderVersion => true,
        LatestBy::ConsumerVersionProvider => sets.contains(&one.row.provider),
    };
    if latest_by == LatestBy::All {
        return rows;
    }
    newest(rows, |one| {
        let provider_version = one.row.provider_version.as_ref().map(|version| version.key);
        (one.row.consumer_version.key, one.row.provider.clone(), provider_version.filter(|_| each(one)))
    })
}

type Key = (i64, PacticipantName, Option<i64>);

fn newest(rows: Vec<MatrixRow>, key: impl Fn(&MatrixRow) -> Key) -> Vec<MatrixRow> {
    let mut kept: BTreeMap<Key, MatrixRow> = BTreeMap::new();
    for one in rows {
        let age = |one: &MatrixRow| {
            let position = one.row.provider_version.as_ref().map(|version| version.position);
            (position, one.result.map(|(number, _)| number))
        };
        match kept.get(&key(&one)) {
            Some(other) if age(other) >= age(&one) => {}
            _ => {
                kept.insert(key(&one), one);
            }
        }
    }
    kept.into_values().collect()
}

/// Those of the latest publications and results, at most `limit`.
pub(super) fn most_recent(rows: &mut Vec<MatrixRow>, limit: Option<usize>) {
    if let Some(limit) = limit {
        rows.sort_by_key(|one| {
            std::cmp::Reverse(one.result.map(|(_, at)| at).max(one.compared_at).max(one.publication.at()))
        });
        rows.truncate(limit);
    }
}

/// By consumer, newest version first, by provider, newest version first, newest result first.
pub(super) fn sort(rows: &mut [MatrixRow]) {
    rows.sort_by(|a, b| {
        let number = |one: &MatrixRow| std::cmp::Reverse(one.result.map(|(number, _)| number));
        pactolus_domain::gate::order(&a.row).cmp(&pactolus_domain::gate::order(&b.row)).then(number(a).cmp(&number(b)))
    });
}
