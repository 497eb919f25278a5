//! What is going to be asked: each request once, however many contracts want it, and in an order that tells no lies.

use std::collections::HashMap;
use std::time::Duration;

use pactolus_domain::fingerprint::{Asked, fingerprint, sha256};
use pactolus_judge::{Contract, Interaction, InteractionKind, State};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::report::{self, ContractReport, InteractionReport, Result};
use crate::run::ContractToVerify;
use crate::settings::Filter;

/// Why an interaction has no result yet.
const NOT_REACHED: &str = "the run ended before";

/// A whole run before it begins.
pub(crate) struct Plan {
    /// As they are reported when nothing more happens.
    pub(crate) contracts: Vec<ContractReport>,
    pub(crate) questions: Vec<Question>,
    /// Numbers of questions. Those of one lane are asked one after the other, lanes at once.
    pub(crate) lanes: Vec<Vec<usize>>,
}

/// One request, and all interactions that want it.
pub(crate) struct Question {
    pub(crate) fingerprint: String,
    /// The one that is sent.
    pub(crate) interaction: Interaction,
    /// Whether asking may change something at the provider.
    pub(crate) is_unsafe: bool,
    /// Whether it may be asked at any time: it has no state, and is not part of a story that changes something.
    pub(crate) is_free: bool,
    pub(crate) askers: Vec<Asker>,
}

/// An interaction that wants to know the answer.
pub(crate) struct Asker {
    /// Which contract of the plan.
    pub(crate) contract: usize,
    /// Which interaction of its report.
    pub(crate) interaction: usize,
    pub(crate) document: Box<RawValue>,
}

impl Plan {
    pub(crate) fn of(contracts: &[ContractToVerify], filter: &Filter, is_serial: bool) -> Self {
        let mut plan = Self { contracts: Vec::new(), questions: Vec::new(), lanes: Vec::new() };
        let mut known = HashMap::new();
        for to_verify in contracts {
            let contract = match Contract::read(&to_verify.text) {
                Ok(contract) => contract,
                Err(error) => {
                    plan.contracts.push(unreadable(to_verify, error.to_string()));
                    continue;
                }
            };
            if filter.consumers.is_empty() || filter.consumers.contains(&contract.consumer) {
                plan.add(to_verify, contract, filter, &mut known);
            }
        }
        plan.lanes = lanes(&plan.questions, is_serial);
        plan
    }

    fn add(
        &mut self,
        to_verify: &ContractToVerify,
        contract: Contract,
        filter: &Filter,
        known: &mut HashMap<(String, usize, bool), usize>,
    ) {
        let (number, total) = (self.contracts.len(), contract.interactions.len());
        let mut interactions = Vec::new();
        // What was asked before a change is another question than the same after it.
        let mut changes = 0;
        let keeps_order = contract.interactions.iter().any(|one| one.states.is_empty() && is_unsafe(one));
        for interaction in contract.interactions {
            let key = key_of(&contract.consumer, &interaction);
            if !filter.takes(&interaction, &key) {
                continue;
            }
            let index = interactions.len();
            let mut reported = reported(&interaction, key);
            match question_of(&interaction) {
                Err(reason) => reported.result = Result::NotJudged(reason),
                Ok(fingerprint) => {
                    let is_unsafe = is_unsafe(&interaction);
                    let document = interaction.document.clone();
                    let is_free = interaction.states.is_empty() && !keeps_order;
                    let question = *known.entry((fingerprint.clone(), changes, is_free)).or_insert_with(|| {
                        self.questions.push(Question {
                            fingerprint,
                            interaction,
                            is_unsafe,
                            is_free,
                            askers: Vec::new(),
                        });
                        self.questions.len() - 1
                    });
                    changes += usize::from(is_unsafe);
                    self.questions[question].askers.push(Asker { contract: number, interaction: index, document });
                }
            }
            interactions.push(reported);
        }
        let left_out = total - interactions.len();
        let source = to_verify.source.clone();
        self.contracts.push(ContractReport {
            source,
            consumer: contract.consumer,
            interactions,
            left_out,
            unreadable: None,
        });
    }
}

/// A few letters that name an interaction from run to run, whatever it expects.
fn key_of(consumer: &str, interaction: &Interaction) -> String {
    let words = json!([consumer, interaction.kind.as_str(), interaction.description, states_json(&interaction.states)]);
    sha256(words.to_string().as_bytes())[..8].to_owned()
}

impl Filter {
    fn takes(&self, interaction: &Interaction, key: &str) -> bool {
        let described = self.descriptions.is_empty()
            || self.descriptions.iter().any(|wanted| wanted.is_match(&interaction.description));
        let has_state = |wanted: &regex::Regex| interaction.states.iter().any(|state| wanted.is_match(&state.name));
        let in_state = self.states.is_empty() || self.states.iter().any(has_state);
        let without = !self.has_no_state || interaction.states.is_empty();
        described && in_state && without && (self.keys.is_empty() || self.keys.contains(key))
    }
}

/// Same states, one lane: making them again must not disturb who relies on them. Contracts that change something without a
/// state have one lane too, for all that they ask without one. The rest is free.
fn lanes(questions: &[Question], is_serial: bool) -> Vec<Vec<usize>> {
    if is_serial {
        return vec![(0..questions.len()).collect()];
    }
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    let mut lane_of: HashMap<String, usize> = HashMap::new();
    for (number, question) in questions.iter().enumerate() {
        if question.is_free {
            lanes.push(vec![number]);
            continue;
        }
        let lane = *lane_of.entry(states_json(&question.interaction.states).to_string()).or_insert_with(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        lanes[lane].push(number);
    }
    lanes
}

fn question_of(interaction: &Interaction) -> std::result::Result<String, String> {
    if let Some(reason) = &interaction.cannot_be_judged {
        return Err(reason.clone());
    }
    fingerprint(Asked {
        kind: interaction.kind.as_str(),
        specification: &interaction.specification,
        transport: interaction.transport.as_deref(),
        description: (interaction.kind != InteractionKind::Http).then_some(&interaction.description),
        request: interaction.request.get(),
        states: &states_json(&interaction.states).to_string(),
    })
    .map_err(|error| format!("its request cannot be read: {error}"))
}

/// Those that RFC 9110 (9.2.1) calls safe change nothing; a message is only made.
fn is_unsafe(interaction: &Interaction) -> bool {
    let method = interaction.method().unwrap_or_else(|| "GET".to_owned());
    !["GET", "HEAD", "OPTIONS", "TRACE"].iter().any(|safe| method.eq_ignore_ascii_case(safe))
}

fn states_json(states: &[State]) -> Value {
    states.iter().map(|state| json!({ "name": state.name, "params": state.params })).collect()
}

fn reported(interaction: &Interaction, key: String) -> InteractionReport {
    InteractionReport {
        interaction: report::Interaction {
            id: interaction.id.clone(),
            key,
            description: interaction.description.clone(),
            states: interaction.states.clone(),
            kind: interaction.kind,
            is_pending: interaction.is_pending,
            comments: interaction.comments.clone(),
            test_name: interaction.test_name.clone(),
            request_line: interaction.request_line().unwrap_or_default(),
        },
        result: Result::Skipped(NOT_REACHED.to_owned()),
        duration: Duration::ZERO,
        exchange: None,
        attempts: 0,
    }
}

fn unreadable(to_verify: &ContractToVerify, reason: String) -> ContractReport {
    ContractReport {
        source: to_verify.source.clone(),
        consumer: String::new(),
        interactions: Vec::new(),
        left_out: 0,
        unreadable: Some(reason),
    }
}
