//! Plays a history through the API and asks both.

use pactolus_server::Settings;
use serde_json::{Value, json};

use crate::answer::{Row, Verdict};
use crate::chance::Chance;
use crate::history::{BRANCHES, ENVIRONMENTS, Event, INSTANCES, Named, PACTICIPANTS, TAGS, event};
use crate::model::Model;
use crate::question::{LatestBy, Names, Question, question};
use crate::support::{Answer, TestApp, base64, pact, path_of};

/// Questions after each event from the third on.
const QUESTIONS: usize = 3;

/// What happens, and what is asked after how many events.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) questions: Vec<(usize, Question)>,
}

impl Case {
    pub(crate) fn random(seed: u64, events: usize) -> Self {
        let (mut chance, mut model) = (Chance::of(seed), Model::default());
        let (mut happened, mut questions) = (Vec::new(), Vec::new());
        for number in 1..=events {
            let next = event(&mut chance, &model);
            model.apply(&next);
            happened.push(next);
            for _ in 0..if number > 3 { QUESTIONS } else { 0 } {
                questions.push((number, question(&mut chance, &model)));
            }
        }
        Self { seed, events: happened, questions }
    }

    /// `None` when the rest would make no sense.
    pub(crate) fn without(&self, at: usize) -> Option<Self> {
        let mut smaller = self.clone();
        smaller.events.remove(at);
        for (after, _) in &mut smaller.questions {
            *after = smaller.events.len();
        }
        let mut model = Model::default();
        for event in &smaller.events {
            if !model.allows(event) {
                return None;
            }
            model.apply(event);
        }
        Some(smaller)
    }
}

/// Both answers to a question.
pub(crate) struct Difference {
    /// How many events had happened.
    pub(crate) after: usize,
    pub(crate) question: Question,
    pub(crate) text: String,
}

/// What came of a history's questions.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    questions: u32,
    yes: u32,
    no: u32,
    unknown: u32,
    rows: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.questions += other.questions;
        self.yes += other.yes;
        self.no += other.no;
        self.unknown += other.unknown;
        self.rows += other.rows;
    }

    pub(crate) fn count(&mut self, verdict: &Verdict) {
        self.questions += 1;
        self.rows += verdict.rows.len();
        match verdict.deployable {
            Some(true) => self.yes += 1,
            Some(false) => self.no += 1,
            None => self.unknown += 1,
        }
    }

    /// Each answer comes often, and there is much to judge.
    pub(crate) fn is_not_trivial(&self) -> bool {
        let tenth = self.questions / 10;
        self.yes > tenth && self.no > tenth && self.unknown > tenth && self.rows > self.questions as usize / 2
    }
}

/// Nothing happens by itself: what tags and first branches do beyond being put is tested elsewhere.
pub(crate) fn plain(settings: &mut Settings) {
    settings.check_similar_names = false;
    settings.use_first_tag_as_branch = false;
    settings.main_branch_candidates = Vec::new();
    settings.deployments_from_tags = false;
}

/// Everything has names of its own, so that histories do not meet.
pub(crate) async fn play(app: &TestApp, case: &Case, prefix: &str) -> Result<Tally, Difference> {
    let names = Names { prefix: prefix.to_string() };
    let mut places = Vec::new();
    for environment in 0..ENVIRONMENTS.len() {
        let body = json!({"name": names.environment(environment), "production": false});
        places.push(app.post("/environments", &body).await.is(201).text_at("/uuid"));
    }
    let player = Player { app, names, places };
    let (mut model, mut tally, mut asked) = (Model::default(), Tally::default(), case.questions.iter().peekable());
    for (number, event) in case.events.iter().enumerate() {
        player.happen(event).await;
        model.apply(event);
        while let Some((after, question)) = asked.next_if(|(after, _)| *after == number + 1) {
            if let Some(verdict) = player.ask(question, &model).await.map_err(|text| {
                let question = question.clone();
                Difference { after: *after, question, text }
            })? {
                tally.count(&verdict);
            }
        }
    }
    Ok(tally)
}

struct Player<'a> {
    app: &'a TestApp,
    names: Names,
    /// Identities of the environments.
    places: Vec<String>,
}

