//! What if, over random worlds: without assumptions it is can-i-deploy, a fix is a fix, and an order is safe at each step.

#[path = "../model/chance.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod chance;

use chance::Chance;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, query_of};

const WORLDS: u64 = 16;
const VERSIONS: [&str; 3] = ["1", "2", "3"];
const CONTENTS: [&str; 2] = ["a", "b"];

/// Three applications with contracts between them, some of which are verified and some of whose versions are deployed.
struct World<'a> {
    app: &'a TestApp,
    names: [String; 3],
    environment: String,
}

impl<'a> World<'a> {
    async fn random(app: &'a TestApp, seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let names = ["shop", "stock", "pay"].map(|name| format!("{name}{seed}"));
        let world = Self { app, names, environment: format!("production{seed}") };
        app.world().environment(&world.environment).await;
        let pairs: Vec<(usize, usize)> =
            (0..3).flat_map(|one| (0..3).map(move |other| (one, other))).filter(|(one, other)| one != other).collect();
        let pairs: Vec<(usize, usize)> = pairs.into_iter().filter(|_| chance.is_lucky(45)).collect();
        for number in VERSIONS {
            world.publish(&mut chance, &pairs, number).await;
        }
        for _ in 0..pairs.len() * 7 {
            world.verify(&mut chance, &pairs).await;
        }
        for of in 0..3 {
            world.deploy(&mut chance, of).await;
        }
        world
    }

    async fn publish(&self, chance: &mut Chance, pairs: &[(usize, usize)], number: &str) {
        for (of, name) in self.names.iter().enumerate() {
            let mut version = self.app.world().consumer(name).version(number);
            for (_, provider) in pairs.iter().filter(|(consumer, _)| *consumer == of) {
                let content = chance.one_of(&CONTENTS).expect("there are some");
                version = version.contract_with(&self.names[*provider], &[content]);
            }
            version.await;
        }
    }

    async fn verify(&self, chance: &mut Chance, pairs: &[(usize, usize)]) {
        let Some((consumer, provider)) = chance.one_of(pairs) else { return };
        let (consumer, provider) = (&self.names[consumer], self.app.world().provider(&self.names[provider]));
        let [of, with] = [(); 2].map(|()| chance.one_of(&VERSIONS).expect("there are some"));
        let version = provider.version(with);
        if chance.is_lucky(75) {
            version.verifies(consumer, of).await
        } else {
            version.fails(consumer, of).await
        };
    }

    async fn deploy(&self, chance: &mut Chance, of: usize) {
        let (name, environment) = (&self.names[of], &self.environment);
        if chance.is_lucky(85) {
            self.app.world().deployed(name, VERSIONS[chance.below(2)], environment).await;
        }
        if chance.is_lucky(15) {
            self.app.world().deployed_instance(name, VERSIONS[chance.below(2)], environment, "blue").await;
        }
        if chance.is_lucky(15) {
            self.app.world().released(name, VERSIONS[chance.below(2)], environment).await;
        }
    }

    async fn can_i_deploy(&self, name: &str, version: &str) -> Answer {
        let query = [("pacticipant", name), ("version", version), ("environment", &self.environment)];
        self.app.get(&format!("/can-i-deploy{}", query_of(&query))).await.is(200)
    }

    async fn what_if(&self, going: &[(&str, &str)], assume: &Value) -> Answer {
        let going: Value =
            going.iter().map(|(name, version)| json!({"pacticipant": name, "version": version})).collect();
        let body = json!({"pacticipants": going, "to": self.environment, "assume": assume});
        self.app.post("/can-i-deploy/what-if", &body).await.is(200)
    }
}

fn is_yes(answer: &Answer) -> bool {
    answer.at("/summary/deployable") == true
}

#[tokio::test]
async fn without_assumptions_it_is_always_can_i_deploy() {
    let app = TestApp::start().await;
    let mut answers = Vec::new();
    for seed in 0..WORLDS {
        let world = World::random(&app, seed).await;
        for name in &world.names {
            for version in VERSIONS {
                let plain = world.can_i_deploy(name, version).await;
                let supposed = world.what_if(&[(name, version)], &json!({})).await;

                for part in ["/summary", "/notices", "/reasons", "/matrix"] {
                    assert_eq!(supposed.at(part), plain.at(part), "world {seed}: {name} {version} {part}");
                }
                answers.push(plain.at("/summary/deployable"));
            }
        }
    }
    for expected in [Value::Bool(true), Value::Bool(false), Value::Null] {
        let count = answers.iter().filter(|answer| **answer == expected).count();
        assert!(count > 10, "{expected}: {count} of {}", answers.len());
    }
}

