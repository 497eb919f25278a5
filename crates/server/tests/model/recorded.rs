//! Recorded histories against the model: what was done to the Pact Broker is done to the server, and what was asked is
//! asked of the server and the model. Where the server's answer is another one than the Pact Broker's, the model has
//! to give the same one. `PACTOLUS_CONFORMANCE` names the folder of recordings, without it this says that it did not run.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use serde_json::Value;

use crate::answer::Verdict;
use crate::meaning::{Meaning, Reader};
use crate::model::Model;
use crate::play::{Tally, agree};
use crate::question::Question;
use crate::recording::{Step, read};
use crate::support::{Answer, TestApp};

const RECORDINGS: usize = 4;

#[expect(clippy::print_stdout, reason = "what was compared, and what was not")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_server_and_the_recorded_broker_differ_the_model_agrees_with_the_server() {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        println!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        return;
    };
    let mut compared = Compared::default();
    for number in 1..=RECORDINGS {
        let name = format!("history-{number}");
        let path = Path::new(&folder).join("broker/histories").join(format!("{name}.jsonl.gz"));
        play(&name, &read(&path), &mut compared).await;
    }
    println!("{}", compared.told());
    assert!(compared.wrong.is_empty(), "the server and the model differ:\n{}", compared.wrong.join("\n"));
    assert!(compared.tally.is_not_trivial() && !compared.otherwise.is_empty(), "{:?}", compared.tally);
}

/// What came of the questions of all recordings.
#[derive(Default)]
struct Compared {
    tally: Tally,
    as_recorded: usize,
    /// Where the Pact Broker answered otherwise, and the model as the server does.
    otherwise: Vec<String>,
    /// Where the model does not answer as the server does.
    wrong: Vec<String>,
    unread: Vec<String>,
    /// Questions that are not about a verdict, counted by what they are about.
    others: BTreeMap<&'static str, usize>,
}

impl Compared {
    fn told(&self) -> String {
        let listed = |of: &[String]| if of.is_empty() { String::new() } else { format!("\n    {}", of.join("\n    ")) };
        format!(
            "{:?}\nas recorded: {}\nas the model answers, not as recorded: {}{}\nnot evaluated by the model: {}{}\n\
             not about a verdict: {:?}",
            self.tally,
            self.as_recorded,
            self.otherwise.len(),
            listed(&self.otherwise),
            self.unread.len(),
            listed(&self.unread),
            self.others,
        )
    }

    fn add(&mut self, step: &str, expected: &Verdict, given: &Verdict, recorded: &Verdict) {
        self.tally.count(expected);
        if !agree(expected, given) {
            self.wrong.push(format!("{step}\nmodel  {expected:?}\nserver {given:?}"));
        } else if given == recorded {
            self.as_recorded += 1;
        } else {
            self.otherwise.push(format!("{step}: {}; recorded: {}", in_short(given), in_short(recorded)));
        }
    }
}

fn in_short(verdict: &Verdict) -> String {
    let word = match verdict.deployable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    let Verdict { success, failed, unknown, rows, .. } = verdict;
    format!("{word} ({success} passed, {failed} failed, {unknown} unknown, {} rows)", rows.len())
}

async fn play(name: &str, steps: &[Step], compared: &mut Compared) {
    // As it comes, like the recorded one.
    let app = TestApp::start().await;
    app.leave_jobs();
    let (mut model, mut reader, mut ids) = (Model::default(), Reader::default(), HashMap::new());
    for step in steps {
        let told = format!("{name} #{}", step.number);
        match reader.read(step, &model) {
            Meaning::Change(events) => {
                let answer = send(&app, step, &ids).await;
                assert_eq!(answer.status, step.status, "{told} {}: {answer:?}", step.address);
                learn_id(step, &answer, &mut ids);
                for event in &events {
                    model.apply(event);
                }
            }
            Meaning::Verdict(question) => {
                let asked = Asked { app: &app, step, ids: &ids, reader: &reader, told };
                asked.compare(&question, &model, compared).await;
            }
            Meaning::Unread(reason) => compared.unread.push(format!("{told} {}: {reason}", step.address)),
            Meaning::Other(kind) => *compared.others.entry(kind).or_default() += 1,
        }
    }
}

/// A recorded question, when it is asked again.
struct Asked<'a> {
    app: &'a TestApp,
    step: &'a Step,
    ids: &'a HashMap<String, String>,
    reader: &'a Reader,
    told: String,
}

impl Asked<'_> {
    async fn compare(&self, question: &Question, model: &Model, compared: &mut Compared) {
        let Self { app, step, ids, reader, told } = self;
        let told = format!("{told} {}", step.address);
        // The form for people is our own, and counts nothing.
        let answer = send(app, step, ids).await;
        let (of, criterion) = question.selectors[0];
        // At the addresses of a branch's head nothing is, when there is none.
        let has_nothing = step.address.starts_with("/pacticipants/") && model.chosen(of, criterion).is_empty();
        let expected_status = if has_nothing { 404 } else { 200 };
        assert_eq!((answer.status, step.status), (expected_status, expected_status), "{told}: {answer:?}");
        if has_nothing {
            *compared.others.entry("a verdict on what does not exist").or_default() += 1;
            return;
        }
        let (expected, given) = (model.answer(question), reader.verdict(&answer.json()));
        match &step.answer {
            Value::String(text) => {
                let Verdict { success, failed, unknown, .. } = given;
                let recorded = Verdict { success, failed, unknown, ..reader.verdict_in_text(text) };
                compared.add(&format!("{told} (as text, without counts)"), &expected, &given, &recorded);
            }
            json => compared.add(&told, &expected, &given, &reader.verdict(json)),
        }
    }
}

/// Sends what was sent, with the server's own identities in place of the recorded ones.
async fn send(app: &TestApp, step: &Step, ids: &HashMap<String, String>) -> Answer {
    let address = ids.iter().fold(step.address.clone(), |address, (recorded, own)| address.replace(recorded, own));
    let address = address.replace('[', "%5B").replace(']', "%5D");
    let mut request = Request::builder().method(step.method.as_str()).uri(address);
    request = request.header(header::HOST, "pactolus.test").header(header::ACCEPT, "application/hal+json");
    if let Some(content_type) = &step.content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    let body = step.body.clone().map_or_else(Body::empty, Body::from);
    app.send(request.body(body).expect("a request")).await
}

fn learn_id(step: &Step, answer: &Answer, ids: &mut HashMap<String, String>) {
    if let Some(recorded) = step.answer["uuid"].as_str() {
        let Value::String(own) = answer.at("/uuid") else { panic!("#{} has no uuid: {answer:?}", step.number) };
        ids.insert(recorded.to_string(), own);
    }
}
