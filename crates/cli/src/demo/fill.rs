//! Plays the company's last weeks: versions come in order, each is published, verified and deployed as a build would do it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::try_join_all;
use pactolus_oas::document::Document;
use pactolus_oas::model::Api;
use pactolus_oas::source::Budget;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::company::{Company, Contract, Pending, Service, Version};
use super::contracts;
use super::results::{self, Published};
use crate::broker::{Broker, Repeat, encode};
use crate::outcome::Failure;

/// From this many versions before the end on there are webhooks, so that they have something to tell of and no flood.
const TOLD_OF: usize = 30;

/// How much there is in the end.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) versions: usize,
    pub(super) contents: usize,
    pub(super) results: usize,
    pub(super) failed: usize,
    pub(super) deployments: usize,
    pub(super) releases: usize,
    pub(super) documents: usize,
    pub(super) webhooks: usize,
    /// Why the server takes none, if so.
    pub(super) no_webhooks: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Webhook {
    uuid: String,
    #[serde(default)]
    starts_disabled: bool,
    #[serde(default)]
    ends_disabled: bool,
    #[serde(rename = "webhook")]
    attributes: Value,
}

/// A build.
struct Build<'a> {
    /// When, in some unit.
    at: i64,
    service: &'a Service,
    version: Version,
}

/// What is there so far.
pub(super) struct Filling<'a> {
    broker: &'a Broker,
    company: &'a Company,
    environments: BTreeMap<String, String>,
    /// By contract and its content.
    contents: BTreeMap<(usize, String), Published>,
    /// The content of a consumer's version, by contract.
    of_version: BTreeMap<(usize, String), String>,
    /// The heads of main branches.
    heads: BTreeMap<&'a str, Version>,
    /// What runs, by service, environment and instance.
    running: BTreeMap<(&'a str, &'a str, &'a str), Version>,
    /// Of which content which provider version has a result.
    verified: BTreeSet<(usize, String, String)>,
    counts: Counts,
}

/// Fills the server; returns what is there.
pub(super) async fn fill(broker: &Broker, company: &Company) -> Result<Counts, Failure> {
    let mut filling = Filling {
        broker,
        company,
        environments: BTreeMap::new(),
        contents: BTreeMap::new(),
        of_version: BTreeMap::new(),
        heads: BTreeMap::new(),
        running: BTreeMap::new(),
        verified: BTreeSet::new(),
        counts: Counts::default(),
    };
    filling.create_environments().await?;
    filling.create_pacticipants().await?;
    let builds = builds(company);
    let webhooks: Vec<Webhook> = serde_json::from_str(include_str!("company/webhooks.json"))
        .expect("the file is part of the program, and tested");
    for (place, build) in builds.iter().enumerate() {
        if place + TOLD_OF == builds.len() {
            filling.put_webhooks(&webhooks, |webhook| webhook.starts_disabled).await?;
        }
        filling.play(build).await?;
    }
    filling.put_webhooks(&webhooks, |webhook| webhook.ends_disabled).await?;
    Ok(filling.counts)
}

/// All builds, in the order in which they happened.
fn builds(company: &Company) -> Vec<Build<'_>> {
    let mut builds = Vec::new();
    for (place, service) in (0_i64..).zip(&company.services) {
        let at = |age: usize, offset: i64| offset - 1000 * i64::try_from(age).unwrap_or_default();
        let main = service.main_versions().into_iter();
        builds.extend(main.map(|version| Build { at: at(version.age, place * 61), service, version }));
        for branch in &service.branches {
            let versions = service.branch_versions(branch).into_iter();
            builds.extend(versions.map(|version| Build { at: at(version.age, 930 + place), service, version }));
        }
    }
    builds.sort_by_key(|build| build.at);
    builds
}

