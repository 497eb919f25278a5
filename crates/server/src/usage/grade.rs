//! What changed between two documents, and whom of the consumers that count it hits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use pactolus_domain::usage::{Element, usage};
use pactolus_oas::contract::Contract;
use pactolus_oas::diff::{Change, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::preview::{Consumer, Level, preview};
use pactolus_oas::source::Budget;
use sqlx::PgConnection;

use super::find::CountingVersion;
use super::store;
use crate::ids::TenantId;

/// More contracts are not held against two documents while somebody waits.
const MOST: usize = 24;
const MOST_BYTES: i64 = 1 << 20;

/// A contract, and the consumers that have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    content_id: i64,
    text: String,
    consumers: BTreeSet<String>,
}

/// A change between two documents.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) change: Change,
    pub(crate) level: Level,
    /// The consumers whose contracts no longer fit because of it.
    pub(crate) breaks: BTreeSet<String>,
    /// Who else uses what changed.
    pub(crate) uses: BTreeSet<String>,
}

/// The contracts of the versions; `None` if they are too many or too large.
pub(crate) async fn hold(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[CountingVersion],
) -> sqlx::Result<Option<Vec<Held>>> {
    let mut held: BTreeMap<i64, Held> = BTreeMap::new();
    for version in versions {
        let held = held.entry(version.content_id).or_default();
        held.content_id = version.content_id;
        held.consumers.insert(version.consumer.clone());
    }
    let contents: Vec<i64> = held.keys().copied().collect();
    if contents.len() > MOST || store::called::sum_sizes(db, tenant, &contents).await? > MOST_BYTES {
        return Ok(None);
    }
    for (content, text) in store::list_texts(db, tenant, &contents).await? {
        held.entry(content).or_default().text = text;
    }
    Ok(Some(held.into_values().collect()))
}

/// So many answers are remembered: contracts are held against both documents only once.
const MOST_KNOWN: usize = 64;
/// Longer ones are made anew.
const LONGEST_KNOWN: usize = 500;

/// What an answer depends on; contents never change.
#[derive(PartialEq, Eq)]
struct Asked {
    tenant: TenantId,
    texts: (u64, u64),
    held: Option<Vec<(i64, BTreeSet<String>)>>,
    today: Day,
}

static KNOWN: Mutex<VecDeque<(Asked, Arc<[Hit]>)>> = Mutex::new(VecDeque::new());

/// As [`grade`], remembered.
pub(crate) fn grade_once(
    tenant: TenantId,
    (old_text, old): (&str, &Document),
    (new_text, new): (&str, &Document),
    held: Option<&[Held]>,
    today: Day,
) -> Arc<[Hit]> {
    static HASHING: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let named = |held: &[Held]| held.iter().map(|one| (one.content_id, one.consumers.clone())).collect();
    let texts = (HASHING.hash_one(old_text), HASHING.hash_one(new_text));
    let asked = Asked { tenant, texts, held: held.map(named), today };
    // Whoever panicked with it left it whole: entries are only pushed and popped.
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, hits)) = known().iter().find(|(known, _)| *known == asked) {
        return Arc::clone(hits);
    }
    let hits: Arc<[Hit]> = grade(old, new, held, today).into();
    if hits.len() <= LONGEST_KNOWN {
        let mut known = known();
        known.push_front((asked, Arc::clone(&hits)));
        known.truncate(MOST_KNOWN);
    }
    hits
}

/// Without contracts, only what changed. A contract that cannot be read hits nobody.
fn grade(old: &Document, new: &Document, held: Option<&[Held]>, today: Day) -> Vec<Hit> {
    let Some(held) = held else {
        let changes = diff(old, new, today).into_iter();
        let none = BTreeSet::new;
        return changes.map(|change| Hit { change, level: Level::Info, breaks: none(), uses: none() }).collect();
    };
    let read: Vec<(Contract, BTreeSet<Element>, &Held)> = held
        .iter()
        .filter_map(|held| {
            let contract = Contract::load(&held.text, &Budget::default()).ok()?;
            Some((contract, usage(&held.text).unwrap_or_default(), held))
        })
        .collect();
    let consumers: Vec<Consumer<'_>> = read.iter().map(|(contract, used, _)| Consumer { contract, used }).collect();
    let named = |places: &BTreeSet<usize>| -> BTreeSet<String> {
        places.iter().flat_map(|place| read[*place].2.consumers.iter().cloned()).collect()
    };
    let graded = preview(old, new, &consumers, today).changes.into_iter();
    graded
        .map(|graded| {
            let breaks = named(&graded.breaks);
            let uses = named(&graded.uses).difference(&breaks).cloned().collect();
            Hit { change: graded.change, level: graded.level, breaks, uses }
        })
        .collect()
}
