//! What clients ask, by name: how each request is made, and what its answer must hold.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::ValueEnum;
use hyper::{Method, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::Result;
use crate::cast::{Application, Cast, Promise};
use crate::pages;

/// A kind of request. What is not said to be of a hub is about applications in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    /// May the head of the main branch go to production
    CanIDeploy,
    /// The same of a hub, with all its consumers
    CanIDeployHub,
    /// The same as the command line tools ask: /matrix with latestby=cvp
    CanIDeployCli,
    CanIDeployCliHub,
    /// All between a consumer and a provider
    MatrixPair,
    /// All between a consumer and a hub
    MatrixPairHub,
    /// All between a consumer's version and a provider, the latest results
    MatrixVersion,
    /// All that a hub's version has verified
    MatrixVersionHub,
    /// Contracts of main branches and of what is deployed
    ForVerification,
    /// With pending status
    ForVerificationPending,
    /// With pending status and work in progress
    ForVerificationWip,
    ForVerificationHub,
    ForVerificationPendingHub,
    ForVerificationWipHub,
    /// By matching branch and by tag
    ForVerificationTagHub,
    /// A new version that promises the same as before
    Publish,
    /// A new version that promises something else
    PublishNew,
    /// A new version that promises something else to a hub
    PublishNewHub,
    /// A result of a new provider version
    Result,
    /// A result of a new version of a hub
    ResultHub,
    /// The contract of a consumer version
    Contract,
    LatestContract,
    /// The latest contract of each consumer of a hub
    LatestContractsHub,
    /// The latest contract of each pair there is
    LatestContractsAll,
    RecordDeployment,
    Tag,
    Version,
    /// A page of the versions of the busiest application
    Versions,
    /// A page of the branches of the busiest application
    Branches,
    Pacticipant,
    /// A page of all applications
    Pacticipants,
    /// All that is in production
    Deployed,
    /// Pages, as a browser asks for them: compressed
    PageHome,
    /// The home page's list, searched and sorted
    PageHomeFiltered,
    PageApplications,
    PageApplication,
    PageApplicationHub,
    PageApplicationBusiest,
    PageContract,
    PageContractHub,
    PageMatrix,
    PageMatrixHub,
    /// All applications in production
    PageMatrixEnvironment,
    PageGate,
    PageGateHub,
    PageMap,
    PageMapEnvironment,
    /// The map around one application
    PageMapAround,
    PageEnvironments,
    PageDeployments,
    PageOpenapiList,
    PageWebhooks,
    PageDeliveries,
    /// Verifications that are asked for
    PageRequests,
    PageApi,
    PageTry,
    PageSearch,
    /// The search for a whole version
    PageSearchVersion,
}

impl Kind {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(crate) fn writes(self) -> bool {
        use Kind::{Publish, PublishNew, PublishNewHub, RecordDeployment, Result, ResultHub, Tag};
        matches!(self, Publish | PublishNew | PublishNewHub | Result | ResultHub | RecordDeployment | Tag)
    }

    pub(crate) fn is_page(self) -> bool {
        self >= Self::PageHome
    }

    /// Pages and their parts say how long ago something was, and how long they took: their length changes.
    pub(crate) fn has_steady_length(self) -> bool {
        !self.is_page()
    }

    pub(crate) fn expected(self) -> StatusCode {
        match self {
            Self::Result | Self::ResultHub | Self::RecordDeployment | Self::Tag => StatusCode::CREATED,
            _ => StatusCode::OK,
        }
    }

