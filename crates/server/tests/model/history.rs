//! What happens, at random: few names, numbers and contents, so that things meet.

use crate::chance::Chance;
use crate::model::Model;

pub(crate) const PACTICIPANTS: usize = 4;
/// Who may consume whom; two of them each other.
const PAIRS: [(usize, usize); 7] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (2, 1)];
pub(crate) const BRANCHES: [&str; 3] = ["main", "feat/a", "b"];
pub(crate) const TAGS: [&str; 3] = ["dev", "prod", "main"];
pub(crate) const ENVIRONMENTS: [&str; 2] = ["test", "production"];
pub(crate) const INSTANCES: [&str; 3] = ["", "blue", "green"];
const VERSIONS: u8 = 6;
const CONTENTS: u8 = 3;

/// A version of a pacticipant by the number its build gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Named {
    pub(crate) of: usize,
    pub(crate) number: u8,
}

/// One thing that a build or a person does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Publish {
        consumer: Named,
        branch: Option<usize>,
        tag: Option<usize>,
        contracts: Vec<(usize, u8)>,
    },
    Branch {
        version: Named,
        branch: usize,
    },
    Tag {
        version: Named,
        tag: usize,
    },
    MainBranch {
        of: usize,
        branch: usize,
    },
    /// A result for the content of a contract that was published.
    Verify {
        contract: Named,
        provider: Named,
        success: bool,
    },
    Deploy {
        version: Named,
        environment: usize,
        instance: usize,
    },
    /// Ends what is deployed under the name.
    Undeploy {
        version: Named,
        environment: usize,
        instance: usize,
    },
    Release {
        version: Named,
        environment: usize,
    },
    EndSupport {
        version: Named,
        environment: usize,
    },
    Untag {
        version: Named,
        tag: usize,
    },
    DeleteVersion {
        version: Named,
    },
    DeleteBranch {
        of: usize,
        branch: usize,
    },
    TakeOffBranch {
        version: Named,
        branch: usize,
    },
    DeleteContract {
        consumer: Named,
        provider: usize,
    },
    DeleteIntegration {
        consumer: usize,
        provider: usize,
    },
    DeletePacticipant {
        of: usize,
    },
}

/// The next thing to happen, given what happened before.
pub(crate) fn event(chance: &mut Chance, model: &Model) -> Event {
    loop {
        let version = Named { of: chance.below(PACTICIPANTS), number: chance.number(VERSIONS) };
        let environment = chance.below(ENVIRONMENTS.len());
        let event = match chance.below(21) {
            20 => deletion(chance, model),
            0..=5 => publish(chance, model, version),
            6..=11 => verify(chance, model),
            12 => Some(Event::Branch { version, branch: chance.below(BRANCHES.len()) }),
            13 => Some(Event::Tag { version, tag: chance.below(TAGS.len()) }),
            14 => Some(Event::MainBranch { of: version.of, branch: chance.below(BRANCHES.len()) }),
            15 | 16 => {
                let instance = chance.below(INSTANCES.len());
                model.has(version).then_some(Event::Deploy { version, environment, instance })
            }
            17 => model.has(version).then_some(Event::Release { version, environment }),
            18 => chance.one_of(&model.deployed()).map(|(version, environment, instance)| Event::Undeploy {
                version,
                environment,
                instance,
            }),
            _ => chance
                .one_of(&model.released())
                .map(|(version, environment)| Event::EndSupport { version, environment }),
        };
        if let Some(event) = event {
            return event;
        }
    }
}

/// A version keeps its contracts once it has published them, so a contract that exists is published as it was.
fn publish(chance: &mut Chance, model: &Model, consumer: Named) -> Option<Event> {
    let mut contracts = Vec::new();
    for (_, provider) in PAIRS.iter().filter(|(of, _)| *of == consumer.of) {
        if chance.is_lucky(60) {
            let content = model.content(consumer, *provider).unwrap_or(chance.number(CONTENTS));
            contracts.push((*provider, content));
        }
    }
    let branch = chance.is_lucky(60).then(|| chance.below(BRANCHES.len()));
    let tag = chance.is_lucky(30).then(|| chance.below(TAGS.len()));
    (!contracts.is_empty()).then_some(Event::Publish { consumer, branch, tag, contracts })
}

/// Of something that is there.
fn deletion(chance: &mut Chance, model: &Model) -> Option<Event> {
    match chance.below(14) {
        0..=3 => chance.one_of(&model.versions()).map(|version| Event::DeleteVersion { version }),
        4 | 5 => {
            chance.one_of(&model.branched()).map(|(branch, version)| Event::DeleteBranch { of: version.of, branch })
        }
        6 | 7 => chance.one_of(&model.branched()).map(|(branch, version)| Event::TakeOffBranch { version, branch }),
        8 | 9 => chance.one_of(&model.tagged()).map(|(tag, version)| Event::Untag { version, tag }),
        10 | 11 => {
            chance.one_of(&model.published()).map(|(consumer, provider)| Event::DeleteContract { consumer, provider })
        }
        12 => chance
            .one_of(&model.published())
            .map(|(consumer, provider)| Event::DeleteIntegration { consumer: consumer.of, provider }),
        _ => chance.one_of(&model.versions()).map(|version| Event::DeletePacticipant { of: version.of }),
    }
}

fn verify(chance: &mut Chance, model: &Model) -> Option<Event> {
    let (contract, provider) = chance.one_of(&model.published())?;
    let provider = Named { of: provider, number: chance.number(VERSIONS) };
    Some(Event::Verify { contract, provider, success: chance.is_lucky(70) })
}
