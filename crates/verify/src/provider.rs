//! The way to the provider: one client, whose connections are used again and again.

use std::process::Stdio;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use pactolus_domain::fingerprint::sha256;
use pactolus_judge::{Interaction, InteractionKind, Request};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use url::Url;

use crate::encoding;
use crate::exchange::Received;
use crate::report::{Trouble, TroubleKind};
use crate::settings::Settings;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Provider {
    client: reqwest::Client,
    retries: u32,
    body_limit_bytes: usize,
}

/// A request, ready to be sent.
pub(crate) struct Ready {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// Those that are not the contract's.
    pub(crate) added: Vec<HeaderName>,
}

impl Provider {
    /// Fails when certificates cannot be checked on this machine.
    pub(crate) fn open(settings: &Settings) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "the one place of a verification that makes an HTTP client")]
        let builder = reqwest::Client::builder()
            .user_agent(concat!("pactolus/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.patience.connect)
            .pool_max_idle_per_host(settings.jobs)
            .tls_danger_accept_invalid_certs(settings.trust.is_blind)
            .redirect(if settings.follows_redirects {
                reqwest::redirect::Policy::default()
            } else {
                reqwest::redirect::Policy::none()
            });
        let builder = if is_this_machine(&settings.address) { builder.no_proxy() } else { builder };
        let builder = match &settings.trust.identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        };
        let authorities = settings.trust.certificates.clone();
        let needs_tls = settings.trust.identity.is_some()
            || addresses(settings).any(|address| address.scheme() != "http")
            || settings.follows_redirects;
        // Where nothing is encrypted none is needed, so that it works where the machine has none, as in small containers.
        let builder = if needs_tls { builder.tls_certs_merge(authorities) } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|error| root_cause(&error))?;
        Ok(Self { client, retries: settings.retries, body_limit_bytes: settings.body_limit_bytes })
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    pub(crate) fn to_send(&self, ready: &Ready) -> RequestBuilder {
        let request = self.client.request(ready.method.clone(), ready.url.clone()).headers(ready.headers.clone());
        match &ready.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }

    /// The answer to its end or to the limit, and how often connecting was tried. Only connecting is tried again: what
    /// was sent may have been acted on.
    pub(crate) async fn answer(&self, request: RequestBuilder, patience: Duration) -> Result<(Received, u32), Trouble> {
        let in_time = tokio::time::timeout(patience, self.received(request)).await;
        in_time.unwrap_or_else(|_| {
            let (kind, seconds) = (TroubleKind::TimedOut, patience.as_secs_f32());
            Err(Trouble { kind, message: format!("there was no whole answer within {seconds} s") })
        })
    }

    async fn received(&self, request: RequestBuilder) -> Result<(Received, u32), Trouble> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=self.retries {
            let Some(copy) = request.try_clone() else { break };
            match copy.send().await {
                Err(error) if error.is_connect() => {
                    tracing::debug!("attempt {attempt}: {}", root_cause(&error));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                sent => return Ok((self.read(sent.map_err(|error| trouble(&error))?).await?, attempt)),
            }
        }
        let last = request.send().await.map_err(|error| trouble(&error))?;
        Ok((self.read(last).await?, self.retries + 1))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Received, Trouble> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let (mut body, mut is_truncated) = (BytesMut::new(), false);
        while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
            let room = self.body_limit_bytes - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                is_truncated = true;
                break;
            }
        }
        let received = Received { status, headers, body: body.freeze(), is_truncated, encoding: None };
        Ok(encoding::decoded(received, self.body_limit_bytes))
    }
}

/// The contract's request as it goes to the provider.
pub(crate) async fn ready(settings: &Settings, interaction: &Interaction, request: Request) -> Result<Ready, Trouble> {
    let url = url(address(settings, interaction), &request)?;
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| unsendable(format!("{:?} is no method of HTTP", request.method)))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let wrong = |what| unsendable(format!("the header {name:?} of the contract's request has {what}"));
        let name = HeaderName::try_from(name).map_err(|_| wrong("a name that cannot be sent"))?;
        // Whoever sends the body knows better how long it is.
        if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&name) {
            continue;
        }
        headers.append(name, HeaderValue::try_from(value).map_err(|_| wrong("a value that cannot be sent"))?);
    }
    let mut ready = Ready { method, url, headers, body: request.body, added: Vec::new() };
    ready.add(settings.headers.clone());
    if let Some(command) = &settings.header_command {
        let added = headers_from(command, &ready, settings.patience.answer).await?;
        ready.add(added);
    }
    Ok(ready)
}

