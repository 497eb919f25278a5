//! Selectors in words.

use super::{Assumption, Candidate, Criterion, Found, Origin, Question, Selector, Stay, StayKind, VersionRef};
use crate::names::PacticipantName;

/// The version of a row's side and why it is in question: "the version of stock currently in production (41)".
pub(super) fn side(question: &Question, pacticipant: &PacticipantName, version: Option<&VersionRef>) -> String {
    let own: Vec<&Selector> = question.selectors.iter().filter(|one| one.pacticipant == *pacticipant).collect();
    let chose = |selector: &&&Selector| match (&selector.found, version) {
        (Found::Versions(versions), Some(version)) => candidate(versions, version).is_some(),
        (Found::Any, Some(_)) => true,
        _ => false,
    };
    match (own.iter().find(chose), own.as_slice(), version) {
        (Some(selector), _, Some(version)) if selector.origin == Origin::Inferred => {
            assumed(question, pacticipant, version).unwrap_or_else(|| found(selector, version))
        }
        (Some(selector), _, Some(version)) => found(selector, version),
        (None, [only], None) => selector(only),
        (None, _, Some(version)) => format!("version {} of {pacticipant}", version.number),
        _ => format!("any version of {pacticipant}"),
    }
}

/// Of a version that is not, but is supposed to be in the environment.
fn assumed(question: &Question, name: &PacticipantName, version: &VersionRef) -> Option<String> {
    let number = &version.number;
    question.assumptions.iter().find_map(|assumption| match assumption {
        Assumption::Deployed { pacticipant, version, environment, .. } if (pacticipant, version) == (name, number) => {
            Some(format!("version {number} of {name}, assumed to be in {environment},"))
        }
        _ => None,
    })
}

fn candidate<'c>(candidates: &'c [Candidate], version: &VersionRef) -> Option<&'c Candidate> {
    candidates.iter().find(|candidate| candidate.version == *version)
}

/// Why a version is in question, without its name: "deployed in production since 2026-11-20".
pub(super) fn chosen(question: &Question, pacticipant: &PacticipantName, version: Option<&VersionRef>) -> String {
    let mut own = question.selectors.iter().filter(|one| one.pacticipant == *pacticipant);
    let found = own.clone().find_map(|selector| match (&selector.found, version) {
        (Found::Versions(versions), Some(version)) => Some((selector, candidate(versions, version)?)),
        _ => None,
    });
    match (found, own.next()) {
        (Some((selector, candidate)), _) => why(selector, candidate),
        (None, Some(selector)) if selector.found == Found::Nothing => nothing_chosen(selector),
        _ => "any version".into(),
    }
}

fn why(selector: &Selector, candidate: &Candidate) -> String {
    match &selector.criterion {
        _ if candidate.version.is_assumed() && selector.origin == Origin::Specified => "assumed to be published".into(),
        Criterion::Any => "any version".into(),
        Criterion::Version(_) => "asked for by number".into(),
        Criterion::Latest => "the latest version".into(),
        Criterion::LatestTag(tag) => format!("the latest version with tag {tag}"),
        Criterion::Tag(tag) => format!("has tag {tag}"),
        Criterion::LatestBranch(branch) => format!("the latest version on branch {branch}"),
        Criterion::Branch(branch) => format!("is on branch {branch}"),
        Criterion::LatestMainBranch => "the latest version on the main branch".into(),
        Criterion::MainBranch => "is on the main branch".into(),
        Criterion::Environment(environment) => {
            let stays: Vec<String> = candidate.stays.iter().map(|stay| in_words(stay, environment.as_str())).collect();
            if stays.is_empty() { format!("assumed to be deployed in {environment}") } else { stays.join(" and ") }
        }
    }
}

fn nothing_chosen(selector: &Selector) -> String {
    match &selector.criterion {
        Criterion::Any | Criterion::Latest => "there is no version".into(),
        Criterion::Version(number) => format!("there is no version {number}"),
        Criterion::LatestTag(tag) | Criterion::Tag(tag) => format!("no version has tag {tag}"),
        Criterion::LatestBranch(branch) | Criterion::Branch(branch) => format!("no version is on branch {branch}"),
        Criterion::LatestMainBranch | Criterion::MainBranch => "no version is on the main branch".into(),
        Criterion::Environment(environment) => format!("none is recorded as deployed or released in {environment}"),
    }
}