    /// What a right answer in JSON holds: something that is there and not empty.
    fn held(self) -> &'static str {
        use Kind as K;
        match self {
            K::CanIDeploy | K::CanIDeployHub | K::CanIDeployCli | K::CanIDeployCliHub => "/matrix/0/consumer/name",
            K::MatrixPair | K::MatrixPairHub | K::MatrixVersion | K::MatrixVersionHub => "/matrix/0/provider/name",
            K::ForVerification
            | K::ForVerificationPending
            | K::ForVerificationWip
            | K::ForVerificationHub
            | K::ForVerificationPendingHub
            | K::ForVerificationWipHub
            | K::ForVerificationTagHub => "/_embedded/pacts/0/_links/self/href",
            K::Publish | K::PublishNew | K::PublishNewHub => "/notices/0/text",
            K::Result | K::ResultHub => "/providerApplicationVersion",
            K::Contract | K::LatestContract => "/interactions/0/description",
            K::LatestContractsHub | K::LatestContractsAll => "/_links/pb:pacts/0/href",
            K::RecordDeployment => "/uuid",
            K::Version => "/number",
            K::Tag | K::Pacticipant => "/name",
            K::Versions => "/_embedded/versions/0/number",
            K::Branches => "/_embedded/branches/0/name",
            K::Pacticipants => "/_embedded/pacticipants/0/name",
            K::Deployed => "/_embedded/deployedVersions/0/uuid",
            page => unreachable!("{page:?} is no JSON"),
        }
    }

    /// Looks into an answer of the expected status.
    pub(crate) fn check(self, answer: &[u8]) -> std::result::Result<(), String> {
        if self.is_page() {
            return pages::check(answer);
        }
        let answer: Value = serde_json::from_slice(answer).map_err(|error| format!("not JSON: {error}"))?;
        match answer.pointer(self.held()) {
            Some(Value::String(text)) if !text.is_empty() => Ok(()),
            _ => Err(format!("nothing at {}", self.held())),
        }
    }
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) body: Bytes,
    pub(crate) accept: Accept,
}

/// What a client would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accept {
    /// As Pact's clients ask.
    Hal,
    /// As a browser asks, which takes compressed answers.
    Page,
    /// A page that can be looked into.
    PlainPage,
}

/// Makes the request for one subject. What is written is named by the argument, which no two requests share.
pub(crate) type Make = Box<dyn Fn(&str) -> Request + Send + Sync>;

/// For each kind the ways to make it, one for each subject.
pub(crate) type Requests = BTreeMap<Kind, Vec<Make>>;

pub(crate) fn requests(cast: &Cast, kinds: &[Kind]) -> Result<Requests> {
    kinds.iter().map(|kind| Ok((*kind, of_kind(*kind, cast)?))).collect()
}

