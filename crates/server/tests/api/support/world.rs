//! Builds what a test is about, in the field's words, through the public API.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde_json::{Value, json};

use super::{Answer, TestApp, base64, pact, path_of, query_of};

type Built<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where things happen.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(super) app: &'a TestApp,
}

impl<'a> World<'a> {
    pub(crate) fn consumer(self, name: &str) -> Pacticipant<'a> {
        Pacticipant { app: self.app, name: name.to_owned() }
    }

    pub(crate) fn provider(self, name: &str) -> Provider<'a> {
        Provider { app: self.app, name: name.to_owned() }
    }

    /// Creates it, for production when it is called so. Returns its address.
    pub(crate) async fn environment(self, name: &str) -> String {
        let body = json!({"name": name, "production": name == "production"});
        self.app.post("/environments", &body).await.is(201).link("self")
    }

    pub(crate) async fn deployed(self, pacticipant: &str, version: &str, environment: &str) -> Answer {
        let address = self.place("deployed-versions", pacticipant, version, environment).await;
        self.app.post(&address, &json!({})).await.is(201)
    }

    pub(crate) async fn deployed_instance(
        self,
        pacticipant: &str,
        version: &str,
        environment: &str,
        instance: &str,
    ) -> Answer {
        let address = self.place("deployed-versions", pacticipant, version, environment).await;
        self.app.post(&address, &json!({"applicationInstance": instance})).await.is(201)
    }

    pub(crate) async fn released(self, pacticipant: &str, version: &str, environment: &str) -> Answer {
        let address = self.place("released-versions", pacticipant, version, environment).await;
        let answer = self.app.post(&address, &json!({})).await;
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer
    }

    /// Where deployments or releases of a version to an environment stand.
    pub(crate) async fn place(self, kind: &str, pacticipant: &str, version: &str, environment: &str) -> String {
        let listed = self.app.get(&format!("/environments{}", query_of(&[("name", environment)]))).await.is(200);
        let id = listed.text_at("/_embedded/environments/0/uuid");
        path_of(&["pacticipants", pacticipant, "versions", version, kind, "environment", &id])
    }

    /// A webhook that posts what a template can say of an event.
    pub(crate) fn webhook(self, url: &str) -> Webhook<'a> {
        let body = json!({
            "event": "${pactbroker.eventName}",
            "consumer": "${pactbroker.consumerName} ${pactbroker.consumerVersionNumber}",
            "provider": "${pactbroker.providerName} ${pactbroker.providerVersionNumber}",
        });
        let webhook = json!({"request": {"method": "POST", "url": url, "body": body}});
        Webhook { app: self.app, body: webhook, events: Vec::new() }
    }
}

#[derive(Clone)]
pub(crate) struct Pacticipant<'a> {
    app: &'a TestApp,
    name: String,
}

impl<'a> Pacticipant<'a> {
    pub(crate) fn version(&self, number: &str) -> Version<'a> {
        Version {
            app: self.app,
            name: self.name.clone(),
            number: number.to_owned(),
            branch: None,
            tags: Vec::new(),
            build_url: None,
            contracts: Vec::new(),
        }
    }
}

/// A consumer version with what it publishes. Awaiting publishes it.
#[derive(Clone)]
pub(crate) struct Version<'a> {
    app: &'a TestApp,
    name: String,
    number: String,
    branch: Option<String>,
    tags: Vec<String>,
    build_url: Option<String>,
    contracts: Vec<Value>,
}

impl Version<'_> {
    pub(crate) fn branch(mut self, branch: &str) -> Self {
        self.branch = Some(branch.to_owned());
        self
    }

    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }

    pub(crate) fn build_url(mut self, url: &str) -> Self {
        self.build_url = Some(url.to_owned());
        self
    }

    /// With one interaction for each description.
    pub(crate) fn contract_with(self, provider: &str, descriptions: &[&str]) -> Self {
        let text = pact(&self.name, provider, descriptions).to_string();
        self.contract_text(provider, &text)
    }

    /// With these bytes.
    pub(crate) fn contract_text(mut self, provider: &str, text: &str) -> Self {
        self.contracts.push(json!({
            "consumerName": self.name,
            "providerName": provider,
            "specification": "pact",
            "contentType": "application/json",
            "content": base64(text),
        }));
        self
    }

    /// Adds to what the version has already, instead of replacing it.
    pub(crate) fn merging(mut self) -> Self {
        for contract in &mut self.contracts {
            contract["onConflict"] = "merge".into();
        }
        self
    }

    /// The body of the request.
    pub(crate) fn body(&self) -> Value {
        json!({
            "pacticipantName": self.name,
            "pacticipantVersionNumber": self.number,
            "branch": self.branch,
            "tags": self.tags,
            "buildUrl": self.build_url,
            "contracts": self.contracts,
        })
    }

    /// Publishes, whatever comes of it.
    pub(crate) async fn try_publish(self) -> Answer {
        self.app.post("/contracts/publish", &self.body()).await
    }

    async fn create(self) -> Answer {
        if !self.contracts.is_empty() {
            return self.try_publish().await.is(200);
        }
        let of_version = ["pacticipants", &self.name, "versions", &self.number];
        let created = self.app.put(&path_of(&of_version), &json!({"buildUrl": self.build_url})).await;
        put_branch_and_tags(self.app, &self.name, &self.number, self.branch.as_deref(), &self.tags).await;
        created
    }
}

