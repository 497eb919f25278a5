//! What recorded requests mean to the model, which knows everything by number.

use std::collections::HashMap;

use serde_json::Value;

use crate::answer::{Row, Verdict};
use crate::history::{Event, Named};
use crate::model::Model;
use crate::play::verdict;
use crate::question::{Criterion, LatestBy, Question};
use crate::recording::Step;

/// What makes a main branch of an application that has none.
const MAIN_BRANCHES: [&str; 3] = ["develop", "main", "master"];

pub(crate) enum Meaning {
    /// Something happens, or nothing because it was refused.
    Change(Vec<Event>),
    Verdict(Question),
    /// Asks for a verdict in a form that the model does not know.
    Unread(&'static str),
    /// Asks for something else.
    Other(&'static str),
}

/// Texts by the number that each got when it was first met.
#[derive(Default)]
struct Known(Vec<String>);

impl Known {
    fn number(&mut self, text: &str) -> usize {
        self.0.iter().position(|one| one == text).unwrap_or_else(|| {
            self.0.push(text.to_string());
            self.0.len() - 1
        })
    }

    fn find(&self, text: &str) -> usize {
        self.0.iter().position(|one| one == text).unwrap_or_else(|| panic!("{text} was never met"))
    }

    fn small(&mut self, text: &str) -> u8 {
        u8::try_from(self.number(text)).expect("a history has less than 256 of anything")
    }
}

/// Where a version is or was, under the identity that the recorded answer told.
#[derive(Clone)]
enum Place {
    Deployed { version: Named, environment: usize, instance: usize },
    Released { version: Named, environment: usize },
}

/// What was met in a history so far.
#[derive(Default)]
pub(crate) struct Reader {
    pacticipants: Known,
    numbers: Known,
    branches: Known,
    tags: Known,
    environments: Known,
    instances: Known,
    contents: Known,
    /// Contents by consumer, provider and sha.
    shas: HashMap<(usize, usize, String), u8>,
    environment_ids: HashMap<String, usize>,
    places: Vec<(String, Place)>,
}

impl Reader {
    pub(crate) fn read(&mut self, step: &Step, model: &Model) -> Meaning {
        let segments = step.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (step.method.as_str(), segments.as_slice()) {
            ("POST", ["pacts", "provider", _, "for-verification"]) => Meaning::Other("contracts for verification"),
            ("GET", path) => self.question(step, path, model),
            // What was refused changes nothing.
            _ if step.status >= 400 => Meaning::Change(Vec::new()),
            ("DELETE", ["pacticipants", name, "versions", number]) => {
                Meaning::Change(vec![Event::DeleteVersion { version: self.version(name, number) }])
            }
            ("DELETE", ["pacticipants", name, "branches", branch]) => {
                let (of, branch) = (self.pacticipants.number(name), self.branches.number(branch));
                Meaning::Change(vec![Event::DeleteBranch { of, branch }])
            }
            ("PATCH", [_, id]) => Meaning::Change(self.end(id, &step.json())),
            (_, path) => Meaning::Change(self.addition(step, path, model)),
        }
    }

    fn addition(&mut self, step: &Step, path: &[&str], model: &Model) -> Vec<Event> {
        match path {
            ["pacticipants"] => {
                let body = step.json();
                let of = self.pacticipants.number(text(&body["name"]));
                let branch = body["mainBranch"].as_str().map(|branch| self.branches.number(branch));
                branch.map(|branch| Event::MainBranch { of, branch }).into_iter().collect()
            }
            ["environments"] => {
                let environment = self.environments.number(text(&step.json()["name"]));
                self.environment_ids.insert(text(&step.answer["uuid"]).to_string(), environment);
                Vec::new()
            }
            ["contracts", "publish"] => self.publication(&step.json(), model),
            ["pacticipants", name, "branches", branch, "versions", number] => {
                let version = self.version(name, number);
                self.on_branch(version, branch, model)
            }
            ["pacticipants", name, "versions", number, "tags", tag] => {
                let version = self.version(name, number);
                let mut events = self.tagged(version, tag, model);
                let is_new = !model.tagged().contains(&(self.tags.number(tag), version));
                // A tag that is put on its own and named like an environment means a deployment there.
                let environment = self.environments.0.iter().position(|one| one == tag);
                if let Some(environment) = environment.filter(|_| is_new) {
                    events.push(Event::Deploy { version, environment, instance: self.instances.number("") });
                }
                events
            }
            ["pacts", "provider", provider, "consumer", consumer, "pact-version", sha, "verification-results"] => {
                self.result((consumer, provider, sha), &step.json(), model)
            }
            ["pacticipants", name, "versions", number, kind, "environment", id] => {
                self.put_in_place(step, self.environment_ids[*id], kind, (name, number))
            }
            _ => panic!("#{}: {} {} changes what is not known", step.number, step.method, step.address),
        }
    }

    fn version(&mut self, pacticipant: &str, number: &str) -> Named {
        Named { of: self.pacticipants.number(pacticipant), number: self.numbers.small(number) }
    }

    fn publication(&mut self, body: &Value, model: &Model) -> Vec<Event> {
        let consumer = self.version(text(&body["pacticipantName"]), text(&body["pacticipantVersionNumber"]));
        let contracts = body["contracts"].as_array().expect("contracts").iter().map(|contract| {
            let provider = self.pacticipants.number(text(&contract["providerName"]));
            (provider, self.contents.small(text(&contract["content"])))
        });
        let contracts = contracts.collect();
        let mut events = vec![Event::Publish { consumer, branch: None, tag: None, contracts }];
        let mut after = model.clone();
        after.apply(&events[0]);
        let mut follow = |next: Vec<Event>, after: &mut Model| {
            for event in next {
                after.apply(&event);
                events.push(event);
            }
        };
        if let Some(branch) = body["branch"].as_str() {
            follow(self.on_branch(consumer, branch, &after), &mut after);
        }
        for tag in body["tags"].as_array().into_iter().flatten() {
            follow(self.tagged(consumer, text(tag), &after), &mut after);
        }
        events
    }

    fn on_branch(&mut self, version: Named, name: &str, model: &Model) -> Vec<Event> {
        let branch = self.branches.number(name);
        if model.branched().contains(&(branch, version)) {
            return Vec::new();
        }
        let put = Event::Branch { version, branch };
        [put].into_iter().chain(self.main_branch(version.of, name, model)).collect()
    }

    /// The first thing that is said of a version, if it is a tag, names its branch, too.
    fn tagged(&mut self, version: Named, name: &str, model: &Model) -> Vec<Event> {
        let tag = self.tags.number(name);
        if model.tagged().contains(&(tag, version)) {
            return Vec::new();
        }
        let is_of = |(_, one): &(usize, Named)| *one == version;
        let first = !model.branched().iter().any(is_of) && !model.tagged().iter().any(is_of);
        let branch = first.then(|| Event::Branch { version, branch: self.branches.number(name) });
        let put = branch.into_iter().chain([Event::Tag { version, tag }]);
        put.chain(self.main_branch(version.of, name, model)).collect()
    }

    fn main_branch(&mut self, of: usize, name: &str, model: &Model) -> Option<Event> {
        let becomes_main = MAIN_BRANCHES.contains(&name) && model.main_branch(of).is_none();
        becomes_main.then(|| Event::MainBranch { of, branch: self.branches.number(name) })
    }

    /// Said again, a result is none.
    fn result(&mut self, (consumer, provider, sha): (&str, &str, &str), body: &Value, model: &Model) -> Vec<Event> {
        let (consumer, of) = (self.pacticipants.number(consumer), self.pacticipants.number(provider));
        let content = self.shas[&(consumer, of, sha.to_string())];
        let number = self.numbers.small(text(&body["providerApplicationVersion"]));
        let (provider, success) = (Named { of, number }, body["success"].as_bool().expect("yes or no"));
        if model.last_result(consumer, content, provider) == Some(success) {
            return Vec::new();
        }
        let with_it =
            |one: &&(Named, usize)| one.0.of == consumer && one.1 == of && model.content(one.0, of) == Some(content);
        let contract = model.published().iter().find(with_it).expect("somebody has the content").0;
        vec![Event::Verify { contract, provider, success }]
    }

    fn put_in_place(&mut self, step: &Step, environment: usize, kind: &str, named: (&str, &str)) -> Vec<Event> {
        let version = self.version(named.0, named.1);
        let id = text(&step.answer["uuid"]).to_string();
        if kind == "released-versions" {
            self.places.push((id, Place::Released { version, environment }));
            return vec![Event::Release { version, environment }];
        }
        let instance = self.instances.number(step.json()["applicationInstance"].as_str().unwrap_or_default());
        self.places.push((id, Place::Deployed { version, environment, instance }));
        vec![Event::Deploy { version, environment, instance }]
    }

    fn end(&mut self, id: &str, body: &Value) -> Vec<Event> {
        let at = self.places.iter().position(|(one, _)| one == id).expect("it was recorded");
        match self.places[at].1 {
            Place::Deployed { version, environment, instance } if body["currentlyDeployed"] == false => {
                // Another one that came later under the same name is not meant.
                let there = |one: &(String, Place)| {
                    matches!(one.1, Place::Deployed { version: other, environment: place, instance: name }
                    if (other.of, place, name) == (version.of, environment, instance))
                };
                let replaced = self.places[at + 1..].iter().any(there);
                let event = Event::Undeploy { version, environment, instance };
                if replaced { Vec::new() } else { vec![event] }
            }
            Place::Released { version, environment } if body["currentlySupported"] == false => {
                vec![Event::EndSupport { version, environment }]
            }
            _ => panic!("{body} is not known"),
        }
    }

    fn question(&mut self, step: &Step, path: &[&str], model: &Model) -> Meaning {
        match path {
            ["matrix"] => self.matrix(&step.query()),
            ["can-i-deploy"] => self.can_i_deploy(&step.query()),
            ["matrix", "provider", provider, "consumer", consumer] => {
                let any = |name: &&str| (self.pacticipants.number(name), Criterion::Any);
                Meaning::Verdict(Question {
                    selectors: [consumer, provider].map(any).to_vec(),
                    destination: None,
                    latest_by: LatestBy::All,
                    success: Vec::new(),
                    limit: None,
                    ignore: None,
                    as_can_i_deploy: false,
                })
            }
            [
                "pacticipants",
                name,
                "branches",
                branch,
                "latest-version",
                "can-i-deploy",
                "to-environment",
                environment,
            ] => {
                let asked = (self.pacticipants.number(name), Criterion::LatestBranch(self.branches.number(branch)));
                Meaning::Verdict(may_go(asked, Criterion::Environment(self.environments.number(environment))))
            }
            ["pacts", "provider", provider, "consumer", consumer, "version", number] if step.status == 200 => {
                self.learn_sha(step, (consumer, provider, number), model);
                Meaning::Other("a contract")
            }
            [.., "badge.svg"] => Meaning::Other("a badge"),
            [.., "can-i-merge" | "badge"] => Meaning::Unread("the model does not know these addresses"),
            [first, ..] if path.contains(&"can-i-deploy") => {
                panic!("#{}: {first} asks for a verdict at an address that is not known", step.number)
            }
            _ => Meaning::Other("lists, heads and reports"),
        }
    }

    /// Results name their content by the sha that the answer with the contract told.
    fn learn_sha(&mut self, step: &Step, (consumer, provider, number): (&str, &str, &str), model: &Model) {
        let (version, provider) = (self.version(consumer, number), self.pacticipants.number(provider));
        let sha = text(&step.answer["_links"]["pb:pact-version"]["name"]).to_string();
        let content = model.content(version, provider).expect("what is shown was published");
        self.shas.insert((version.of, provider, sha), content);
    }

    fn matrix(&mut self, query: &[(String, String)]) -> Meaning {
        let mut asked: Vec<(usize, HashMap<&str, &str>)> = Vec::new();
        let (mut global, mut success, mut ignore) = (HashMap::new(), Vec::new(), None);
        for (key, value) in query {
            match (key.as_str(), key.strip_prefix("q[][").and_then(|key| key.strip_suffix(']'))) {
                (_, Some("pacticipant")) => asked.push((self.pacticipants.number(value), HashMap::new())),
                (_, Some(key)) => match asked.last_mut().and_then(|(_, of)| of.insert(key, value.as_str())) {
                    None => {}
                    Some(_) => return Meaning::Unread("a selector says one thing twice"),
                },
                ("success[]", _) => match value.as_str() {
                    "true" => success.push(Some(true)),
                    "false" => success.push(Some(false)),
                    "" => success.push(None),
                    _ => return Meaning::Unread("success is something else than true, false or nothing"),
                },
                ("ignore[][pacticipant]", _) if ignore.is_none() => {
                    ignore = Some((self.pacticipants.number(value), None));
                }
                ("latest" | "tag" | "environment" | "mainBranch" | "latestby" | "limit", _) => {
                    global.insert(key.as_str(), value.as_str());
                }
                _ => return Meaning::Unread("a key that the model does not know"),
            }
        }
        let latest_by = match global.remove("latestby") {
            None => LatestBy::All,
            Some("cvp") => LatestBy::Cvp,
            Some("cvpv") => LatestBy::Cvpv,
            Some(_) => return Meaning::Unread("latestby is something else than cvp or cvpv"),
        };
        let limit = global.remove("limit").map(|limit| limit.parse().expect("a number"));
        let mut selectors = Vec::new();
        for (of, said) in asked {
            let Some(criterion) = self.criterion(&said) else {
                return Meaning::Unread("a selector that combines what the model does not");
            };
            selectors.push((of, criterion));
        }
        let destination = if global.is_empty() { None } else { self.criterion(&global) };
        if destination.is_none() && !global.is_empty() {
            return Meaning::Unread("a destination that combines what the model does not");
        }
        Meaning::Verdict(Question { selectors, destination, latest_by, success, limit, ignore, as_can_i_deploy: false })
    }

    /// `None` when this combination is not among those that the model knows.
    fn criterion(&mut self, said: &HashMap<&str, &str>) -> Option<Criterion> {
        let mut said: Vec<(&str, &str)> = said.iter().map(|(key, value)| (*key, *value)).collect();
        said.sort_unstable();
        Some(match said.as_slice() {
            [] => Criterion::Any,
            [("version", number)] => Criterion::Number(self.numbers.small(number)),
            [("latest", "true")] => Criterion::Latest,
            [("latest", "true"), ("tag", tag)] => Criterion::LatestTag(self.tags.number(tag)),
            [("tag", tag)] => Criterion::Tag(self.tags.number(tag)),
            [("branch", branch), ("latest", "true")] => Criterion::LatestBranch(self.branches.number(branch)),
            [("branch", branch)] => Criterion::Branch(self.branches.number(branch)),
            [("latest", "true"), ("mainBranch", "true")] => Criterion::LatestMainBranch,
            [("mainBranch", "true")] => Criterion::MainBranch,
            [("environment", name)] => Criterion::Environment(self.environments.number(name)),
            _ => return None,
        })
    }

    fn can_i_deploy(&mut self, query: &[(String, String)]) -> Meaning {
        let (mut of, mut version, mut destination, mut ignore) = (None, None, None, None);
        for (key, value) in query {
            match key.as_str() {
                "pacticipant" => of = Some(self.pacticipants.number(value)),
                "version" => version = Some(Criterion::Number(self.numbers.small(value))),
                "to" => destination = Some(Criterion::LatestTag(self.tags.number(value))),
                "environment" => destination = Some(Criterion::Environment(self.environments.number(value))),
                "ignore[]" if ignore.is_none() => ignore = Some((self.pacticipants.number(value), None)),
                _ => return Meaning::Unread("a key that the model does not know"),
            }
        }
        let (Some(of), Some(version), Some(destination)) = (of, version, destination) else {
            return Meaning::Unread("no pacticipant, version or destination is named");
        };
        Meaning::Verdict(Question { ignore, ..may_go((of, version), destination) })
    }

    /// The verdict in a recorded or a given answer.
    pub(crate) fn verdict(&self, answer: &Value) -> Verdict {
        verdict(answer, |one| {
            let number = one["version"]["number"].as_str();
            (self.pacticipants.find(text(&one["name"])), number.map(|number| self.find_number(number)))
        })
    }

    /// The verdict in an answer that is written for people: a table, and what it comes to. Nothing is counted there.
    pub(crate) fn verdict_in_text(&self, answer: &str) -> Verdict {
        let deployable = answer.lines().find_map(|line| line.strip_prefix("Deployable: ")).expect("a verdict");
        let cells = answer.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let rows = cells.filter(|cells| cells.len() >= 7 && cells[0] != "CONSUMER" && !cells[0].starts_with("--"));
        let some = |cell: &str| Some(cell.to_string()).filter(|cell| !cell.is_empty());
        let mut rows: Vec<Row> = rows
            .map(|cells| Row {
                consumer: Named { of: self.pacticipants.find(cells[0]), number: self.find_number(cells[1]) },
                provider: self.pacticipants.find(cells[3]),
                provider_version: some(cells[4]).map(|number| self.find_number(&number)),
                success: some(cells[6]).map(|success| success == "true"),
            })
            .collect();
        rows.sort();
        Verdict {
            deployable: [("true", Some(true)), ("false", Some(false)), ("nil", None)]
                .into_iter()
                .find_map(|(word, meaning)| (word == deployable).then_some(meaning))
                .unwrap_or_else(|| panic!("{deployable} is no verdict")),
            success: 0,
            failed: 0,
            unknown: 0,
            shown: rows.len(),
            rows,
        }
    }

    fn find_number(&self, text: &str) -> u8 {
        u8::try_from(self.numbers.find(text)).expect("a history has less than 256 of anything")
    }
}

/// As `/can-i-deploy` asks.
fn may_go(asked: (usize, Criterion), destination: Criterion) -> Question {
    let to_environment = matches!(destination, Criterion::Environment(_));
    Question {
        selectors: vec![asked],
        destination: Some(destination),
        latest_by: if to_environment { LatestBy::Cvpv } else { LatestBy::Cvp },
        success: Vec::new(),
        limit: None,
        ignore: None,
        as_can_i_deploy: true,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
