//! A run: states are made, requests sent, answers judged, as many at once as the settings allow.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::HeaderMap;
use pactolus_judge::{Answer, InteractionKind, Mismatch, MismatchKind, Request, Response, Verdict, Workers};
use tokio::time::Instant;

use crate::exchange::{Exchange, Outcome, Received, StateMade};
use crate::plan::{Asker, Plan, Question};
use crate::provider::{self, Provider, Ready};
use crate::report::{InteractionReport, Report, Result, Source, Trouble, TroubleKind};
use crate::settings::Settings;
use crate::states;

/// A contract, and where it comes from.
#[derive(Debug, Clone)]
pub struct ContractToVerify {
    /// Where it comes from.
    pub source: Source,
    /// Pact JSON of any version.
    pub text: String,
}

/// What happens while a run goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many interactions are going to be run.
    Planned(usize),
    /// An interaction has a result; the flag says that it does not count yet.
    Done(&'a InteractionReport, bool),
    /// Something that a person should know.
    Warning(String),
}

/// A whole run and what it saw.
#[derive(Debug, Clone)]
pub struct Run {
    /// What came of each interaction.
    pub report: Report,
    /// In the order in which they began.
    pub exchanges: Vec<Exchange>,
}

/// Runs the contracts against the provider. `workers` judge; `tell` hears what happens.
///
/// # Errors
/// When no client can be made on this machine, in a sentence.
pub async fn run(
    settings: &Settings,
    workers: &Workers,
    contracts: &[ContractToVerify],
    tell: &dyn Fn(Event<'_>),
) -> std::result::Result<Run, String> {
    let provider = Provider::open(settings)?;
    let is_serial = settings.jobs < 2 || settings.stops_at_first_failure;
    let plan = Plan::of(contracts, &settings.filter, is_serial);
    let interactions = plan.contracts.iter().map(|contract| contract.interactions.len()).sum();
    tell(Event::Planned(interactions));
    warn_of_unmade_states(settings, &plan, tell);

    let running = Running::new(settings, workers, &provider, &plan, tell);
    let everything = running.everything(is_serial);
    let in_time = if let Some(patience) = settings.patience.run {
        tokio::time::timeout(patience, everything).await.is_ok()
    } else {
        everything.await;
        true
    };
    let cut_short = if !in_time {
        let seconds = settings.patience.run.unwrap_or_default().as_secs_f32();
        Some(format!("the run took longer than the {seconds} s that it may take"))
    } else if running.is_stopped.get() {
        Some("it was to end at the first failure".to_owned())
    } else {
        None
    };
    Ok(running.finish(cut_short))
}

/// The provider may be in the right state all the same, so this is no failure.
fn warn_of_unmade_states(settings: &Settings, plan: &Plan, tell: &dyn Fn(Event<'_>)) {
    if settings.state_change.is_some() {
        return;
    }
    let states = plan.questions.iter().flat_map(|question| &question.interaction.states);
    let mut names: Vec<&str> = states.map(|state| state.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let advice = "give --state-change-url, or make sure that the provider is in it";
        tell(Event::Warning(format!("nobody is asked to make the provider state {name:?}: {advice}")));
    }
}

struct Running<'a> {
    settings: &'a Settings,
    workers: &'a Workers,
    provider: &'a Provider,
    plan: &'a Plan,
    tell: &'a dyn Fn(Event<'_>),
    began: Instant,
    report: RefCell<Report>,
    exchanges: RefCell<BTreeMap<usize, Exchange>>,
    last_sequence: Cell<usize>,
    /// Those that may have changed something and have ended.
    changed: RefCell<Vec<usize>>,
    is_stopped: Cell<bool>,
}

/// What came of asking a question.
struct Asked {
    exchange: Exchange,
    answer: std::result::Result<Answer, Result>,
    /// A state that stays makes a pass doubtful, and a failure no less one.
    torn_down: std::result::Result<(), Trouble>,
}