/// What is to be assumed where the fix of a reason is done. A deployment that is to be recorded is one of a version that
/// fits.
fn done(fix: &Value, reason: &Value) -> Value {
    let result = |provider_version: &Value| {
        json!({
            "consumer": reason["consumer"]["name"], "consumerVersion": reason["consumer"]["version"],
            "provider": reason["provider"]["name"], "providerVersion": provider_version, "success": true,
        })
    };
    match fix["kind"].as_str().expect("a kind") {
        "verify" => json!({"results": [result(&fix["providerVersion"])]}),
        "repair" => json!({"results": [result(&reason["provider"]["version"])]}),
        "deploy_first" => json!({"deployed": [
            {"pacticipant": fix["pacticipant"], "version": fix["version"], "replaces": "all"},
        ]}),
        "record_deployment" => json!({
            "versions": [{"pacticipant": fix["pacticipant"], "version": "new"}],
            "deployed": [{"pacticipant": fix["pacticipant"], "version": "new"}],
            "results": [result(&json!("new"))],
        }),
        other => panic!("{other} is not a fix of a row"),
    }
}

#[tokio::test]
async fn a_fix_is_a_fix() {
    let app = TestApp::start().await;
    let mut kinds: Vec<String> = Vec::new();
    for seed in 100..100 + 2 * WORLDS {
        let world = World::random(&app, seed).await;
        for name in &world.names {
            for version in VERSIONS {
                let answer = world.can_i_deploy(name, version).await;
                let reasons = answer.at("/reasons");
                let is_obstacle = |reason: &&Value| reason["fixes"].is_array();
                let obstacles: Vec<&Value> = reasons.as_array().expect("a list").iter().filter(is_obstacle).collect();
                let [only] = obstacles.as_slice() else { continue };
                assert!(!is_yes(&answer), "{answer:?}");
                assert_eq!(only["fix"], only["fixes"][0]);

                for fix in only["fixes"].as_array().expect("a list") {
                    let fixed = world.what_if(&[(name, version)], &done(fix, only)).await;
                    assert!(is_yes(&fixed), "world {seed}: {name} {version}\n{fix}\n{fixed:?}");
                    kinds.push(fix["kind"].to_string());
                }
            }
        }
    }
    for expected in ["verify", "repair", "deploy_first", "record_deployment"] {
        let count = kinds.iter().filter(|kind| kind.contains(expected)).count();
        assert!(count > 5, "{expected}: {count} of {}", kinds.len());
    }
}

fn permutations<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![vec![]];
    }
    let with_first = |first: usize| {
        let mut rest = of.to_vec();
        let first = rest.remove(first);
        permutations(&rest).into_iter().map(move |rest| [vec![first.clone()], rest].concat())
    };
    (0..of.len()).flat_map(with_first).collect()
}

impl World<'_> {
    /// Whether each can go when those before it have gone.
    async fn is_safe(&self, order: &[(&str, &str)]) -> bool {
        for (at, going) in order.iter().enumerate() {
            let before = order[..at].iter().map(|(name, version)| json!({"pacticipant": name, "version": version}));
            let before: Value = before.collect();
            if !is_yes(&self.what_if(&[*going], &json!({"deployed": before})).await) {
                return false;
            }
        }
        true
    }
}

#[tokio::test]
async fn an_order_is_safe_at_each_step_and_there_is_none_where_none_is_told() {
    let app = TestApp::start().await;
    let (mut safe, mut circles, mut waits) = (0, 0, 0);
    for seed in 200..200 + 3 * WORLDS {
        let world = World::random(&app, seed).await;
        for versions in [["2", "2", "2"], ["3", "3", "3"], ["3", "2", "3"], ["2", "3", "3"]] {
            let going: Vec<(&str, &str)> = world.names.iter().map(String::as_str).zip(versions).collect();
            let answer = world.what_if(&going, &json!({})).await;
            let permutations = permutations(&going);
            let mut possible = Vec::new();
            for order in &permutations {
                if is_yes(&answer) && world.is_safe(order).await {
                    possible.push(order);
                }
            }

            let order = answer.at("/order/steps");
            let told = order.as_array().map(|steps| {
                let text = |step: &Value, key: &str| step[key].as_str().expect("a text").to_owned();
                steps.iter().map(|step| (text(step, "pacticipant"), text(step, "version"))).collect::<Vec<_>>()
            });
            let Some(told) = told else {
                assert_eq!(possible.len(), 0, "world {seed}: {possible:?}\n{answer:?}");
                circles += usize::from(answer.at("/order/circle").is_array());
                continue;
            };
            let told: Vec<(&str, &str)> =
                told.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
            assert!(possible.contains(&&told), "world {seed}: {told:?} is not among {possible:?}");
            safe += 1;
            waits += usize::from(possible.len() < permutations.len());
        }
    }
    assert!(safe > 10 && circles > 2 && waits > 2, "{safe} safe, {circles} circles, {waits} with a need to wait");
}
