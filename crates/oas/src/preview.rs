//! What a new version of a document would do to the consumers there are. Whether one breaks is decided by holding its contract
//! against both documents; the changes between them give it names.

mod place;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use pactolus_domain::usage::{Element, Part};
use serde::Serialize;

use self::place::{Changed, Located, Use, uses};
use crate::comparison::{Comparator, Profile};
use crate::contract::{Contract, Place, Request};
use crate::diff::{Change, Day, diff};
use crate::document::Document;
use crate::fields::Operations;
use crate::finding::{Code, Finding, Severity};
use crate::model::Api;

/// A consumer's contract, and what it uses.
pub struct Consumer<'c> {
    /// What it expects.
    pub contract: &'c Contract,
    /// What it uses of the provider.
    pub used: &'c BTreeSet<Element>,
}

/// How grave something is, with the consumers in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nobody is hit.
    Info,
    /// Somebody uses it, and what their contracts tell does not show that they break.
    Warning,
    /// Somebody breaks.
    Breaking,
}

/// A change, and whom it hits. Consumers are named by their place in the list that was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// What changed.
    pub change: Change,
    /// How grave it is.
    pub level: Level,
    /// Whose contracts no longer fit because of it.
    pub breaks: BTreeSet<usize>,
    /// Who else uses what changed.
    pub uses: BTreeSet<usize>,
}

/// Something of an interaction that fitted the old document and does not fit the new one.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Whose it is.
    pub consumer: usize,
    /// What speaks against it.
    pub finding: Finding,
    /// The changes that explain it, by their place in the list. If there are none, nobody knows why.
    pub changes: Vec<usize>,
}

/// What would come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// All changes, in the order of the old document.
    pub changes: Vec<Graded>,
    /// What no longer fits.
    pub broken: Vec<Broken>,
    /// Consumers of whom something did not fit the old document either: of just that, nothing is said here.
    pub failed_before: BTreeSet<usize>,
}

/// Grades the changes from `old` to `new` by what the consumers' contracts say of both.
#[must_use]
pub fn preview(old: &Document, new: &Document, consumers: &[Consumer<'_>], today: Day) -> Preview {
    let changes = diff(old, new, today);
    let ready: Vec<Changed<'_>> = changes.iter().map(Changed::of).collect();
    let api = Api::of(old);
    let calls = Calls::new(&api, &ready);
    // Made once: documents are large, contracts many.
    let (before, after) = (Comparator::new(old, Profile::Sound), Comparator::new(new, Profile::Sound));
    let (mut broken, mut failed_before) = (Vec::new(), BTreeSet::new());
    for (index, consumer) in consumers.iter().enumerate() {
        let failed = Failed::of(&before, consumer.contract);
        if !failed.found.is_empty() {
            failed_before.insert(index);
        }
        for finding in after.compare(consumer.contract).findings {
            if finding.severity < Severity::Error || failed.includes(&finding) {
                continue;
            }
            let changes = calls.explaining(consumer.contract, &finding);
            broken.push(Broken { consumer: index, finding, changes });
        }
    }
    let hits = hits(&ready, &broken, consumers, &calls);
    let changes = changes.into_iter().zip(hits).map(|(change, hit)| hit.grade(change)).collect();
    Preview { changes, broken, failed_before }
}

/// What does not fit a document.
#[derive(Default)]
struct Failed {
    found: HashSet<(Code, Place)>,
    /// The interactions that lead to no operation.
    nowhere: HashSet<usize>,
}

impl Failed {
    fn of(document: &Comparator<'_>, contract: &Contract) -> Self {
        let mut failed = Self::default();
        for finding in document.compare(contract).findings {
            if finding.severity == Severity::Error {
                // Of a path whose parameters do not fit, the rest is compared all the same.
                if finding.code == Code::PathOrMethodUnknown && finding.document.pointer.as_str() == "/paths" {
                    failed.nowhere.insert(finding.place.interaction);
                }
                failed.found.insert((finding.code, finding.place));
            }
        }
        failed
    }

    /// Whether it is nothing new. What led to no operation was looked at no further, so nothing of it is.
    fn includes(&self, finding: &Finding) -> bool {
        self.nowhere.contains(&finding.place.interaction) || self.found.contains(&(finding.code, finding.place.clone()))
    }
}

/// Whom a change hits.
#[derive(Clone, Default)]
struct Hit {
    breaks: BTreeSet<usize>,
    uses: BTreeSet<usize>,
}

impl Hit {
    fn grade(self, change: Change) -> Graded {
        let Self { breaks, uses } = self;
        let may_break = change.severity > Severity::Info && !change.harmless;
        let level = match (breaks.is_empty(), uses.is_empty()) {
            (false, _) => Level::Breaking,
            (true, false) if may_break => Level::Warning,
            _ => Level::Info,
        };
        Graded { change, level, breaks, uses }
    }
}

/// Whom each of the changes hits.
fn hits(changes: &[Changed<'_>], broken: &[Broken], consumers: &[Consumer<'_>], calls: &Calls<'_>) -> Vec<Hit> {
    let mut hits = vec![Hit::default(); changes.len()];
    for broken in broken {
        for change in &broken.changes {
            hits[*change].breaks.insert(broken.consumer);
        }
    }
    for (index, consumer) in consumers.iter().enumerate() {
        for (operation, used) in calls.attributed(consumer.used) {
            for place in calls.changes.get(&operation).into_iter().flatten() {
                let hit = &mut hits[*place];
                let is_known = hit.breaks.contains(&index) || hit.uses.contains(&index);
                if !is_known && used.iter().any(|one| changes[*place].concerns(one)) {
                    hit.uses.insert(index);
                }
            }
        }
    }
    hits
}

/// Method and path of an operation, as the old document writes them.
type Called<'a> = (&'a str, &'a str);

/// Which operations of the old document contracts call, and what changed of them.
struct Calls<'a> {
    operations: Operations,
    api: &'a Api,
    all: &'a [Changed<'a>],
    /// The places of the changes in the list of all.
    changes: HashMap<Called<'a>, Vec<usize>>,
    /// What was looked up, by method and normalised path: contracts use many things of one operation.
    known: RefCell<HashMap<(String, String), Vec<usize>>>,
}