/// What a question got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    AnAnswer,
    Nothing,
}

/// Whether a question is asked for the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Again,
}

impl<'a> Running<'a> {
    fn new(
        settings: &'a Settings,
        workers: &'a Workers,
        provider: &'a Provider,
        plan: &'a Plan,
        tell: &'a dyn Fn(Event<'_>),
    ) -> Self {
        let report = Report {
            run_id: settings.run_id,
            provider: settings.provider.clone(),
            provider_version: settings.provider_version.clone(),
            started_at: settings.started_at,
            duration: Duration::ZERO,
            contracts: plan.contracts.clone(),
            requests_sent: 0,
            cut_short: None,
        };
        Self {
            settings,
            workers,
            provider,
            plan,
            tell,
            began: Instant::now(),
            report: RefCell::new(report),
            exchanges: RefCell::default(),
            last_sequence: Cell::new(0),
            changed: RefCell::default(),
            is_stopped: Cell::new(false),
        }
    }

    async fn everything(&self, is_serial: bool) {
        let lanes = self.plan.lanes.iter().map(|lane| async move {
            for &question in lane {
                if self.is_stopped.get() {
                    return;
                }
                self.settle(question, Turn::First).await;
            }
        });
        stream::iter(lanes).buffer_unordered(self.settings.jobs.max(1)).collect::<()>().await;
        if !is_serial {
            self.confirm().await;
        }
        self.tell_all();
    }

    /// States are made for the whole provider, so one lane's may have disturbed another's. What failed among others counts
    /// only if it fails alone too; and when one does not, what passed among others is not believed either. What a contract
    /// asks in an order is never asked out of it: after a change, something else may be right.
    async fn confirm(&self) {
        let questions = &self.plan.questions;
        let has_states = |number: &usize| !questions[*number].interaction.states.is_empty();
        let numbers = 0..questions.len();
        if self.settings.state_change.is_none()
            || self.plan.lanes.len() < 2
            || !numbers.clone().any(|one| has_states(&one))
        {
            return;
        }
        let may_be_repeated = |number: &usize| has_states(number) || questions[*number].is_free;
        let failed =
            |number: &usize| self.results(&questions[*number]).iter().any(|one| matches!(one, Result::Failed(_)));
        let to_confirm: BTreeSet<usize> = numbers.clone().filter(may_be_repeated).filter(failed).collect();
        let mut was_disturbed = false;
        for &number in &to_confirm {
            let before = self.results(&questions[number]);
            if self.settle(number, Turn::Again).await == Came::Nothing {
                // Whoever makes states is gone: what failed stays failed.
                return;
            }
            let after = self.results(&questions[number]);
            was_disturbed |= before.iter().zip(&after).any(|(before, after)| {
                matches!((before, after), (Result::Failed(_), Result::Passed) | (Result::Passed, Result::Failed(_)))
            });
        }
        if was_disturbed {
            let text = "provider states disturb one another, or the provider is not steady: what failed while others ran \
                        passes alone, so everything with a state is run again one after the other; --jobs 1 does so at once";
            (self.tell)(Event::Warning(text.to_owned()));
            for number in numbers.filter(has_states).filter(|number| !to_confirm.contains(number)) {
                self.settle(number, Turn::Again).await;
            }
        }
    }

    /// One for each who asks.
    fn results(&self, question: &Question) -> Vec<Result> {
        let report = self.report.borrow();
        let result = |asker: &Asker| report.contracts[asker.contract].interactions[asker.interaction].result.clone();
        question.askers.iter().map(result).collect()
    }

    /// Asks, judges for each who wants to know, and keeps both.
    async fn settle(&self, number: usize, turn: Turn) -> Came {
        let question = &self.plan.questions[number];
        let asked = self.ask(question).await;
        for asker in &question.askers {
            let result = match &asked.answer {
                Ok(answer) => match self.workers.judge(&asker.document, answer.clone()).await {
                    Verdict::Matched => asked.torn_down.clone().map_or_else(Result::NotAsked, |()| Result::Passed),
                    Verdict::Mismatched(mismatches) => Result::Failed(mismatches),
                    Verdict::NotJudged(reason) => Result::NotJudged(reason),
                },
                Err(result) => result.clone(),
            };
            let mut report = self.report.borrow_mut();
            let contract = &mut report.contracts[asker.contract];
            let one = &mut contract.interactions[asker.interaction];
            // A failure stays one when nobody can be asked again.
            if matches!((&one.result, &result), (Result::Failed(_), Result::NotAsked(_))) {
                continue;
            }
            one.result = result;
            one.duration = asked.exchange.duration + asked.exchange.state_duration;
            one.exchange = Some(asked.exchange.sequence);
            one.attempts += asked.exchange.attempts;
            let one = one.clone();
            let is_pending = contract.is_pending(&one);
            drop(report);
            if self.settings.stops_at_first_failure && !is_pending && one.result != Result::Passed {
                self.is_stopped.set(true);
            }
            if turn == Turn::First {
                (self.tell)(Event::Done(&one, is_pending));
            }
        }
        if question.is_unsafe {
            self.changed.borrow_mut().push(asked.exchange.sequence);
        }
        let came = if asked.exchange.outcome == Outcome::Answered { Came::AnAnswer } else { Came::Nothing };
        self.exchanges.borrow_mut().insert(asked.exchange.sequence, asked.exchange);
        came
    }

    /// Those that nothing was sent for have their result from the plan.
    fn tell_all(&self) {
        for (contract, one) in self.report.borrow().interactions() {
            if matches!(one.result, Result::NotJudged(_)) && one.exchange.is_none() {
                (self.tell)(Event::Done(one, contract.is_pending(one)));
            }
        }
    }

    async fn ask(&self, question: &Question) -> Asked {
        let mut exchange = self.begin(question);
        let interaction = &question.interaction;
        let states_began = Instant::now();
        let made = states::set_up(self.provider, self.settings, &interaction.states).await;
        exchange.state_duration = states_began.elapsed();
        let (answer, torn_down) = match made {
            Ok(made) => {
                exchange.states = made.iter().filter(|one| !one.state.name.is_empty()).cloned().collect();
                let answer = self.exchange(question, &made, &mut exchange).await;
                (answer, states::tear_down(self.provider, self.settings, &interaction.states).await)
            }
            Err(trouble) => {
                exchange.outcome = Outcome::StateFailed;
                (Err(Result::NotAsked(trouble)), Ok(()))
            }
        };
        Asked { exchange, answer, torn_down }
    }

    fn begin(&self, question: &Question) -> Exchange {
        let sequence = self.last_sequence.get() + 1;
        self.last_sequence.set(sequence);
        let states = question.interaction.states.iter();
        Exchange {
            sequence,
            fingerprint: question.fingerprint.clone(),
            kind: question.interaction.kind,
            began_after: self.began.elapsed(),
            after: self.changed.borrow().clone(),
            method: String::new(),
            path: String::new(),
            query: None,
            headers: Vec::new(),
            added_headers: Vec::new(),
            body: None,
            states: states.map(|state| StateMade { state: state.clone(), values: serde_json::Map::new() }).collect(),
            outcome: Outcome::Unreachable,
            response: None,
            duration: Duration::ZERO,
            state_duration: Duration::ZERO,
            attempts: 0,
        }
    }

    async fn exchange(
        &self,
        question: &Question,
        made: &[StateMade],
        exchange: &mut Exchange,
    ) -> std::result::Result<Answer, Result> {
        let interaction = &question.interaction;
        let request = self.request(question, made).await.map_err(Result::NotJudged)?;
        let ready = provider::ready(self.settings, interaction, request).await.map_err(Result::NotAsked)?;
        exchange.note_request(&ready);

        self.report.borrow_mut().requests_sent += 1;
        let sent_at = Instant::now();
        let answered = self.provider.answer(self.provider.to_send(&ready), self.settings.patience.answer).await;
        exchange.duration = sent_at.elapsed();
        let (received, attempts) = match answered {
            Ok(answered) => answered,
            Err(trouble) => {
                exchange.note_trouble(&trouble);
                return Err(Result::NotAsked(trouble.at(&ready)));
            }
        };
        exchange.attempts = attempts;
        exchange.outcome = Outcome::Answered;
        exchange.response = Some(received.clone());
        answer(interaction.kind, received, self.settings.body_limit_bytes)
    }

    /// All who ask have the same request, but what one of them expects may be more than can be read.
    async fn request(&self, question: &Question, made: &[StateMade]) -> std::result::Result<Request, String> {
        let mut why = String::new();
        for asker in &question.askers {
            match self.workers.request_to_send(&asker.document, states::values(made)).await {
                Ok(request) => return Ok(request),
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }

    fn finish(self, cut_short: Option<String>) -> Run {
        let mut report = self.report.into_inner();
        report.duration = self.began.elapsed();
        report.cut_short = cut_short;
        Run { report, exchanges: self.exchanges.into_inner().into_values().collect() }
    }
}

impl Exchange {
    fn note_request(&mut self, ready: &Ready) {
        ready.method.as_str().clone_into(&mut self.method);
        ready.url.path().clone_into(&mut self.path);
        self.query = ready.url.query().map(str::to_owned);
        self.headers = texts(&ready.headers, |name| !ready.added.contains(name));
        self.added_headers = ready.added.iter().map(ToString::to_string).collect();
        self.body.clone_from(&ready.body);
    }

    fn note_trouble(&mut self, trouble: &Trouble) {
        self.attempts = 1;
        self.outcome = if trouble.kind == TroubleKind::TimedOut { Outcome::TimedOut } else { Outcome::Unreachable };
    }
}

impl Trouble {
    /// Says what was asked.
    fn at(self, ready: &Ready) -> Self {
        let message = format!("{} {}: {}", ready.method, provider::shown(&ready.url), self.message);
        Self { message, ..self }
    }
}

fn texts(headers: &HeaderMap, wanted: impl Fn(&http::HeaderName) -> bool) -> Vec<(String, String)> {
    let each = headers.iter().filter(|(name, _)| wanted(name));
    each.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// What is judged. A provider that cannot make a message says so by its status, whatever it sends.
fn answer(kind: InteractionKind, received: Received, limit: usize) -> std::result::Result<Answer, Result> {
    if received.is_truncated {
        let megabytes = limit >> 20;
        return Err(Result::NotJudged(format!(
            "the body of the answer is longer than the {megabytes} MB that are judged"
        )));
    }
    if let Some(encoding) = received.encoding {
        return Err(Result::NotJudged(format!(
            "the body of the answer is encoded as {encoding}, which cannot be decoded"
        )));
    }
    let Received { status, headers, body, .. } = received;
    let response = Response { status, headers, body: Some(body) };
    match kind {
        InteractionKind::Http => Ok(Answer::Response(response)),
        InteractionKind::Message | InteractionKind::SyncMessage if (200..300).contains(&status) => {
            Ok(Answer::Message(response))
        }
        InteractionKind::Message | InteractionKind::SyncMessage => {
            let said = first_line(response.body.as_ref());
            Err(Result::Failed(vec![Mismatch {
                kind: MismatchKind::Status,
                path: String::new(),
                expected: "2xx".into(),
                actual: status.to_string(),
                sentence: format!("expected a message, but whoever makes them answered {status}{said}"),
            }]))
        }
    }
}

fn first_line(body: Option<&Bytes>) -> String {
    let text = String::from_utf8_lossy(body.map_or(&[], |body| &body[..body.len().min(200)])).into_owned();
    text.lines()
        .next()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!(": {}", line.trim()))
        .unwrap_or_default()
}