fn of_kind(kind: Kind, cast: &Cast) -> Result<Vec<Make>> {
    use Kind as K;
    if let Some(makes) = pages::of_kind(kind, cast)? {
        return Ok(makes);
    }
    let hub = std::slice::from_ref(&cast.hub);
    let typical: Vec<Application> = cast.typical.iter().map(|one| one.consumer.clone()).collect();
    match kind {
        K::CanIDeploy => each(&typical, can_i_deploy),
        K::CanIDeployHub => each(hub, can_i_deploy),
        K::CanIDeployCli => each(&typical, can_i_deploy_cli),
        K::CanIDeployCliHub => each(hub, can_i_deploy_cli),
        K::MatrixPair => each(&cast.typical, matrix_of_pair),
        K::MatrixPairHub => each(&cast.of_hub, matrix_of_pair),
        K::MatrixVersion => each(&cast.typical, matrix_of_version),
        K::MatrixVersionHub => each(hub, |hub| get(&format!("/matrix?{}", selector(&hub.name, Some(&hub.head))))),
        K::ForVerification => each(&typical, |one| for_verification(one, &json!({}))),
        K::ForVerificationHub => each(hub, |one| for_verification(one, &json!({}))),
        K::ForVerificationPending => each(&typical, |one| for_verification(one, &pending(one))),
        K::ForVerificationPendingHub => each(hub, |one| for_verification(one, &pending(one))),
        K::ForVerificationWip => each(&typical, |one| for_verification(one, &wip(one, cast))),
        K::ForVerificationWipHub => each(hub, |one| for_verification(one, &wip(one, cast))),
        K::ForVerificationTagHub => each(hub, for_verification_by_tag),
        K::Publish => each(&cast.typical, |one| Ok(publish(one))),
        K::PublishNew => each(&cast.typical, publish_new),
        K::PublishNewHub => each(&cast.of_hub, publish_new),
        K::Result => each(&cast.typical, result),
        K::ResultHub => each(&cast.of_hub, result),
        K::Contract => each(&cast.typical, |one| get(&format!("{}/version/{}", pair(one), quoted(&one.consumer.head)))),
        K::LatestContract => each(&cast.typical, |one| get(&format!("{}/latest", pair(one)))),
        K::LatestContractsHub => each(hub, |hub| get(&format!("/pacts/provider/{}/latest", quoted(&hub.name)))),
        K::LatestContractsAll => Ok(vec![get("/pacts/latest")?]),
        K::RecordDeployment => each(&typical, |one| {
            let environment = &cast.test_environment;
            send(Method::POST, &format!("{}/deployed-versions/environment/{environment}", version(one)), &json!({}))
        }),
        K::Tag => each(&typical, tag),
        K::Version => each(&typical, |one| get(&version(one))),
        K::Versions => each(&[&cast.busiest], |one| get(&format!("{}/versions?page=1&size=20", pacticipant(one)))),
        K::Branches => each(&[&cast.busiest], |one| get(&format!("{}/branches?page=1&size=20", pacticipant(one)))),
        K::Pacticipant => each(&typical, |one| get(&pacticipant(one))),
        K::Pacticipants => Ok(vec![get("/pacticipants?page=3&size=20")?]),
        K::Deployed => {
            let environment = &cast.production_environment;
            Ok(vec![get(&format!("/environments/{environment}/deployed-versions/currently-deployed"))?])
        }
        page => unreachable!("{page:?} is made above"),
    }
}

pub(crate) fn each<T>(subjects: &[T], make: impl Fn(&T) -> Result<Make>) -> Result<Vec<Make>> {
    subjects.iter().map(make).collect()
}

fn can_i_deploy(one: &Application) -> Result<Make> {
    let (name, head) = (quoted(&one.name), quoted(&one.head));
    get(&format!("/can-i-deploy?pacticipant={name}&version={head}&environment=production"))
}

fn can_i_deploy_cli(one: &Application) -> Result<Make> {
    get(&format!("/matrix?{}&latestby=cvp&environment=production", selector(&one.name, Some(&one.head))))
}

fn matrix_of_pair(promise: &Promise) -> Result<Make> {
    let (provider, consumer) = (quoted(&promise.provider), quoted(&promise.consumer.name));
    get(&format!("/matrix/provider/{provider}/consumer/{consumer}"))
}

fn matrix_of_version(promise: &Promise) -> Result<Make> {
    let consumer = selector(&promise.consumer.name, Some(&promise.consumer.head));
    get(&format!("/matrix?{consumer}&{}&latestby=cvpv", selector(&promise.provider, None)))
}

fn selector(name: &str, version: Option<&str>) -> String {
    let version = version.map(|number| format!("&q%5B%5D%5Bversion%5D={}", quoted(number))).unwrap_or_default();
    format!("q%5B%5D%5Bpacticipant%5D={}{version}", quoted(name))
}

fn for_verification(provider: &Application, options: &Value) -> Result<Make> {
    let mut body = json!({"consumerVersionSelectors": [{"mainBranch": true}, {"deployedOrReleased": true}]});
    if let (Some(body), Some(options)) = (body.as_object_mut(), options.as_object()) {
        body.extend(options.clone());
    }
    send(Method::POST, &format!("/pacts/provider/{}/for-verification", quoted(&provider.name)), &body)
}

fn pending(provider: &Application) -> Value {
    json!({"includePendingStatus": true, "providerVersionBranch": provider.branch})
}

