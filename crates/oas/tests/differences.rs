//! Holds the changes between two documents against recordings of existing tools, which are not part of this
//! repository: `PACTOLUS_CONFORMANCE` names their folder, without it these tests say that they did not run.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "the agreement is for people to read")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pactolus_oas::diff::{Change, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::finding::Severity;
use pactolus_oas::source::Budget;
use serde_json::Value;

/// Who is wrong where we differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Nobody: both can be defended.
    Policy,
    TheirsWrong,
}

/// Pairs on which we differ, each judged. None is left on which we are wrong.
const JUDGED: [(&str, Class, &str); 9] = [
    (
        "TestAPIGlobalSecurityScopeAdded",
        Class::TheirsWrong,
        "a token without the new scope is refused, which is breaking",
    ),
    ("TestAPIGlobalSecurityyAdded", Class::TheirsWrong, "who sends no token is refused, which is breaking"),
    ("TestAPISecurityScopeAdded", Class::TheirsWrong, "a token without the new scope is refused, which is breaking"),
    ("TestBreaking_DeletedTag", Class::TheirsWrong, "of a parameter with `content` a property became required, unseen"),
    ("TestBreaking_ReqParameterBecameEnum", Class::TheirsWrong, "values that were allowed before are called added"),
    (
        "TestBreaking_ReqParameterHeaderPropertyBecameEnum",
        Class::TheirsWrong,
        "values that were allowed before are called added",
    ),
    ("TestBreaking_ReqPropertyBecameEnum", Class::TheirsWrong, "values that were allowed before are called added"),
    (
        "AllOfDiffTest.testDiffSameWithAllOf",
        Class::Policy,
        "a schema moved out of `allOf` is still shown, as information",
    ),
    ("OneOfDiffTest.testDiffSameWithOneOf", Class::Policy, "a variant's new name is still shown, as information"),
];

/// The judgement in words.
fn judged(case: &str) -> Option<String> {
    let (_, class, why) = JUDGED.iter().find(|(judged, ..)| *judged == case)?;
    let class = match class {
        Class::Policy => "policy",
        Class::TheirsWrong => "theirs wrong",
    };
    Some(format!("{class}: {why}"))
}

/// The recordings were made on this day; their sunsets lie on both sides of it.
fn today() -> Day {
    Day::new(2026, 11, 22).unwrap()
}

fn suite(name: &str) -> Option<Vec<PathBuf>> {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        println!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        return None;
    };
    let folder = Path::new(&folder).join("openapi").join(name);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("not run: {} is missing", folder.display());
        return None;
    };
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    Some(cases)
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

fn json(case: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(case.join(name)).unwrap()).unwrap()
}

fn document(case: &Path, name: &str) -> Document {
    let text =
        ["json", "yaml", "yml"].iter().find_map(|kind| fs::read_to_string(case.join(format!("{name}.{kind}"))).ok());
    Document::load(&text.unwrap(), &Budget::default()).unwrap()
}

fn changes(case: &Path) -> Vec<Change> {
    diff(&document(case, "base"), &document(case, "revision"), today())
}

/// How often each id of a severity was seen.
type Counts = BTreeMap<String, usize>;

fn count(ids: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}

fn recorded(case: &Path, level: u64) -> Counts {
    let expected = json(case, "expected.json");
    let of_level = expected.as_array().unwrap().iter().filter(|change| change["level"] == level);
    count(of_level.map(|change| change["id"].as_str().unwrap().to_owned()))
}

fn found(changes: &[Change], severity: Severity) -> Counts {
    let known = changes.iter().filter(|change| change.severity == severity && change.is_known());
    count(known.map(|change| change.id.clone()))
}

fn ids(counts: &Counts) -> BTreeSet<&String> {
    counts.keys().collect()
}

/// Agreement at one severity, by pair and by id.
#[derive(Default)]
struct Agreement {
    pairs: usize,
    same_ids: usize,
    same_counts: usize,
    by_id: BTreeMap<String, [usize; 3]>,
    /// Pairs that differ, and nobody has said why.
    unjudged: Vec<String>,
}

impl Agreement {
    fn add(&mut self, case: &str, severity: Severity, expected: &Counts, found: &Counts) {
        self.pairs += 1;
        self.same_counts += usize::from(expected == found);
        let same = ids(expected) == ids(found);
        self.same_ids += usize::from(same);
        for id in ids(expected).union(&ids(found)) {
            let (theirs, ours) = (expected.contains_key(*id), found.contains_key(*id));
            let index = match (theirs, ours) {
                (true, true) => 0,
                (true, false) => 1,
                _ => 2,
            };
            self.by_id.entry((*id).clone()).or_default()[index] += 1;
        }
        if expected != found {
            let judged = judged(case).unwrap_or_else(|| {
                self.unjudged.push(case.to_owned());
                "not judged".to_owned()
            });
            let what = if same { "counts differ" } else { "ids differ" };
            println!("{severity:?} {case}: {what} ({judged})\n  recorded {expected:?}\n  found    {found:?}");
        }
    }

    fn print(&self, severity: Severity) {
        println!(
            "{severity:?}: {} of {} pairs with the same ids, {} with the same counts",
            self.same_ids, self.pairs, self.same_counts
        );
        for (id, [both, missing, surplus]) in &self.by_id {
            println!("  {id}: {both} agree, {missing} missing, {surplus} surplus");
        }
    }
}

