//! What is asked, at random, and how it is written.

use crate::chance::Chance;
use crate::history::{BRANCHES, ENVIRONMENTS, Named, PACTICIPANTS, TAGS};
use crate::model::Model;

/// How versions are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Criterion {
    Any,
    Number(u8),
    Latest,
    LatestTag(usize),
    Tag(usize),
    LatestBranch(usize),
    Branch(usize),
    LatestMainBranch,
    MainBranch,
    Environment(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LatestBy {
    All,
    Cvp,
    Cvpv,
}

#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) selectors: Vec<(usize, Criterion)>,
    pub(crate) destination: Option<Criterion>,
    pub(crate) latest_by: LatestBy,
    pub(crate) success: Vec<Option<bool>>,
    pub(crate) limit: Option<usize>,
    /// A pacticipant, or one of its versions.
    pub(crate) ignore: Option<(usize, Option<u8>)>,
    /// Asked at `/can-i-deploy` instead of `/matrix`.
    pub(crate) as_can_i_deploy: bool,
}

pub(crate) fn question(chance: &mut Chance, model: &Model) -> Question {
    if chance.is_lucky(30) {
        return can_i_deploy(chance, model);
    }
    let count = [1, 1, 1, 2, 2, 2, 3][chance.below(7)];
    let mut of: Vec<usize> = Vec::new();
    while of.len() < count {
        let one = chance.below(PACTICIPANTS);
        // Now and then the same twice.
        if !of.contains(&one) || chance.is_lucky(10) {
            of.push(one);
        }
    }
    let destination = match chance.below(12) {
        0..=2 => Some(Criterion::Environment(chance.below(ENVIRONMENTS.len()))),
        3 => Some(Criterion::LatestTag(chance.below(TAGS.len()))),
        4 => Some(Criterion::Tag(chance.below(TAGS.len()))),
        5 => Some(Criterion::LatestMainBranch),
        6 => Some(Criterion::MainBranch),
        7 => Some(Criterion::Latest),
        _ => None,
    };
    Question {
        selectors: of.into_iter().map(|of| (of, criterion(chance, model, of))).collect(),
        destination,
        latest_by: [LatestBy::All, LatestBy::Cvp, LatestBy::Cvpv, LatestBy::Cvpv][chance.below(4)],
        success: [vec![], vec![], vec![], vec![Some(true)], vec![Some(false), None]][chance.below(5)].clone(),
        limit: chance.is_lucky(20).then(|| 1 + chance.below(4)),
        ignore: chance
            .is_lucky(15)
            .then(|| (chance.below(PACTICIPANTS), chance.is_lucky(50).then(|| chance.number(6)))),
        as_can_i_deploy: false,
    }
}

fn can_i_deploy(chance: &mut Chance, model: &Model) -> Question {
    let of = chance.below(PACTICIPANTS);
    let environment = chance.is_lucky(75);
    let destination = if environment {
        Criterion::Environment(chance.below(ENVIRONMENTS.len()))
    } else {
        Criterion::LatestTag(chance.below(TAGS.len()))
    };
    Question {
        selectors: vec![(of, Criterion::Number(number(chance, model, of)))],
        destination: Some(destination),
        latest_by: if environment { LatestBy::Cvpv } else { LatestBy::Cvp },
        success: Vec::new(),
        limit: None,
        ignore: chance.is_lucky(10).then(|| (chance.below(PACTICIPANTS), None)),
        as_can_i_deploy: true,
    }
}

/// Mostly of a version that exists.
fn number(chance: &mut Chance, model: &Model, of: usize) -> u8 {
    let known = model.numbers(of);
    let any = chance.number(6);
    if chance.is_lucky(90) { chance.one_of(&known).unwrap_or(any) } else { any }
}

fn criterion(chance: &mut Chance, model: &Model, of: usize) -> Criterion {
    match chance.below(13) {
        0 => Criterion::Any,
        1..=4 => Criterion::Number(number(chance, model, of)),
        5 => Criterion::Latest,
        6 => Criterion::LatestTag(chance.below(TAGS.len())),
        7 => Criterion::Tag(chance.below(TAGS.len())),
        8 => Criterion::LatestBranch(chance.below(BRANCHES.len())),
        9 => Criterion::Branch(chance.below(BRANCHES.len())),
        10 => Criterion::LatestMainBranch,
        11 => Criterion::MainBranch,
        _ => Criterion::Environment(chance.below(ENVIRONMENTS.len())),
    }
}

/// How a pacticipant of a history is called, and the rest that is named.
pub(crate) struct Names {
    pub(crate) prefix: String,
}

impl Names {
    pub(crate) fn pacticipant(&self, of: usize) -> String {
        format!("{} {}", self.prefix, ["shop", "app", "stock", "ledger"][of])
    }

    pub(crate) fn environment(&self, environment: usize) -> String {
        format!("{}-{}", self.prefix, ENVIRONMENTS[environment])
    }

    pub(crate) fn version(&self, version: Named) -> (String, String) {
        (self.pacticipant(version.of), version.number.to_string())
    }

    /// The address with its query.
    pub(crate) fn address(&self, question: &Question) -> String {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut add = |key: &str, value: &str| pairs.push((key.to_string(), value.to_string()));
        if question.as_can_i_deploy {
            let (of, criterion) = question.selectors[0];
            add("pacticipant", &self.pacticipant(of));
            if let Criterion::Number(number) = criterion {
                add("version", &number.to_string());
            }
            match question.destination {
                Some(Criterion::LatestTag(tag)) => add("to", TAGS[tag]),
                Some(Criterion::Environment(environment)) => add("environment", &self.environment(environment)),
                _ => {}
            }
        } else {
            for (of, criterion) in &question.selectors {
                add("q[][pacticipant]", &self.pacticipant(*of));
                self.write(*criterion, |key, value| add(&format!("q[][{key}]"), value));
            }
            if let Some(destination) = question.destination {
                self.write(destination, &mut add);
            }
            match question.latest_by {
                LatestBy::All => {}
                LatestBy::Cvp => add("latestby", "cvp"),
                LatestBy::Cvpv => add("latestby", "cvpv"),
            }
            for success in &question.success {
                add("success[]", &success.map_or(String::new(), |success| success.to_string()));
            }
            if let Some(limit) = question.limit {
                add("limit", &limit.to_string());
            }
        }
        if let Some((of, version)) = question.ignore {
            add("ignore[][pacticipant]", &self.pacticipant(of));
            if let Some(version) = version {
                add("ignore[][version]", &version.to_string());
            }
        }
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let path = if question.as_can_i_deploy { "/can-i-deploy" } else { "/matrix" };
        format!("{path}{}", crate::support::query_of(&pairs))
    }

    fn write(&self, criterion: Criterion, mut add: impl FnMut(&str, &str)) {
        match criterion {
            Criterion::Any => {}
            Criterion::Number(number) => add("version", &number.to_string()),
            Criterion::Latest => add("latest", "true"),
            Criterion::LatestTag(tag) => {
                add("latest", "true");
                add("tag", TAGS[tag]);
            }
            Criterion::Tag(tag) => add("tag", TAGS[tag]),
            Criterion::LatestBranch(branch) => {
                add("latest", "true");
                add("branch", BRANCHES[branch]);
            }
            Criterion::Branch(branch) => add("branch", BRANCHES[branch]),
            Criterion::LatestMainBranch => {
                add("latest", "true");
                add("mainBranch", "true");
            }
            Criterion::MainBranch => add("mainBranch", "true"),
            Criterion::Environment(environment) => add("environment", &self.environment(environment)),
        }
    }
}
