//! What a new version of a document would do to the consumers there are. Whether one breaks is decided by holding its contract
//! against both documents; the changes between them give it names.

mod place;

use std::collections::{BTreeSet, HashMap};

use pactolus_domain::usage::{Element, Part, normalised};
use serde::Serialize;

use self::place::{Located, concerns_element, explains};
use crate::comparison::{Comparator, Profile};
use crate::contract::{Contract, Interaction};
use crate::diff::{Change, Day, diff};
use crate::document::Document;
use crate::fields::Operations;
use crate::finding::{Finding, Severity};
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

/// An interaction that fitted the old document and does not fit the new one.
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
    /// Consumers of whom something did not fit the old document either: of that, nothing is said here.
    pub failed_before: BTreeSet<usize>,
}

/// Grades the changes from `old` to `new` by what the consumers' contracts say of both.
#[must_use]
pub fn preview(old: &Document, new: &Document, consumers: &[Consumer<'_>], today: Day) -> Preview {
    let changes = diff(old, new, today);
    let api = Api::of(old);
    let calls = Calls { operations: Operations::of(&api), api: &api };
    // Made once: documents are large, contracts many.
    let (before, after) = (Comparator::new(old, Profile::Sound), Comparator::new(new, Profile::Sound));
    let mut preview = Preview { changes: Vec::new(), broken: Vec::new(), failed_before: BTreeSet::new() };
    for (index, consumer) in consumers.iter().enumerate() {
        let failed = failing(&before, consumer.contract);
        if !failed.is_empty() {
            preview.failed_before.insert(index);
        }
        for finding in after.compare(consumer.contract).findings {
            if finding.severity < Severity::Error || failed.contains(&finding.place.interaction) {
                continue;
            }
            let changes = calls.explaining(&changes, consumer.contract, &finding);
            preview.broken.push(Broken { consumer: index, finding, changes });
        }
    }
    preview.changes = graded(changes, &preview.broken, consumers, &calls);
    preview
}

/// The interactions that do not fit a document.
fn failing(document: &Comparator<'_>, contract: &Contract) -> BTreeSet<usize> {
    let findings = document.compare(contract).findings;
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.place.interaction).collect()
}

fn graded(changes: Vec<Change>, broken: &[Broken], consumers: &[Consumer<'_>], calls: &Calls<'_>) -> Vec<Graded> {
    let mut graded: Vec<Graded> = changes
        .into_iter()
        .map(|change| Graded { change, level: Level::Info, breaks: BTreeSet::new(), uses: BTreeSet::new() })
        .collect();
    for broken in broken {
        for change in &broken.changes {
            graded[*change].breaks.insert(broken.consumer);
        }
    }
    for (index, consumer) in consumers.iter().enumerate() {
        let used = calls.attributed(consumer.used);
        for graded in &mut graded {
            let change = &graded.change;
            let key = (change.operation.as_deref().unwrap_or_default(), change.path.as_deref().unwrap_or_default());
            let is_used = used.get(&key).is_some_and(|of_it| of_it.iter().any(|one| concerns_element(change, one)));
            if is_used && !graded.breaks.contains(&index) {
                graded.uses.insert(index);
            }
        }
    }
    for graded in &mut graded {
        let may_break = graded.change.severity > Severity::Info && !graded.change.harmless;
        graded.level = match (graded.breaks.is_empty(), graded.uses.is_empty()) {
            (false, _) => Level::Breaking,
            (true, false) if may_break => Level::Warning,
            _ => Level::Info,
        };
    }
    graded
}

/// Which operations of the old document contracts call.
struct Calls<'a> {
    operations: Operations,
    api: &'a Api,
}

impl<'a> Calls<'a> {
    /// Method and path of the operation, as the document writes them.
    fn find(&self, method: &str, path: &str) -> Option<(&'a str, &'a str)> {
        let operation = &self.api.operations[self.operations.find(method, path)?];
        Some((&operation.method, &operation.path))
    }

    fn attributed<'e>(&self, used: &'e BTreeSet<Element>) -> HashMap<(&'a str, &'a str), Vec<&'e Element>> {
        let mut attributed: HashMap<_, Vec<&Element>> = HashMap::new();
        for element in used {
            if let Some(operation) = self.find(&element.method, &element.path) {
                attributed.entry(operation).or_default().push(element);
            }
        }
        attributed
    }

    /// The changes that a finding comes of: those of the very thing that it is about, else those of its operation that can
    /// break something.
    fn explaining(&self, changes: &[Change], contract: &Contract, finding: &Finding) -> Vec<usize> {
        let interaction = contract.interactions().get(finding.place.interaction);
        let operation = interaction.and_then(called).and_then(|(method, path)| self.find(&method, &path));
        let Some((method, path)) = operation else { return Vec::new() };
        let status = interaction.and_then(|one| one.exchange.as_ref()).map_or(0, |exchange| exchange.response.status);
        let located = Located::of(&finding.place, status);
        let here =
            |change: &&Change| change.operation.as_deref() == Some(method) && change.path.as_deref() == Some(path);
        let choose = |fits: &dyn Fn(&Change) -> bool| -> Vec<usize> {
            let all = changes.iter().enumerate();
            all.filter(|(_, change)| here(change) && fits(change)).map(|(index, _)| index).collect()
        };
        let grave = |change: &Change| change.severity > Severity::Info;
        let tries: [&dyn Fn(&Change) -> bool; 3] = [
            &|change| grave(change) && explains(change, &located),
            &|change| {
                change.concerns.as_ref().is_some_and(|concerns| concerns.part != Part::Operation)
                    && explains(change, &located)
            },
            &grave,
        ];
        tries.into_iter().map(choose).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Method and path of an interaction's request, the path normalised.
fn called(interaction: &Interaction) -> Option<(String, String)> {
    let request = &interaction.exchange.as_ref()?.request;
    Some((request.method.to_ascii_uppercase(), normalised(&request.path, None)))
}

#[cfg(test)]
mod tests;