#[test]
fn breaking_changes_have_the_ids_that_oasdiff_gives_them() {
    let Some(cases) = suite("oasdiff") else { return };
    let mut agreements: [Agreement; 3] = std::array::from_fn(|_| Agreement::default());
    // With what we call an error and oasdiff has no check for.
    let mut same_errors = 0;
    let mut unjudged: Vec<String> = Vec::new();
    let levels = [(Severity::Error, 3), (Severity::Warning, 2), (Severity::Info, 1)];
    for case in &cases {
        let changes = changes(case);
        for (agreement, (severity, level)) in agreements.iter_mut().zip(levels) {
            agreement.add(&name(case), severity, &recorded(case, level), &found(&changes, severity));
        }
        let errors = changes.iter().filter(|change| change.severity == Severity::Error);
        let errors: BTreeSet<String> = errors.map(|change| change.id.clone()).collect();
        let is_same = errors.iter().eq(ids(&recorded(case, 3)));
        same_errors += usize::from(is_same);
        if !is_same && judged(&name(case)).is_none() {
            unjudged.push(name(case));
        }
        let ours: BTreeSet<String> = changes
            .iter()
            .filter(|change| !change.is_known())
            .map(|change| format!("{:?} {}", change.severity, change.id))
            .collect();
        if !ours.is_empty() {
            println!("ours in {}: {ours:?}", name(case));
        }
    }
    for (agreement, (severity, _)) in agreements.iter().zip(levels) {
        agreement.print(severity);
    }
    println!("Error, with ids that oasdiff does not have: {same_errors} of {} pairs with the same ids", cases.len());
    unjudged.extend(agreements.iter().flat_map(|agreement| agreement.unjudged.clone()));
    assert_eq!(unjudged, Vec::<String>::new(), "each disagreement is judged");
    assert!(same_errors * 100 >= cases.len() * 95, "{same_errors} of {} pairs agree", cases.len());
    let errors = &agreements[0];
    assert!(errors.same_ids * 100 >= errors.pairs * 95, "{} of {} pairs agree", errors.same_ids, errors.pairs);
}

/// How openapi-diff judges a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Unchanged,
    Compatible,
    Incompatible,
}

/// Our judgement of one change, by openapi-diff's policy where it is another one: it takes no removed property amiss,
/// but any change of a type, a pattern, the number of properties, a status, or how somebody authenticates.
fn verdict(change: &Change) -> Verdict {
    let strict = [
        "-type-generalized",
        "-type-specialized",
        "-type-compatible",
        "-pattern-generalized",
        "-pattern-changed",
        "-pattern-added",
        "-pattern-removed",
        "-properties-increased",
        "-properties-decreased",
        "-properties-set",
        "-properties-unset",
        "response-body-min-length-increased",
        "response-property-min-length-increased",
        "status-removed",
        "response-header-became-required",
        "-discriminator-property-name-changed",
        "api-security-component-type-changed",
        "api-security-component-oauth-url-changed",
        "api-security-component-oauth-token-url-changed",
    ];
    let lax = ["request-property-removed", "response-optional-property-removed"];
    let writes = change.id.starts_with("response-") && change.id.ends_with("-became-write-only");
    let reads = change.id.starts_with("request-") && change.id.ends_with("-became-read-only");
    if lax.contains(&change.id.as_str()) || change.harmless {
        Verdict::Compatible
    } else if change.severity >= Severity::Warning || writes || reads || strict.iter().any(|id| change.id.ends_with(id))
    {
        Verdict::Incompatible
    } else {
        Verdict::Compatible
    }
}

#[test]
fn pairs_get_the_verdict_that_openapi_diff_gives_them() {
    let Some(cases) = suite("openapi-diff") else { return };
    let mut agreed = 0;
    let mut by_verdict: BTreeMap<Verdict, [usize; 2]> = BTreeMap::new();
    let mut unjudged: Vec<String> = Vec::new();
    for case in &cases {
        let changes = changes(case);
        let found = changes.iter().map(verdict).max().unwrap_or(Verdict::Unchanged);
        let expected = match json(case, "expected.json")["verdict"].as_str().unwrap() {
            "unchanged" => Verdict::Unchanged,
            "compatible" => Verdict::Compatible,
            _ => Verdict::Incompatible,
        };
        agreed += usize::from(found == expected);
        by_verdict.entry(expected).or_default()[usize::from(found != expected)] += 1;
        if found != expected {
            let name = name(case);
            let judged = judged(&name).unwrap_or_else(|| {
                unjudged.push(name.clone());
                "not judged".to_owned()
            });
            let ids = count(changes.iter().map(|change| format!("{:?} {}", change.severity, change.id)));
            println!("{name}: recorded {expected:?}, found {found:?} ({judged})\n  {ids:?}");
        }
    }
    for (verdict, [same, other]) in by_verdict {
        println!("  {verdict:?}: {same} agree, {other} differ");
    }
    assert_eq!(unjudged, Vec::<String>::new(), "each disagreement is judged");
    println!("openapi-diff: {agreed} of {} pairs with the same verdict", cases.len());
    assert!(agreed * 100 >= cases.len() * 90, "{agreed} of {} pairs agree", cases.len());
}