impl Ready {
    /// Takes the place of what is there.
    fn add(&mut self, headers: Vec<(HeaderName, HeaderValue)>) {
        for (name, _) in &headers {
            self.headers.remove(name);
        }
        for (name, value) in headers {
            self.added.push(name.clone());
            self.headers.append(name, value);
        }
    }
}

fn address<'a>(settings: &'a Settings, interaction: &Interaction) -> &'a Url {
    let by_kind: &[&str] = match interaction.kind {
        InteractionKind::Http => &["http"],
        InteractionKind::Message => &["message", "async-message"],
        InteractionKind::SyncMessage => &["message", "sync-message"],
    };
    if let Some(address) = interaction.transport.as_ref().and_then(|transport| settings.transports.get(transport)) {
        return address;
    }
    by_kind.iter().find_map(|transport| settings.transports.get(*transport)).unwrap_or(&settings.address)
}

/// The contract's path comes after the address's, whatever slashes they have; it cannot lead to another host.
fn url(base: &Url, request: &Request) -> Result<Url, Trouble> {
    let base = base.as_str().trim_end_matches('/');
    let path = request.path.trim_start_matches('/');
    let text = if path.is_empty() { base.to_owned() } else { format!("{base}/{path}") };
    let mut url =
        Url::parse(&text).map_err(|error| unsendable(format!("{:?} makes no address: {error}", request.path)))?;
    if !request.query.is_empty() {
        let mut query: Vec<String> = url.query().map(str::to_owned).into_iter().collect();
        query.extend(request.query.iter().map(|(name, value)| match value {
            Some(value) => format!("{}={}", encoded(name), encoded(value)),
            None => encoded(name),
        }));
        url.set_query(Some(&query.join("&")));
    }
    Ok(url)
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What the command says to the request: `Name: value`, one a line.
async fn headers_from(
    command: &str,
    ready: &Ready,
    patience: Duration,
) -> Result<Vec<(HeaderName, HeaderValue)>, Trouble> {
    let body = ready.body.clone().unwrap_or_default();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<(String, String)> =
        ready.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let asked = json!({
        "method": ready.method.as_str(),
        "url": ready.url.as_str(),
        "path": ready.url.path(),
        "query": ready.url.query(),
        "headers": headers,
        "bodySha256": sha256(&body),
        "body": String::from_utf8_lossy(&body),
    });
    let output = tokio::time::timeout(patience, said_by(command, asked.to_string())).await;
    let failed = |why: String| unsendable(format!("the command for headers failed: {why}"));
    let output =
        output.map_err(|_| failed("it did not end in time".into()))?.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((HeaderName::try_from(name.trim()).ok()?, HeaderValue::try_from(value.trim()).ok()?))
        })
        .map(|header| header.ok_or_else(|| failed("each of its lines has to be `Name: value`".into())))
        .collect()
}

async fn said_by(command: &str, input: String) -> std::io::Result<std::process::Output> {
    let mut process = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = process.stdin.take() {
        // Whoever does not read what is asked may still say something.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    process.wait_with_output().await
}

fn addresses(settings: &Settings) -> impl Iterator<Item = &Url> {
    let state = settings.state_change.iter().map(|change| &change.url);
    std::iter::once(&settings.address).chain(settings.transports.values()).chain(state)
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address as it may be told: user, password and query may be secrets.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    // Only addresses without a host have no place for these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn unsendable(message: String) -> Trouble {
    Trouble { kind: TroubleKind::Unsendable, message }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    let kind = if error.is_timeout() { TroubleKind::TimedOut } else { TroubleKind::Unreachable };
    let message = match kind {
        TroubleKind::TimedOut => "there was no connection in time".to_owned(),
        _ => format!("the connection failed: {}", root_cause(error)),
    };
    Trouble { kind, message }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