fn wip(provider: &Application, cast: &Cast) -> Value {
    let mut options = pending(provider);
    options["includeWipPactsSince"] = cast.wip_since.as_str().into();
    options
}

fn for_verification_by_tag(provider: &Application) -> Result<Make> {
    let selectors = json!([{"mainBranch": true}, {"matchingBranch": true}, {"tag": "prod", "latest": true}]);
    for_verification(
        provider,
        &json!({"consumerVersionSelectors": selectors, "providerVersionBranch": provider.branch}),
    )
}

fn publish(promise: &Promise) -> Make {
    let content = STANDARD.encode(&promise.content);
    let (uri, promise) = (Uri::from_static("/contracts/publish"), promise.clone());
    Box::new(move |unique| post(&uri, &publication(&promise, unique, &content)))
}

fn publish_new(promise: &Promise) -> Result<Make> {
    let contract: Value = serde_json::from_str(&promise.content)?;
    let (uri, promise) = (Uri::from_static("/contracts/publish"), promise.clone());
    Ok(Box::new(move |unique| {
        let mut contract = contract.clone();
        contract["interactions"][0]["description"] = format!("a request {unique}").into();
        post(&uri, &publication(&promise, unique, &STANDARD.encode(contract.to_string())))
    }))
}

/// On a branch of its own, so that the heads that questions are about stay.
fn publication(promise: &Promise, version: &str, content: &str) -> Value {
    json!({
        "pacticipantName": promise.consumer.name,
        "pacticipantVersionNumber": version,
        "branch": "feat/load",
        "contracts": [{
            "consumerName": promise.consumer.name,
            "providerName": promise.provider,
            "specification": "pact",
            "contentType": "application/json",
            "content": content,
        }],
    })
}

fn result(promise: &Promise) -> Result<Make> {
    let uri: Uri = format!("{}/pact-version/{}/verification-results", pair(promise), promise.sha).parse()?;
    Ok(Box::new(move |unique| {
        post(
            &uri,
            &json!({
                "success": true,
                "providerApplicationVersion": unique,
                "buildUrl": BUILD_URL,
                "testResults": {"tests": [{"testDescription": "a request for an item", "status": "passed"}]},
                "verifiedBy": {"implementation": "pact-verifier", "version": "1.3.0"},
            }),
        )
    }))
}

/// Of what is written.
pub(crate) const BUILD_URL: &str = "https://ci.example.org/builds/1";

fn tag(one: &Application) -> Result<Make> {
    let tags = format!("{}/tags", version(one));
    let _: Uri = tags.parse()?;
    Ok(Box::new(move |unique| Request {
        method: Method::PUT,
        uri: format!("{tags}/{unique}").parse().expect("the address with one more name is an address"),
        body: Bytes::from_static(b"{}"),
        accept: Accept::Hal,
    }))
}

pub(crate) fn pair(promise: &Promise) -> String {
    format!("/pacts/provider/{}/consumer/{}", quoted(&promise.provider), quoted(&promise.consumer.name))
}

pub(crate) fn pacticipant(one: &Application) -> String {
    format!("/pacticipants/{}", quoted(&one.name))
}

fn version(one: &Application) -> String {
    format!("{}/versions/{}", pacticipant(one), quoted(&one.head))
}

fn get(path: &str) -> Result<Make> {
    let request = Request { method: Method::GET, uri: path.parse()?, body: Bytes::new(), accept: Accept::Hal };
    Ok(Box::new(move |_| request.clone()))
}

fn send(method: Method, path: &str, body: &Value) -> Result<Make> {
    let request = Request { method, uri: path.parse()?, body: body.to_string().into(), accept: Accept::Hal };
    Ok(Box::new(move |_| request.clone()))
}

fn post(uri: &Uri, body: &Value) -> Request {
    Request { method: Method::POST, uri: uri.clone(), body: body.to_string().into(), accept: Accept::Hal }
}

pub(crate) fn quoted(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