impl Player<'_> {
    async fn happen(&self, event: &Event) {
        let Self { app, names, .. } = self;
        match event {
            Event::Publish { consumer, branch, tag, contracts } => {
                self.publish(*consumer, *branch, *tag, contracts).await;
            }
            Event::Branch { version, branch } => {
                let (name, number) = names.version(*version);
                let address = path_of(&["pacticipants", &name, "branches", BRANCHES[*branch], "versions", &number]);
                done(&app.put(&address, &json!({})).await);
            }
            Event::Tag { version, tag } => {
                let (name, number) = names.version(*version);
                done(
                    &app.put(&path_of(&["pacticipants", &name, "versions", &number, "tags", TAGS[*tag]]), &json!({}))
                        .await,
                );
            }
            Event::MainBranch { of, branch } => {
                let name = names.pacticipant(*of);
                let body = json!({"name": name, "mainBranch": BRANCHES[*branch]});
                done(&app.patch(&path_of(&["pacticipants", &name]), &body).await);
            }
            Event::Verify { contract, provider, success } => self.verify(*contract, *provider, *success).await,
            Event::Deploy { version, environment, instance } => {
                let body = match INSTANCES[*instance] {
                    "" => json!({}),
                    name => json!({"applicationInstance": name}),
                };
                done(&app.post(&self.place("deployed-versions", *version, *environment), &body).await);
            }
            Event::Undeploy { version, environment, instance } => {
                let listed = app.get(&self.place("deployed-versions", *version, *environment)).await.is(200);
                let address = current(&listed, "deployedVersions", INSTANCES[*instance]);
                done(&app.patch(&address, &json!({"currentlyDeployed": false})).await);
            }
            Event::Release { version, environment } => {
                done(&app.post(&self.place("released-versions", *version, *environment), &json!({})).await);
            }
            Event::EndSupport { version, environment } => {
                let listed = app.get(&self.place("released-versions", *version, *environment)).await.is(200);
                let address = current(&listed, "releasedVersions", "");
                done(&app.patch(&address, &json!({"currentlySupported": false})).await);
            }
            deletion => self.delete(deletion).await,
        }
    }

    async fn delete(&self, event: &Event) {
        let Self { app, names, .. } = self;
        let address = match event {
            Event::Untag { version, tag } => {
                let (name, number) = names.version(*version);
                path_of(&["pacticipants", &name, "versions", &number, "tags", TAGS[*tag]])
            }
            Event::DeleteVersion { version } => {
                let (name, number) = names.version(*version);
                path_of(&["pacticipants", &name, "versions", &number])
            }
            Event::DeleteBranch { of, branch } => {
                path_of(&["pacticipants", &names.pacticipant(*of), "branches", BRANCHES[*branch]])
            }
            Event::TakeOffBranch { version, branch } => {
                let (name, number) = names.version(*version);
                path_of(&["pacticipants", &name, "branches", BRANCHES[*branch], "versions", &number])
            }
            Event::DeleteContract { consumer, provider } => {
                let ((name, number), provider) = (names.version(*consumer), names.pacticipant(*provider));
                path_of(&["pacts", "provider", &provider, "consumer", &name, "version", &number])
            }
            Event::DeleteIntegration { consumer, provider } => {
                let (consumer, provider) = (names.pacticipant(*consumer), names.pacticipant(*provider));
                path_of(&["integrations", "provider", &provider, "consumer", &consumer])
            }
            Event::DeletePacticipant { of } => path_of(&["pacticipants", &names.pacticipant(*of)]),
            other => panic!("{other:?} deletes nothing"),
        };
        done(&app.delete(&address).await);
    }

    async fn publish(&self, consumer: Named, branch: Option<usize>, tag: Option<usize>, contracts: &[(usize, u8)]) {
        let (name, number) = self.names.version(consumer);
        let contracts: Vec<Value> = contracts
            .iter()
            .map(|(provider, content)| {
                let provider = self.names.pacticipant(*provider);
                let text = pact(&name, &provider, &[&format!("content {content}")]).to_string();
                json!({
                    "consumerName": name,
                    "providerName": provider,
                    "specification": "pact",
                    "contentType": "application/json",
                    "content": base64(&text),
                })
            })
            .collect();
        let body = json!({
            "pacticipantName": name,
            "pacticipantVersionNumber": number,
            "branch": branch.map(|branch| BRANCHES[branch]),
            "tags": tag.map(|tag| TAGS[tag]).into_iter().collect::<Vec<_>>(),
            "contracts": contracts,
        });
        done(&self.app.post("/contracts/publish", &body).await);
    }

    async fn verify(&self, contract: Named, provider: Named, success: bool) {
        let (consumer, number) = self.names.version(contract);
        let (name, provider_number) = self.names.version(provider);
        let address = path_of(&["pacts", "provider", &name, "consumer", &consumer, "version", &number]);
        let publish_to = self.app.get(&address).await.is(200).link("pb:publish-verification-results");
        let result = json!({"success": success, "providerApplicationVersion": provider_number});
        done(&self.app.post(&publish_to, &result).await);
    }

    fn place(&self, kind: &str, version: Named, environment: usize) -> String {
        let (name, number) = self.names.version(version);
        path_of(&["pacticipants", &name, "versions", &number, kind, "environment", &self.places[environment]])
    }

    /// `None` when somebody in the question does not exist, and the server says so.
    async fn ask(&self, question: &Question, model: &Model) -> Result<Option<Verdict>, String> {
        let answer = self.app.get(&self.names.address(question)).await;
        if question.selectors.iter().any(|(of, _)| !model.knows(*of)) {
            return if answer.status == 400 { Ok(None) } else { Err(format!("400 was expected: {answer:?}")) };
        }
        if answer.status != 200 {
            return Err(format!("{answer:?}"));
        }
        let expected = model.answer(question);
        let given = self.given(&answer);
        self.compare(question, &expected, &given)?;
        Ok(Some(expected))
    }

    fn compare(&self, question: &Question, expected: &Verdict, given: &Verdict) -> Result<(), String> {
        let (mut model, mut server) = (expected.clone(), given.clone());
        // Without latestby a result that was sent twice may stand once.
        if question.latest_by == LatestBy::All {
            for one in [&mut model, &mut server] {
                one.rows = as_shown(&one.rows);
                one.rows.dedup();
                (one.success, one.failed, one.unknown) = (0, 0, 0);
            }
        }
        if agree(&model, &server) {
            return Ok(());
        }
        Err(format!("{}\nmodel  {expected:?}\nserver {given:?}", self.names.address(question)))
    }

    fn given(&self, answer: &Answer) -> Verdict {
        verdict(&answer.json(), |one| {
            let name = &one["name"];
            let known = (0..PACTICIPANTS).find(|of| Some(self.names.pacticipant(*of).as_str()) == name.as_str());
            let of = known.unwrap_or_else(|| panic!("{name} is of another history"));
            (of, one["version"]["number"].as_str().map(|text| text.parse().expect("a number")))
        })
    }
}

