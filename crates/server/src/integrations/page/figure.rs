//! What is drawn: boxes and arrows with their words, of applications or of whole teams.

use std::collections::BTreeMap;

use super::scene::{Contract, Node, Scene, rank, worse};
use super::{Question, number};
use crate::edge::urls;
use crate::environments::Environment;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, counted, short};

/// Names of bands are worth their room from so many teams on.
const LEAST_BANDS: usize = 3;
const WITHOUT_TEAM: &str = "No team";

pub(super) struct Figure {
    pub(super) boxes: Vec<Drawn>,
    pub(super) arrows: Vec<Arrow>,
    /// Names, by the numbers that boxes have; one without a name is not drawn.
    pub(super) bands: Vec<Option<String>>,
    pub(super) is_of_teams: bool,
}

pub(super) struct Drawn {
    pub(super) name: String,
    /// Below the name.
    pub(super) second: String,
    /// All of it, in words.
    pub(super) title: String,
    pub(super) verdict: Verdict,
    pub(super) href: String,
    pub(super) band: usize,
    pub(super) is_in_cycle: bool,
    pub(super) is_chosen: bool,
}

pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) verdict: Verdict,
    pub(super) title: String,
    pub(super) href: String,
}

impl Figure {
    pub(super) fn of_applications(
        viewer: &Viewer,
        scene: &Scene,
        environment: Option<&Environment>,
        asked: &Question,
    ) -> Self {
        let shown: Vec<usize> = scene.shown().collect();
        let mut places = vec![0; scene.applications.len()];
        for (place, at) in shown.iter().enumerate() {
            places[*at] = place;
        }
        let (bands, band_of) = bands(shown.iter().map(|at| &scene.applications[*at]));
        let drawn = |(at, band): (&usize, usize)| {
            let node = &scene.applications[*at];
            let second = versions(node, environment);
            Drawn {
                title: format!("{} {second}. {}", node.name, node.verdict().word()),
                verdict: node.verdict(),
                href: viewer.at(&format!("/pacticipants/{}", urls::segment(&node.name))),
                band,
                is_in_cycle: node.cycle.is_some(),
                is_chosen: asked.around.as_ref() == Some(&node.name),
                name: node.name.clone(),
                second,
            }
        };
        let boxes = shown.iter().zip(band_of).map(drawn).collect();
        let mut pairs: BTreeMap<(usize, usize), Vec<&Contract>> = BTreeMap::new();
        for contract in &scene.contracts {
            pairs.entry((places[contract.consumer], places[contract.provider])).or_default().push(contract);
        }
        let arrow = |((from, to), contracts): ((usize, usize), Vec<&Contract>)| {
            // Contracts stand in the order of their verdicts.
            let worst = contracts[0];
            let [consumer, provider] = [worst.consumer, worst.provider].map(|at| scene.applications[at].name.as_str());
            Arrow {
                from,
                to,
                verdict: worst.verdict,
                title: format!("{consumer} uses {provider}. {}", worst.verdict.word()),
                href: viewer.at(&contract_path(consumer, provider, &worst.promise.consumer_version)),
            }
        };
        Self { boxes, arrows: pairs.into_iter().map(arrow).collect(), bands, is_of_teams: false }
    }

    /// One box for each team, with what its applications have with those of others.
    pub(super) fn of_teams(viewer: &Viewer, scene: &Scene) -> Self {
        let team = |at: usize| scene.applications[at].team.as_deref().unwrap_or(WITHOUT_TEAM);
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for at in scene.shown() {
            *sizes.entry(team(at)).or_default() += 1;
        }
        let names: Vec<&str> = sizes.keys().copied().collect();
        let place = |at: usize| names.binary_search(&team(at)).unwrap_or_default();
        let mut kept = vec![None; names.len()];
        let mut pairs: BTreeMap<(usize, usize), (Verdict, usize)> = BTreeMap::new();
        for contract in &scene.contracts {
            let (from, to) = (place(contract.consumer), place(contract.provider));
            kept[to] = worse(kept[to], contract.verdict);
            if from != to {
                let pair = pairs.entry((from, to)).or_insert((contract.verdict, 0));
                pair.0 = if rank(contract.verdict) < rank(pair.0) { contract.verdict } else { pair.0 };
                pair.1 += 1;
            }
        }
        let drawn = |((name, size), verdict): ((&&str, &usize), Option<Verdict>)| {
            let second = counted(number(*size), "application", "applications");
            let verdict = verdict.unwrap_or(Verdict::NotApplicable);
            let is_team = *name != WITHOUT_TEAM;
            Drawn {
                title: format!("{name}, {second}. {}", verdict.word()),
                href: viewer.here_with(&[("team", is_team.then_some(*name)), ("after", None)]),
                name: (*name).to_owned(),
                second,
                verdict,
                band: 0,
                is_in_cycle: false,
                is_chosen: false,
            }
        };
        let boxes = sizes.iter().zip(kept).map(drawn).collect();
        let arrow = |((from, to), (verdict, count)): ((usize, usize), (Verdict, usize))| Arrow {
            from,
            to,
            verdict,
            title: format!(
                "{} uses {}: {}. {}",
                names[from],
                names[to],
                counted(number(count), "contract", "contracts"),
                verdict.word()
            ),
            href: viewer.here_with(&[("team", Some(names[from])), ("after", None)]),
        };
        Self { boxes, arrows: pairs.into_iter().map(arrow).collect(), bands: vec![None], is_of_teams: true }
    }
}

/// Where a contract is read.
pub(super) fn contract_path(consumer: &str, provider: &str, version: &str) -> String {
    let [consumer, provider, version] = [consumer, provider, version].map(urls::segment);
    format!("/pacts/provider/{provider}/consumer/{consumer}/version/{version}")
}

fn versions(node: &Node, environment: Option<&Environment>) -> String {
    let first = node.versions.first();
    match (first, environment) {
        (Some(first), _) if node.versions.len() == 1 => short(first),
        (Some(first), _) => format!("{} +{}", short(first), node.versions.len() - 1),
        (None, Some(_)) => "not here".into(),
        (None, None) => "no version".into(),
    }
}

/// The names of the teams, and for each application its number. Under three teams there are no bands.
fn bands<'a>(nodes: impl Iterator<Item = &'a Node>) -> (Vec<Option<String>>, Vec<usize>) {
    let teams: Vec<&str> = nodes.map(|node| node.team.as_deref().unwrap_or(WITHOUT_TEAM)).collect();
    let mut names = teams.clone();
    names.sort_unstable();
    names.dedup();
    if names.len() < LEAST_BANDS {
        return (vec![None], vec![0; teams.len()]);
    }
    let numbers = teams.iter().map(|team| names.binary_search(team).unwrap_or_default()).collect();
    (names.into_iter().map(|name| Some(name.to_owned())).collect(), numbers)
}
