//! A question to the gate as it stands in the address of its page.

use pactolus_domain::gate::{Criterion, Found, Origin};
use pactolus_domain::names::{BranchName, EnvironmentName, NameError, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::Problems;
use serde_json::{Value, json};

use super::super::super::ask::Answer;
use super::super::super::query::{self, Asked, Ignored, Query};
use super::super::super::what_if::Hypothesis;
use super::super::{pair, word};
use crate::edge::{QueryPairs, nested_lists};

/// What is asked, and over which assumptions.
pub(super) struct Asking {
    pub(super) asked: Asked,
    pub(super) to: Criterion,
    pub(super) ignore: Vec<Ignored>,
    /// Versions that are assumed to be deployed where the version is to go.
    pub(super) assumed: Vec<(PacticipantName, VersionNumber)>,
}

/// What an address asks.
pub(super) enum Read {
    Nothing,
    Something(Asking),
    /// By field what is wrong.
    Wrong(Vec<(&'static str, String)>),
}

impl Read {
    pub(super) fn of(pairs: &QueryPairs) -> Self {
        let fields = ["pacticipant", "version", "branch", "environment", "to"];
        if fields.iter().all(|field| pairs.last(field).is_none()) {
            return Self::Nothing;
        }
        let mut wrong = Vec::new();
        let pacticipant = required(pairs, "pacticipant", "Which application?", PacticipantName::parse, &mut wrong);
        let criterion = which(pairs, &mut wrong);
        let to = destination(pairs, &mut wrong);
        let mut problems = Vec::new();
        let ignore = query::ignored(pairs, &mut problems);
        wrong.extend(problems.into_iter().map(|text| ("ignore", text)));
        let assumed = assumed(pairs, &mut wrong);
        if !assumed.is_empty() && !matches!(to, Some(Criterion::Environment(_)) | None) {
            wrong.push(("assume", "Only about an environment can something be assumed.".into()));
        }
        match (pacticipant, criterion, to) {
            (Some(pacticipant), Some(criterion), Some(to)) if wrong.is_empty() => {
                Self::Something(Asking { asked: Asked { pacticipant, criterion }, to, ignore, assumed })
            }
            _ => Self::Wrong(wrong),
        }
    }
}

type Wrong = Vec<(&'static str, String)>;

fn parsed<T>(field: &'static str, parsed: Result<T, NameError>, wrong: &mut Wrong) -> Option<T> {
    parsed.map_err(|error| wrong.push((field, format!("The {field} {error}.")))).ok()
}

fn required<'q, T>(
    pairs: &'q QueryPairs,
    field: &'static str,
    question: &str,
    parse: impl Fn(&'q str) -> Result<T, NameError>,
    wrong: &mut Wrong,
) -> Option<T> {
    let Some(text) = pairs.last(field) else {
        wrong.push((field, question.to_owned()));
        return None;
    };
    parsed(field, parse(text.trim()), wrong)
}

fn which(pairs: &QueryPairs, wrong: &mut Wrong) -> Option<Criterion> {
    match (pairs.last("version"), pairs.last("branch")) {
        (Some(_), Some(_)) => {
            wrong.push(("version", "A version or a branch, not both.".into()));
            None
        }
        (None, Some(text)) => parsed("branch", BranchName::parse(text), wrong).map(Criterion::LatestBranch),
        _ => required(pairs, "version", "Which version, or which branch?", VersionNumber::parse, wrong)
            .map(Criterion::Version),
    }
}

fn destination(pairs: &QueryPairs, wrong: &mut Wrong) -> Option<Criterion> {
    match (pairs.last("to"), pairs.last("environment")) {
        (Some(_), Some(_)) => {
            wrong.push(("environment", "An environment or a tag, not both.".into()));
            None
        }
        (Some(text), None) => parsed("to", TagName::parse(text), wrong).map(Criterion::LatestTag),
        _ => required(pairs, "environment", "Which environment?", EnvironmentName::parse, wrong)
            .map(Criterion::Environment),
    }
}

fn assumed(pairs: &QueryPairs, wrong: &mut Wrong) -> Vec<(PacticipantName, VersionNumber)> {
    let mut assumed = Vec::new();
    for element in nested_lists(pairs, "assume") {
        let value = |key: &str| element.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value.trim());
        match (value("pacticipant"), value("version")) {
            ("", "") => {}
            (name, "") => wrong.push(("assume", format!("Which version of {name} is to be assumed?"))),
            ("", _) => wrong.push(("assume", "Of which application is that the version?".into())),
            (name, number) => {
                let name = parsed("assume", PacticipantName::parse(name), wrong);
                let number = parsed("assume", VersionNumber::parse(number), wrong);
                assumed.extend(name.zip(number));
            }
        }
    }
    assumed
}

impl Asking {
    pub(super) fn plain(pacticipant: PacticipantName, criterion: Criterion, to: Criterion) -> Self {
        Self { asked: Asked { pacticipant, criterion }, to, ignore: Vec::new(), assumed: Vec::new() }
    }

    pub(super) fn query(&self) -> Query {
        query::to(self.asked.clone(), self.to.clone(), self.ignore.clone())
    }

    /// The same over what is assumed.
    pub(super) fn hypothesis(&self) -> Result<Hypothesis, Problems> {
        let going = match &self.asked.criterion {
            Criterion::LatestBranch(branch) => json!({"pacticipant": self.name(), "branch": branch.as_str()}),
            Criterion::Version(number) => json!({"pacticipant": self.name(), "version": number.as_str()}),
            _ => json!({"pacticipant": self.name(), "latest": true}),
        };
        let deployed =
            self.assumed.iter().map(|(name, number)| json!({"pacticipant": name.as_str(), "version": number.as_str()}));
        let ignore = self.ignore.iter().map(|one| match &one.version {
            Some(version) => json!({"pacticipant": one.pacticipant.as_str(), "version": version.as_str()}),
            None => json!({"pacticipant": one.pacticipant.as_str()}),
        });
        Hypothesis::parse(&json!({
            "pacticipants": [going],
            "to": self.environment().unwrap_or_default(),
            "assume": {"deployed": deployed.collect::<Value>()},
            "ignore": ignore.collect::<Value>(),
        }))
    }

    pub(super) fn name(&self) -> &str {
        self.asked.pacticipant.as_str()
    }

    pub(super) fn environment(&self) -> Option<&str> {
        match &self.to {
            Criterion::Environment(name) => Some(name.as_str()),
            _ => None,
        }
    }

    /// Whether anything is supposed that is not so.
    pub(super) fn is_hypothetical(&self) -> bool {
        !self.assumed.is_empty() || !self.ignore.is_empty()
    }

    /// The number of the version that the answer is about; the one asked for where there is none.
    pub(super) fn number<'a>(&'a self, answer: &'a Answer) -> Option<&'a str> {
        let specified = answer.question.selectors.iter().find(|one| one.origin == Origin::Specified);
        match (specified.map(|one| &one.found), &self.asked.criterion) {
            (Some(Found::Versions(versions)), _) => versions.first().map(|one| one.version.number.as_str()),
            (_, Criterion::Version(number)) => Some(number.as_str()),
            _ => None,
        }
    }

    /// The parameters of the question about this version, without what is supposed. `None` for questions that only an
    /// address of its own can ask.
    pub(super) fn of_version(&self, number: &str) -> Option<Vec<(String, String)>> {
        let to = match &self.to {
            Criterion::Environment(name) => pair("environment", name.as_str()),
            Criterion::LatestTag(tag) => pair("to", tag.as_str()),
            _ => return None,
        };
        Some(vec![pair("pacticipant", self.name()), pair("version", number), to])
    }

    /// What is supposed, as parameters; without the assumption and the omission at these places.
    pub(super) fn supposed(&self, without: Option<usize>, but_ignored: Option<usize>) -> Vec<(String, String)> {
        let assumed = self.assumed.iter().enumerate().filter(|(at, _)| Some(*at) != without);
        let mut pairs: Vec<(String, String)> = assumed
            .flat_map(|(_, (name, number))| {
                [pair("assume[][pacticipant]", name.as_str()), pair("assume[][version]", number.as_str())]
            })
            .collect();
        for (_, one) in self.ignore.iter().enumerate().filter(|(at, _)| Some(*at) != but_ignored) {
            match &one.version {
                None => pairs.push(pair("ignore", one.pacticipant.as_str())),
                Some(version) => pairs.extend([
                    pair("ignore[][pacticipant]", one.pacticipant.as_str()),
                    pair("ignore[][version]", version.as_str()),
                ]),
            }
        }
        pairs
    }

    /// The command that asks the same.
    pub(super) fn command(&self, number: &str) -> Option<String> {
        let to = match &self.to {
            Criterion::Environment(name) => format!("--to-environment {}", word(name.as_str())),
            Criterion::LatestTag(tag) => format!("--to {}", word(tag.as_str())),
            Criterion::LatestMainBranch => {
                return Some(format!(
                    "pactolus can-i-merge --pacticipant {} --version {}",
                    word(self.name()),
                    word(number)
                ));
            }
            _ => return None,
        };
        let mut command =
            format!("pactolus can-i-deploy --pacticipant {} --version {} {to}", word(self.name()), word(number));
        for one in &self.ignore {
            command.push_str(" --ignore ");
            command.push_str(&word(one.pacticipant.as_str()));
            if let Some(version) = &one.version {
                command.push_str(" --version ");
                command.push_str(&word(version.as_str()));
            }
        }
        if !self.assumed.is_empty() {
            command += " --what-if";
        }
        for (name, number) in &self.assumed {
            command.push_str(" --assume-deployed ");
            command.push_str(&word(&format!("{name}@{number}")));
        }
        Some(command)
    }
}