impl<'a> Calls<'a> {
    fn new(api: &'a Api, all: &'a [Changed<'a>]) -> Self {
        let mut changes: HashMap<Called<'a>, Vec<usize>> = HashMap::new();
        for (place, Changed { change, .. }) in all.iter().enumerate() {
            let key = (change.operation.as_deref().unwrap_or_default(), change.path.as_deref().unwrap_or_default());
            changes.entry(key).or_default().push(place);
        }
        Self { operations: Operations::of(api), api, all, changes, known: RefCell::default() }
    }

    fn attributed<'e>(&self, used: &'e BTreeSet<Element>) -> HashMap<Called<'a>, Vec<Use<'e>>> {
        let mut attributed: HashMap<Called<'a>, Vec<&Element>> = HashMap::new();
        let mut known = self.known.borrow_mut();
        for element in used {
            let key = (element.method.clone(), element.path.clone());
            let found = known.entry(key).or_insert_with(|| self.operations.list(&element.method, &element.path));
            for index in found {
                let operation = &self.api.operations[*index];
                attributed.entry((&operation.method, &operation.path)).or_default().push(element);
            }
        }
        attributed.into_iter().map(|(operation, elements)| (operation, uses(&elements))).collect()
    }

    /// The changes that a finding comes of: those of the very thing that it is about, else those of its operation that can
    /// break something.
    fn explaining(&self, contract: &Contract, finding: &Finding) -> Vec<usize> {
        let exchange = contract.interactions().get(finding.place.interaction);
        let Some(exchange) = exchange.and_then(|interaction| interaction.exchange.as_ref()) else { return Vec::new() };
        let (method, path) = called(&exchange.request);
        let Some(index) = self.operations.find(&method, path) else { return Vec::new() };
        let operation = &self.api.operations[index];
        let Some(here) = self.changes.get(&(operation.method.as_str(), operation.path.as_str())) else {
            return Vec::new();
        };
        let located = Located::of(&finding.place, exchange.response.status);
        let choose = |fits: &dyn Fn(&Changed<'_>) -> bool| -> Vec<usize> {
            here.iter().copied().filter(|place| fits(&self.all[*place])).collect()
        };
        let grave = |changed: &Changed<'_>| changed.change.severity > Severity::Info;
        let tries: [&dyn Fn(&Changed<'_>) -> bool; 3] = [
            &|changed| grave(changed) && changed.explains(&located),
            &|changed| {
                let concerns = changed.change.concerns.as_ref();
                concerns.is_some_and(|concerns| concerns.part != Part::Operation) && changed.explains(&located)
            },
            &grave,
        ];
        tries.into_iter().map(choose).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Method and path of a request.
fn called(request: &Request) -> (String, &str) {
    (request.method.to_ascii_uppercase(), request.path.split(['?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