impl<'a> IntoFuture for Version<'a> {
    type Output = Answer;
    type IntoFuture = Built<'a, Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

async fn put_branch_and_tags(app: &TestApp, name: &str, number: &str, branch: Option<&str>, tags: &[String]) {
    if let Some(branch) = branch {
        let address = path_of(&["pacticipants", name, "branches", branch, "versions", number]);
        app.put(&address, &json!({})).await;
    }
    for tag in tags {
        app.put(&path_of(&["pacticipants", name, "versions", number, "tags", tag]), &json!({})).await;
    }
}

pub(crate) struct Provider<'a> {
    app: &'a TestApp,
    name: String,
}

impl<'a> Provider<'a> {
    pub(crate) fn version(&self, number: &str) -> ProviderVersion<'a> {
        ProviderVersion {
            app: self.app,
            name: self.name.clone(),
            number: number.to_owned(),
            branch: None,
            tags: Vec::new(),
            results: Vec::new(),
        }
    }
}

/// A provider version with its results. Awaiting publishes them, after branch and tags, as verifiers do.
pub(crate) struct ProviderVersion<'a> {
    app: &'a TestApp,
    name: String,
    number: String,
    branch: Option<String>,
    tags: Vec<String>,
    /// Consumer, its version, success.
    results: Vec<(String, String, bool)>,
}

impl ProviderVersion<'_> {
    pub(crate) fn branch(mut self, branch: &str) -> Self {
        self.branch = Some(branch.to_owned());
        self
    }

    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }

    pub(crate) fn verifies(mut self, consumer: &str, version: &str) -> Self {
        self.results.push((consumer.to_owned(), version.to_owned(), true));
        self
    }

    pub(crate) fn fails(mut self, consumer: &str, version: &str) -> Self {
        self.results.push((consumer.to_owned(), version.to_owned(), false));
        self
    }

    async fn create(self) -> Option<Answer> {
        let Self { app, name, number, .. } = &self;
        if self.results.is_empty() || self.branch.is_some() || !self.tags.is_empty() {
            app.put(&path_of(&["pacticipants", name, "versions", number]), &json!({})).await;
        }
        put_branch_and_tags(app, name, number, self.branch.as_deref(), &self.tags).await;
        let mut last = None;
        for (consumer, version, success) in &self.results {
            let contract = path_of(&["pacts", "provider", name, "consumer", consumer, "version", version]);
            let publish_to = app.get(&contract).await.is(200).link("pb:publish-verification-results");
            let result = json!({"success": success, "providerApplicationVersion": number});
            last = Some(app.post(&publish_to, &result).await.is(201));
        }
        last
    }
}

impl<'a> IntoFuture for ProviderVersion<'a> {
    /// The answer to the last result.
    type Output = Option<Answer>;
    type IntoFuture = Built<'a, Option<Answer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

/// Awaiting creates it.
pub(crate) struct Webhook<'a> {
    app: &'a TestApp,
    body: Value,
    events: Vec<Value>,
}

impl Webhook<'_> {
    pub(crate) fn on(mut self, event: &str) -> Self {
        self.events.push(json!({"name": event}));
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body["request"]["body"] = body;
        self
    }

    /// Sets a key of the webhook.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.body[key] = value;
        self
    }

    /// Sets a key of its request.
    pub(crate) fn request(mut self, key: &str, value: Value) -> Self {
        self.body["request"][key] = value;
        self
    }
}

impl<'a> IntoFuture for Webhook<'a> {
    type Output = Answer;
    type IntoFuture = Built<'a, Answer>;

    fn into_future(mut self) -> Self::IntoFuture {
        self.body["events"] = self.events.clone().into();
        Box::pin(async move { self.app.post("/webhooks", &self.body).await.is(201) })
    }
}