impl<'a> Filling<'a> {
    async fn create_environments(&mut self) -> Result<(), Failure> {
        let wanted: Vec<Value> = serde_json::from_str(include_str!("company/environments.json"))
            .expect("the file is part of the program, and tested");
        let address = self.broker.below("environments");
        let there = self.broker.get(&address).await?.accepted("could not list the environments")?;
        for environment in wanted {
            let name = environment["name"].as_str().unwrap_or_default().to_owned();
            let mut all = there["_embedded"]["environments"].as_array().into_iter().flatten();
            let uuid = if let Some(found) = all.find(|one| one["name"] == environment["name"]) {
                found["uuid"].clone()
            } else {
                let answer = self.broker.post(&address, &environment, Repeat::OnlyIfNotTaken).await?;
                answer.accepted(&format!("could not create the environment {name}"))?["uuid"].clone()
            };
            self.environments.insert(name, uuid.as_str().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    async fn create_pacticipants(&mut self) -> Result<(), Failure> {
        for service in &self.company.services {
            let name = &service.name;
            let attributes = json!({
                "name": name,
                "displayName": service.display_name,
                "mainBranch": "main",
                "repositoryUrl": format!("https://git.sardis.example/{name}"),
                "repositoryName": name,
                "repositoryNamespace": "sardis",
            });
            let what = format!("could not create {name}");
            let address = self.broker.below("pacticipants");
            let answer = self.broker.post(&address, &attributes, Repeat::OnlyIfNotTaken).await?;
            if answer.status == StatusCode::CONFLICT {
                self.put(&format!("pacticipants/{name}"), &attributes, &what).await?;
            } else {
                answer.accepted(&what)?;
            }
            for label in &service.labels {
                let path = format!("pacticipants/{name}/labels/{}", encode(label));
                self.put(&path, &json!({}), &format!("could not label {name}")).await?;
            }
        }
        Ok(())
    }

    async fn put_webhooks(&mut self, webhooks: &[Webhook], disabled: fn(&Webhook) -> bool) -> Result<(), Failure> {
        self.counts.webhooks = 0;
        for webhook in webhooks {
            let mut attributes = webhook.attributes.clone();
            attributes["enabled"] = (!disabled(webhook)).into();
            let what = format!("could not create the webhook {}", webhook.uuid);
            match self.put(&format!("webhooks/{}", webhook.uuid), &attributes, &what).await {
                // Where only some hosts may be called, those of the demo are not among them.
                Err(failure) if failure.status == Some(400) => self.counts.no_webhooks = Some(failure),
                result => {
                    result?;
                    self.counts.webhooks += 1;
                }
            }
        }
        Ok(())
    }

    async fn play(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        self.publish(build).await?;
        self.publish_document(build).await?;
        if build.version.branch.is_none() {
            self.heads.insert(&build.service.name, build.version.clone());
        }
        self.verify_as_provider(build).await?;
        self.verify_as_consumer(build).await?;
        if build.version.branch.is_none() {
            self.deploy(build).await?;
            self.release(build).await?;
        }
        self.counts.versions += 1;
        Ok(())
    }

    /// The version with its branch, and its contracts if it has any.
    async fn publish(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        let (name, number) = (&build.service.name, &build.version.number);
        let branch = build.version.branch.as_deref().unwrap_or("main");
        let what = format!("could not publish {name} {number}");
        let own: Vec<(usize, &Contract)> = self.contracts_of(|contract| &contract.consumer == name);
        if own.is_empty() {
            let version = format!("pacticipants/{name}/versions/{}", encode(number));
            self.put(&version, &json!({ "buildUrl": build.url() }), &what).await?;
            let on_branch = format!("pacticipants/{name}/branches/{}/versions/{}", encode(branch), encode(number));
            return self.put(&on_branch, &json!({}), &what).await.map(drop);
        }

        let mut sent = Vec::new();
        for (place, contract) in &own {
            let content = contracts::pact(contract, &build.version).to_string();
            sent.push(json!({
                "consumerName": name, "providerName": contract.provider, "specification": "pact",
                "contentType": "application/json", "content": BASE64.encode(&content),
            }));
            self.of_version.insert((*place, number.clone()), content);
        }
        let request = json!({
            "pacticipantName": name, "pacticipantVersionNumber": number, "branch": branch, "buildUrl": build.url(),
            "contracts": sent,
        });
        let address = self.broker.below("contracts/publish");
        self.broker.post(&address, &request, Repeat::Safe).await?.accepted(&what)?;
        for (place, contract) in own {
            let key = (place, self.of_version[&(place, number.clone())].clone());
            if !self.contents.contains_key(&key) {
                let published = results::find_content(self.broker, contract, &build.version).await?;
                self.contents.insert(key, published);
                self.counts.contents += 1;
            }
        }
        Ok(())
    }

    async fn publish_document(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        let Some(document) = build.service.documents.iter().find(|document| document.of.has(&build.version)) else {
            return Ok(());
        };
        let text = super::document(&document.name);
        let request = json!({
            "pacticipantVersionNumber": build.version.number,
            "branch": build.version.branch.as_deref().unwrap_or("main"),
            "buildUrl": build.url(),
            "contract": {
                "content": BASE64.encode(text), "contentType": "application/yaml", "specification": "oas",
                "selfVerificationResults": {
                    "success": true, "content": BASE64.encode(report(text)), "contentType": "application/xml",
                    "format": "junit", "verifier": "schemathesis", "verifierVersion": "4.1.0",
                },
            },
        });
        let name = &build.service.name;
        let address = self.broker.below(&format!("provider-contracts/provider/{name}/publish"));
        let answer = self.broker.post(&address, &request, Repeat::Safe).await?;
        answer.accepted(&format!("could not publish the OpenAPI document of {name} {}", build.version.number))?;
        self.counts.documents += 1;
        Ok(())
    }

    /// A provider's build verifies what is expected of it: by the heads of main branches, and by what runs anywhere.
    async fn verify_as_provider(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        let mut pairs = Vec::new();
        for (place, contract) in self.contracts_of(|contract| contract.provider == build.service.name) {
            let consumers = self.versions_in_use(&contract.consumer);
            pairs.extend(consumers.into_iter().map(|consumer| (place, consumer, build.version.clone())));
        }
        self.verify(pairs).await
    }

    /// What a consumer publishes is verified by its providers' heads and by what of them runs anywhere.
    async fn verify_as_consumer(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        let mut pairs = Vec::new();
        for (place, contract) in self.contracts_of(|contract| contract.consumer == build.service.name) {
            let providers = self.versions_in_use(&contract.provider);
            let pending = contract.pending.iter().find(|one| build.version.branch.as_ref() == Some(&one.branch));
            if let Some(pending) = pending {
                self.verify_pending(build, place, pending, &providers).await?;
            } else {
                pairs.extend(providers.into_iter().map(|provider| (place, build.version.clone(), provider)));
            }
        }
        self.verify(pairs).await
    }

    async fn verify_pending(
        &mut self,
        build: &Build<'a>,
        place: usize,
        pending: &Pending,
        providers: &[Version],
    ) -> Result<(), Failure> {
        let contract = &self.company.contracts[place];
        let content = self.of_version[&(place, build.version.number.clone())].clone();
        let is_new = |provider: &&Version| self.verified.insert((place, content.clone(), provider.number.clone()));
        let due: Vec<&Version> = providers.iter().filter(is_new).collect();
        if !due.is_empty() {
            results::publish_pending(self.broker, contract, pending, &build.version, &due).await?;
        }
        self.counts.results += due.len();
        self.counts.failed += due.len();
        Ok(())
    }

    /// Publishes the result of each pair that has none; all at once, as the builds of several contracts do.
    async fn verify(&mut self, pairs: Vec<(usize, Version, Version)>) -> Result<(), Failure> {
        let company = self.company;
        let mut due = Vec::new();
        for (place, consumer, provider) in pairs {
            let contract = &company.contracts[place];
            let Some(content) = self.of_version.get(&(place, consumer.number.clone())).cloned() else { continue };
            let is_silent = contract.silent.iter().any(|silent| silent.is(&consumer, &provider));
            if is_silent || !self.verified.insert((place, content.clone(), provider.number.clone())) {
                continue;
            }
            let fault = contract.faults.iter().find(|fault| {
                let concerns = self.contents[&(place, content.clone())].has(&fault.interaction);
                concerns && fault.is(&consumer, &provider)
            });
            self.counts.results += 1;
            self.counts.failed += usize::from(fault.is_some());
            due.push((contract, (place, content), provider, fault));
        }
        let publishing = due.iter().map(|(contract, content, provider, fault)| {
            results::publish(self.broker, contract, &self.contents[content], provider, *fault)
        });
        try_join_all(publishing).await.map(drop)
    }

    /// The head of the main branch and what runs, each once.
    fn versions_in_use(&self, service: &str) -> Vec<Version> {
        let running = self.running.iter().filter(|((name, ..), _)| *name == service).map(|(_, version)| version);
        let by_number: BTreeMap<&str, &Version> = self
            .heads
            .get(service)
            .into_iter()
            .chain(running)
            .map(|version| (version.number.as_str(), version))
            .collect();
        by_number.into_values().cloned().collect()
    }

    /// To each environment that lets so new a version in: to development each, elsewhere every third or fourth.
    async fn deploy(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        let age = build.version.age;
        let mut places: Vec<(&'a str, &'a str)> = Vec::new();
        for (environment, deployed) in &build.service.deployed {
            let every = match environment.as_str() {
                "development" => 1,
                "staging" => 3,
                _ => 4,
            };
            let instances = deployed.instances().into_iter();
            let due = instances.filter(|(_, last)| age >= *last && (age - last).is_multiple_of(every));
            places.extend(due.map(|(instance, _)| (environment.as_str(), instance)));
        }
        let recording = places.iter().map(|(environment, instance)| {
            let body = if instance.is_empty() { json!({}) } else { json!({ "applicationInstance": instance }) };
            self.post_to(build, "deployed", environment, body)
        });
        try_join_all(recording).await?;
        for (environment, instance) in places {
            self.running.insert((&build.service.name, environment, instance), build.version.clone());
            self.counts.deployments += 1;
        }
        Ok(())
    }

    async fn release(&mut self, build: &Build<'a>) -> Result<(), Failure> {
        for (environment, ages) in &build.service.released {
            if ages.contains(&build.version.age) {
                self.post_to(build, "released", environment, json!({})).await?;
                let key = (build.service.name.as_str(), environment.as_str(), "");
                self.running.insert(key, build.version.clone());
                self.counts.releases += 1;
            }
        }
        Ok(())
    }

    async fn post_to(&self, build: &Build<'a>, how: &str, environment: &str, body: Value) -> Result<(), Failure> {
        let (name, number, uuid) = (&build.service.name, &build.version.number, &self.environments[environment]);
        let path = format!("pacticipants/{name}/versions/{}/{how}-versions/environment/{uuid}", encode(number));
        let answer = self.broker.post(&self.broker.below(&path), &body, Repeat::Safe).await?;
        answer.accepted(&format!("could not record {name} {number} in {environment}")).map(drop)
    }

    async fn put(&self, path: &str, body: &Value, what: &str) -> Result<Value, Failure> {
        self.broker.put(&self.broker.below(path), body).await?.accepted(what)
    }

    fn contracts_of(&self, wanted: impl Fn(&Contract) -> bool) -> Vec<(usize, &'a Contract)> {
        self.company.contracts.iter().enumerate().filter(|(_, contract)| wanted(contract)).collect()
    }
}

impl Build<'_> {
    fn url(&self) -> String {
        format!("https://ci.sardis.example/{}/builds/{}", self.service.name, encode(&self.version.number))
    }
}

/// Of a provider's own tests, in `JUnit`: the last operation was forgotten.
fn report(document: &str) -> String {
    let operations = Document::load(document, &Budget::default()).map(|document| Api::of(&document).operations);
    let operations = operations.unwrap_or_default();
    let tried = operations.iter().take(operations.len().saturating_sub(1));
    let cases = tried.map(|operation| format!("<testcase name=\"{} {}\"/>", operation.method, operation.path));
    format!("<testsuite name=\"schemathesis\">{}</testsuite>", cases.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_come_in_the_order_of_their_versions_and_never_twice() {
        let company = Company::read();
        let builds = builds(&company);

        let mut seen = BTreeSet::new();
        for build in &builds {
            assert!(seen.insert((&build.service.name, &build.version.number)), "{}", build.version.number);
        }
        let payments: Vec<&str> = builds
            .iter()
            .filter(|build| build.service.name == "payments" && build.version.branch.is_none())
            .map(|build| build.version.number.as_str())
            .collect();
        assert_eq!(payments[payments.len() - 3..], ["77b0e1d", "f4d5c02", "a41c7e0"]);
    }
}
