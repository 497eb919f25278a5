//! The gate against a model of it: random histories through the API, and each answer beside the one that a small, slow,
//! direct reading of the definition gives. `PACTOLUS_MODEL_HISTORIES` says how many (the first ones are always the
//! same).

#[path = "../api/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the harness of the API's tests has more than is needed here")]
mod support;

mod answer;
mod chance;
mod history;
mod meaning;
mod model;
mod play;
mod question;
mod recorded;
mod recording;

use std::fmt::Write;
use std::sync::Arc;

use history::{Event, Named};
use play::{Case, Difference, Tally, play};
use question::{Criterion, LatestBy, Question};
use support::TestApp;
use tokio::task::JoinSet;

/// Histories in a run that nobody asked to be longer, and how long each is.
const HISTORIES: u64 = 60;
const EVENTS: usize = 40;
const AT_ONCE: usize = 4;

#[expect(clippy::print_stdout, reason = "how much was compared")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gate_answers_as_the_model_does() {
    let histories = std::env::var("PACTOLUS_MODEL_HISTORIES").ok();
    let histories = histories.map_or(HISTORIES, |count| count.parse().expect("a number of histories"));
    let app = Arc::new(TestApp::with(play::plain).await);
    app.leave_jobs();
    let mut tally = Tally::default();
    let (mut seeds, mut playing) = (0..histories, JoinSet::new());
    loop {
        while playing.len() < AT_ONCE {
            let Some(seed) = seeds.next() else { break };
            let app = Arc::clone(&app);
            playing.spawn(async move {
                let case = Case::random(seed, EVENTS);
                (play(&app, &case, &format!("h{seed}")).await, case)
            });
        }
        let Some(played) = playing.join_next().await else { break };
        match played.expect("a history is played") {
            (Ok(of_case), _) => tally.add(&of_case),
            (Err(difference), case) => panic!("{}", smallest(&app, case, difference).await),
        }
    }
    println!("{histories} histories: {tally:?}");
    assert!(tally.is_not_trivial(), "{tally:?}");
}

/// Also where nothing but the tag is asked about, a result of one version with it does not stand for another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_with_a_tag_are_each_missed_when_asked_about_alone() {
    let app = TestApp::with(play::plain).await;
    app.leave_jobs();
    let [consumer, verified, unverified] = [(0, 1), (1, 1), (1, 2)].map(|(of, number)| Named { of, number });
    let events = vec![
        Event::Publish { consumer, branch: None, tag: None, contracts: vec![(1, 1)] },
        Event::Verify { contract: consumer, provider: verified, success: true },
        Event::Tag { version: verified, tag: 0 },
        Event::Tag { version: unverified, tag: 0 },
    ];
    let question = Question {
        selectors: vec![(1, Criterion::Tag(0))],
        destination: None,
        latest_by: LatestBy::Cvp,
        success: Vec::new(),
        limit: None,
        ignore: None,
        as_can_i_deploy: false,
    };
    let case = Case { seed: 0, questions: vec![(events.len(), question)], events };

    if let Err(difference) = play(&app, &case, "tag").await {
        panic!("{}", difference.text);
    }
}

/// Drops events as long as the difference stays, and tells what is left.
async fn smallest(app: &TestApp, mut case: Case, mut difference: Difference) -> String {
    case = Case { questions: vec![(case.events.len(), difference.question.clone())], ..case };
    case.events.truncate(difference.after);
    case.questions[0].0 = case.events.len();
    let mut at = case.events.len();
    let mut tried = 0;
    while at > 0 {
        at -= 1;
        tried += 1;
        let Some(smaller) = case.without(at) else { continue };
        if let Err(other) = play(app, &smaller, &format!("s{}-{tried}", case.seed)).await {
            (case, difference) = (smaller, other);
        }
        at = at.min(case.events.len());
    }
    let mut told = format!("seed {}: the gate and the model differ\n", case.seed);
    for event in &case.events {
        writeln!(told, "    {event:?}").expect("a string grows");
    }
    write!(told, "{:?}\n{}", difference.question, difference.text).expect("a string grows");
    told
}