/// Whether an answer is the expected one. Of more rows than are shown, nobody says which.
pub(crate) fn agree(expected: &Verdict, given: &Verdict) -> bool {
    let counts = |one: &Verdict| (one.deployable, one.success, one.failed, one.unknown);
    let (all, shown) = (as_shown(&expected.rows), as_shown(&given.rows));
    let same_rows = if expected.shown < expected.rows.len() {
        shown.len() <= expected.shown && shown.iter().all(|row| all.contains(row))
    } else {
        shown == all
    };
    same_rows && counts(expected) == counts(given)
}

/// Reads an answer; `named` tells who its consumers and providers are, and which version.
pub(crate) fn verdict(body: &Value, named: impl Fn(&Value) -> (usize, Option<u8>)) -> Verdict {
    let count = |key: &str| usize::try_from(body["summary"][key].as_u64().expect("a count")).expect("small");
    let row = |row: &Value| {
        let ((of, number), (provider, provider_version)) = (named(&row["consumer"]), named(&row["provider"]));
        Row {
            consumer: Named { of, number: number.expect("a consumer has a version") },
            provider,
            provider_version,
            success: row["verificationResult"]["success"].as_bool(),
        }
    };
    let mut rows: Vec<Row> = body["matrix"].as_array().expect("rows").iter().map(row).collect();
    rows.sort();
    Verdict {
        deployable: body["summary"]["deployable"].as_bool(),
        success: count("success"),
        failed: count("failed"),
        unknown: count("unknown"),
        shown: rows.len(),
        rows,
    }
}

/// A version without result is not told with the row: existing clients take it for the one that was verified.
fn as_shown(rows: &[Row]) -> Vec<Row> {
    let shown = rows.iter().map(|row| Row { provider_version: row.success.and(row.provider_version), ..row.clone() });
    let mut rows: Vec<Row> = shown.collect();
    rows.sort();
    rows
}

fn done(answer: &Answer) {
    assert!((200..300).contains(&answer.status), "{answer:?}");
}

/// The address of what is still there.
fn current(listed: &Answer, kind: &str, instance: &str) -> String {
    let body = listed.json();
    let all = body["_embedded"][kind].as_array().expect("a list").clone();
    let one = all.iter().find(|one| {
        one["undeployedAt"].is_null()
            && one["supportEndedAt"].is_null()
            && one["applicationInstance"].as_str().unwrap_or_default() == instance
    });
    one.expect("it is there")["_links"]["self"]["href"].as_str().expect("an address").to_string()
}
