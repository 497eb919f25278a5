//! Looking up who uses what: of the consumer versions that count, those whose contracts name one of the elements.

use std::collections::{BTreeSet, HashMap};

use pactolus_domain::names::{EnvironmentName, PacticipantName};
use pactolus_domain::usage::{Element, Part};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Known, Present, Wanted};
use crate::edge::Error;
use crate::environments::{self, Environment};
use crate::ids::{PacticipantId, TenantId};
use crate::pacticipants;

/// Of one version no more are shown; they are counted.
const MOST_SHOWN: usize = 100;

/// A consumer with the versions of it that use something.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) name: String,
    pub(super) versions: Vec<Using>,
}

/// A consumer version that counts.
#[derive(Clone, Debug)]
pub(crate) struct CountingVersion {
    pub(crate) consumer: String,
    pub(crate) number: String,
    pub(crate) content_id: i64,
    pub(crate) environments: BTreeSet<String>,
    pub(crate) branches: BTreeSet<String>,
}

impl From<Present> for CountingVersion {
    fn from(present: Present) -> Self {
        let Present { consumer, version, content_id, environments, branches } = present;
        Self {
            consumer,
            number: version,
            content_id,
            environments: environments.into_iter().collect(),
            branches: branches.into_iter().collect(),
        }
    }
}

/// A version that uses something.
#[derive(Debug)]
pub(super) struct Using {
    pub(super) version: CountingVersion,
    pub(super) uses: Vec<Element>,
    pub(super) use_count: usize,
    /// It uses more than is kept.
    pub(super) uses_more: bool,
}

pub(super) async fn provider(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
) -> Result<PacticipantId, Error> {
    let found = pacticipants::find_id(db, tenant, name).await?;
    found.ok_or_else(|| Error::NoSuchPacticipant { role: "provider", name: name.to_string() })
}

pub(super) async fn environment(
    db: &mut PgConnection,
    tenant: TenantId,
    name: Option<&EnvironmentName>,
) -> Result<Option<Environment>, Error> {
    let Some(name) = name else { return Ok(None) };
    let found = environments::find_by_name(db, tenant, name.as_str()).await?;
    found.map(Some).ok_or_else(|| Error::Missing(format!("No environment with name '{name}' found")))
}

/// The versions that count, each once, by consumer and age.
pub(crate) async fn counting(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    environment: Option<Uuid>,
) -> sqlx::Result<Vec<CountingVersion>> {
    let present = store::list_present(db, tenant, provider, environment).await?;
    Ok(present.into_iter().map(CountingVersion::from).collect())
}

/// Who uses something.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The consumers with versions that use it, by name.
    pub(super) consumers: Vec<Consumer>,
    /// How many other versions use more than is kept, and so may use it.
    pub(super) unknown: usize,
}

/// Who uses one of the elements.
pub(super) async fn using(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    versions: Vec<CountingVersion>,
    wanted: &Wanted<'_>,
    is_meant: impl Fn(&Element) -> bool,
) -> sqlx::Result<Found> {
    let mut known = store::list_elements(db, tenant, provider, wanted).await?;
    // Headers are kept in small letters, whatever they were asked for in.
    if let Some(lower) = wanted.name.map(str::to_lowercase).filter(|lower| wanted.name != Some(lower)) {
        let wanted = Wanted { name: Some(&lower), ..wanted.clone() };
        let in_any_case = |part| matches!(part, Part::RequestHeader | Part::ResponseHeader | Part::Metadata);
        let more = store::list_elements(db, tenant, provider, &wanted).await?;
        known.extend(more.into_iter().filter(|known| in_any_case(known.element.part)));
    }
    known.retain(|known| known.element.part == Part::More || is_meant(&known.element));
    let ids: Vec<i64> = known.iter().map(|known| known.id).collect();
    let contents: BTreeSet<i64> = versions.iter().map(|version| version.content_id).collect();
    let contents: Vec<i64> = contents.into_iter().collect();
    let mut of_contents: HashMap<i64, Vec<i64>> = HashMap::new();
    for (content, element) in store::list_used(db, tenant, &contents, &ids).await? {
        of_contents.entry(content).or_default().push(element);
    }
    let known: HashMap<i64, Known> = known.into_iter().map(|known| (known.id, known)).collect();
    let (mut consumers, mut unknown): (Vec<Consumer>, usize) = (Vec::new(), 0);
    for version in versions {
        let Some(elements) = of_contents.get(&version.content_id) else { continue };
        let elements = elements.iter().filter_map(|id| known.get(id)).map(|known| known.element.clone());
        let (more, mut uses): (Vec<Element>, Vec<Element>) = elements.partition(|element| element.part == Part::More);
        if uses.is_empty() {
            unknown += usize::from(!more.is_empty());
            continue;
        }
        uses.sort();
        let use_count = uses.len();
        uses.truncate(MOST_SHOWN);
        let name = version.consumer.clone();
        let using = Using { version, uses, use_count, uses_more: !more.is_empty() };
        match consumers.last_mut().filter(|last| last.name == name) {
            Some(last) => last.versions.push(using),
            None => consumers.push(Consumer { name, versions: vec![using] }),
        }
    }
    Ok(Found { consumers, unknown })
}