fn in_words(stay: &Stay, environment: &str) -> String {
    let since = stay.since.format("%Y-%m-%d %H:%M UTC");
    match &stay.kind {
        StayKind::Deployed { application_instance: None } => format!("deployed in {environment} since {since}"),
        StayKind::Deployed { application_instance: Some(instance) } => {
            format!("deployed in {environment} as {instance} since {since}")
        }
        StayKind::Released => format!("released in {environment} since {since}"),
    }
}

fn found(selector: &Selector, version: &VersionRef) -> String {
    let name = &selector.pacticipant;
    let number = &version.number;
    let the = match &selector.found {
        Found::Versions(versions) if versions.len() > 1 => "one of the versions",
        _ => "the version",
    };
    match &selector.criterion {
        Criterion::Any | Criterion::Version(_) => format!("version {number} of {name}"),
        Criterion::Latest => format!("the latest version of {name} ({number})"),
        Criterion::LatestTag(tag) => format!("the latest version of {name} with tag {tag} ({number})"),
        Criterion::Tag(tag) => format!("a version of {name} with tag {tag} ({number})"),
        Criterion::LatestBranch(branch) => format!("the latest version of {name} from branch {branch} ({number})"),
        Criterion::Branch(branch) => format!("{the} of {name} from branch {branch} ({number})"),
        Criterion::LatestMainBranch => format!("the latest version of {name} from the main branch ({number})"),
        Criterion::MainBranch => format!("{the} of {name} from the main branch ({number})"),
        Criterion::Environment(environment) => format!("{the} of {name} currently in {environment} ({number})"),
    }
}

/// A selector without a version of its own: with the only one it found, or saying that there is none.
fn selector(selector: &Selector) -> String {
    match &selector.found {
        Found::Versions(versions) => match versions.as_slice() {
            [only] => found(selector, &only.version),
            _ => format!("any version of {}", selector.pacticipant),
        },
        Found::Any => format!("any version of {}", selector.pacticipant),
        Found::Nothing => nothing(selector),
    }
}

fn nothing(selector: &Selector) -> String {
    let name = &selector.pacticipant;
    match &selector.criterion {
        Criterion::Any => format!("any version of {name}"),
        Criterion::Version(number) => format!("version {number} of {name} (no such version exists)"),
        Criterion::Latest => format!("the latest version of {name} (no such version exists)"),
        Criterion::LatestTag(tag) => format!("the latest version of {name} with tag {tag} (no such version exists)"),
        Criterion::Tag(tag) => format!("a version of {name} with tag {tag} (no such version exists)"),
        Criterion::LatestBranch(branch) => {
            format!("the latest version of {name} from branch {branch} (no such version exists)")
        }
        Criterion::Branch(branch) => format!("a version of {name} from branch {branch} (no such version exists)"),
        Criterion::LatestMainBranch => {
            format!("the latest version of {name} from the main branch (no versions exist for this branch)")
        }
        Criterion::MainBranch => {
            format!("any version of {name} from the main branch (no versions exist for this branch)")
        }
        Criterion::Environment(environment) => format!(
            "a version of {name} currently in {environment} \
             (no version is currently recorded as deployed/released in this environment)"
        ),
    }
}

/// Why a specified selector found nothing, as a sentence.
pub(super) fn absence(selector: &Selector) -> String {
    debug_assert_eq!(selector.origin, Origin::Specified);
    let name = &selector.pacticipant;
    match &selector.criterion {
        Criterion::Any | Criterion::Latest => format!("No pacts or verifications have been published for {name}"),
        Criterion::Version(number) => {
            format!("No pacts or verifications have been published for version {number} of {name}")
        }
        Criterion::LatestTag(tag) | Criterion::Tag(tag) => format!("No version with tag {tag} exists for {name}"),
        Criterion::LatestBranch(branch) | Criterion::Branch(branch) => {
            format!("No version of {name} from branch {branch} exists")
        }
        Criterion::LatestMainBranch | Criterion::MainBranch => {
            format!("No version of {name} from the main branch exists")
        }
        Criterion::Environment(environment) => {
            format!("No version of {name} is currently recorded as deployed or released in environment {environment}")
        }
    }
}
