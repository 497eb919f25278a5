//! A small client of the Pact Broker's API: finds addresses through the links of the index, repeats what failed in
//! passing, and turns what a server can answer into words. Works with any Pact Broker, not only with Pactolus.

mod connection;
mod messages;

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode, header};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use url::Url;

use crate::outcome::{Exit, Failure};
use crate::terminal::remark;
pub(crate) use connection::Connection;
use connection::{Credentials, is_this_machine};
use messages::explanations;
pub(crate) use messages::notices;

/// Everything but RFC 3986's unreserved characters, as Pact Brokers encode path segments.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Whether sending a request twice does no more than sending it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Any passing failure is a reason to try again.
    Safe,
    /// Try again only where the server can't have acted on it.
    OnlyIfNotTaken,
}

/// An answer of the server in JSON (null where it sent none), of a status that commands look at themselves:
/// 2xx, or a 4xx other than 401, 403 and 429.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The same as it was sent, with all digits of its numbers.
    pub(crate) text: String,
}

/// What is sent.
#[derive(Clone)]
enum Sent<'a> {
    Json(&'a Value),
    Lines(bytes::Bytes),
}

/// A Pact Broker.
#[derive(Debug)]
pub(crate) struct Broker {
    client: reqwest::Client,
    base: Url,
    credentials: Credentials,
    retries: u32,
    verbose: bool,
}

impl Broker {
    /// Reads the settings; connects to nothing yet. Fails on a wrong address and on contradictory credentials.
    pub(crate) fn open(connection: &Connection) -> Result<Self, Failure> {
        let (base, credentials) = connection.server()?;
        let client = client(connection, &base)?;
        Ok(Self { client, base, credentials, retries: connection.retries, verbose: connection.verbose })
    }

    /// The server as the user named it.
    fn name(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The address that a link relation of the index leads to, its template filled in.
    pub(crate) async fn relation(&self, relation: &str, words: &[(&str, &str)]) -> Result<Url, Failure> {
        let index = self.get(&self.base).await?;
        if !index.status.is_success() || !index.body["_links"].is_object() {
            return Err(Failure::new(
                Exit::NotAsked,
                "not-understood",
                format!("{} is not a Pact Broker: its index has no links", self.name()),
            )
            .with_status(index.status.as_u16()));
        }
        let href = index.body["_links"][relation]["href"].as_str().ok_or_else(|| {
            let message = format!("{} does not offer {relation}; is it an old Pact Broker?", self.name());
            Failure::new(Exit::NotAsked, "not-understood", message)
        })?;
        self.address(&expand(href, words)?)
    }

    /// A link's address. Only its path and query count, since the server may be known to us by another host name
    /// (and credentials go nowhere but to the configured address).
    pub(crate) fn address(&self, href: &str) -> Result<Url, Failure> {
        let link = self.base.join(href).map_err(|error| {
            Failure::new(Exit::NotAsked, "not-understood", format!("the server sent a broken link, {href:?}: {error}"))
        })?;
        let prefix = self.base.path().trim_end_matches('/');
        let below_prefix =
            link.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let path = if below_prefix { link.path().to_owned() } else { format!("{prefix}{}", link.path()) };

        let mut address = self.base.clone();
        address.set_path(&path);
        address.set_query(link.query());
        Ok(address)
    }

    /// The matrix, which clients find by its path: no link leads there.
    pub(crate) fn matrix(&self, query: &str) -> Url {
        let mut address = self.below("matrix");
        address.set_query(Some(query));
        address
    }

    /// An address that is known by its path.
    pub(crate) fn below(&self, path: &str) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        address
    }

    pub(crate) async fn get(&self, url: &Url) -> Result<Answer, Failure> {
        self.send(&Method::GET, url, None, Repeat::Safe).await
    }

    pub(crate) async fn post(&self, url: &Url, body: &Value, repeat: Repeat) -> Result<Answer, Failure> {
        self.send(&Method::POST, url, Some(Sent::Json(body)), repeat).await
    }

    pub(crate) async fn put(&self, url: &Url, body: &Value) -> Result<Answer, Failure> {
        self.send(&Method::PUT, url, Some(Sent::Json(body)), Repeat::Safe).await
    }

    /// Done twice, the second answer is that nothing is there.
    pub(crate) async fn delete(&self, url: &Url) -> Result<Answer, Failure> {
        self.send(&Method::DELETE, url, None, Repeat::OnlyIfNotTaken).await
    }

    /// Lines of JSON; sending them twice does no more than sending them once.
    pub(crate) async fn post_lines(&self, url: &Url, lines: String) -> Result<Answer, Failure> {
        self.send(&Method::POST, url, Some(Sent::Lines(lines.into())), Repeat::Safe).await
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<Sent<'_>>,
        repeat: Repeat,
    ) -> Result<Answer, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 0.. {
            let sent = self.request(method, url, body.clone()).send().await;
            if self.verbose {
                let result = sent.as_ref().map_or_else(|error| root_cause(error), |answer| answer.status().to_string());
                remark(&format!("{method} {url} → {result}\n"));
            }
            let why = match &sent {
                Err(error) if may_repeat_error(error, repeat) => root_cause(error),
                Ok(answer) if may_repeat_status(answer.status(), repeat) => answer.status().to_string(),
                _ => return self.read(url, sent).await,
            };
            if attempt >= self.retries {
                return self.read(url, sent).await;
            }

            let wanted = sent.ok().and_then(|answer| retry_after(answer.headers()));
            let wait = wanted.unwrap_or(pause).min(LONGEST_PAUSE);
            let (next, retries) = (attempt + 1, self.retries);
            remark(&format!(
                "{}: {why}; trying again in {} s ({next} of {retries})\n",
                self.name(),
                wait.as_secs_f32()
            ));
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        unreachable!("the loop above only ends by returning")
    }

    fn request(&self, method: &Method, url: &Url, body: Option<Sent<'_>>) -> reqwest::RequestBuilder {
        // Problem documents are not asked for: in Pact Brokers they carry less than the classic bodies (no notices).
        let request = self
            .client
            .request(method.clone(), url.clone())
            .header(header::ACCEPT, "application/hal+json, application/json");
        let request = match &self.credentials {
            Credentials::None => request,
            Credentials::Bearer(token) => request.bearer_auth(token),
            Credentials::Basic { username, password } => request.basic_auth(username, Some(password)),
        };
        match body {
            Some(Sent::Json(body)) => request.json(body),
            Some(Sent::Lines(lines)) => request.header(header::CONTENT_TYPE, "application/x-ndjson").body(lines),
            None => request,
        }
    }

    async fn read(&self, url: &Url, sent: reqwest::Result<reqwest::Response>) -> Result<Answer, Failure> {
        let response = sent.map_err(|error| self.not_reached(&error))?;
        let status = response.status();
        let content_type = header_text(response.headers(), header::CONTENT_TYPE);
        let location = header_text(response.headers(), header::LOCATION);
        let bytes = response.bytes().await.map_err(|error| self.not_reached(&error))?;
        let body = if bytes.is_empty() { Ok(Value::Null) } else { parsed(&bytes) };
        let text = String::from_utf8_lossy(&bytes).into_owned();

        let not_asked = |kind, message: String| {
            let details = body.as_ref().map(explanations).unwrap_or_default();
            Err(Failure::new(Exit::NotAsked, kind, message).with_details(details).with_status(status.as_u16()))
        };
        match status {
            StatusCode::UNAUTHORIZED => not_asked("unauthorised", self.unauthorised_message()),
            StatusCode::FORBIDDEN => not_asked(
                "forbidden",
                format!("{url} is not for these credentials (403): use a token or a user that may do this"),
            ),
            _ if status.is_redirection() => not_asked(
                "not-understood",
                format!(
                    "{url} redirects to {location}: set PACT_BROKER_BASE_URL (or --broker-base-url) to the final address"
                ),
            ),
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                not_asked("server-error", format!("{url} answered {status}"))
            }
            _ => match body {
                Ok(body) => Ok(Answer { status, body, text }),
                Err(_) if status.is_client_error() => Ok(Answer { status, body: Value::Null, text }),
                Err(_) => not_asked(
                    "not-understood",
                    format!(
                        "{url} answered {status} with {content_type}, not with JSON: is there a Pact Broker at that \
                         address, or a proxy or a log-in page before it?"
                    ),
                ),
            },
        }
    }

    fn unauthorised_message(&self) -> String {
        match self.credentials {
            Credentials::None => format!(
                "{} wants to know who asks (401): set PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and \
                 PACT_BROKER_PASSWORD",
                self.name()
            ),
            Credentials::Bearer(_) => {
                format!("{} does not accept the token (401): check PACT_BROKER_TOKEN (or --broker-token)", self.name())
            }
            Credentials::Basic { .. } => format!(
                "{} does not accept the user name and password (401): check PACT_BROKER_USERNAME and \
                 PACT_BROKER_PASSWORD",
                self.name()
            ),
        }
    }

    fn not_reached(&self, error: &reqwest::Error) -> Failure {
        let base = self.name();
        let cause = root_cause(error);
        if error.is_timeout() && !error.is_connect() {
            return Failure::new(
                Exit::NotAsked,
                "timeout",
                format!("{base} did not answer in time; --request-timeout allows it longer"),
            );
        }
        let advice = if cause.contains("certificate") {
            "Is it signed by an authority of your own? Then name its file with --ssl-certificate."
        } else {
            "Is the server running there, and is PACT_BROKER_BASE_URL (or --broker-base-url) right?"
        };
        Failure::new(Exit::NotAsked, "unreachable", format!("could not reach {base}: {cause}. {advice}"))
    }
}

impl Answer {
    /// The body of a success. Else what the server said no to: exit 2 where it calls the input invalid, 1 otherwise.
    pub(crate) fn accepted(self, what: &str) -> Result<Value, Failure> {
        if self.status.is_success() { Ok(self.body) } else { Err(self.refusal(what)) }
    }

    /// Why the server said no to `what`.
    pub(crate) fn refusal(&self, what: &str) -> Failure {
        let invalid = matches!(
            self.status,
            StatusCode::BAD_REQUEST
                | StatusCode::UNPROCESSABLE_ENTITY
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
        let (exit, kind) = match self.status {
            _ if invalid => (Exit::Usage, "rejected"),
            StatusCode::NOT_FOUND => (Exit::No, "missing"),
            _ => (Exit::No, "refused"),
        };
        let mut details = explanations(&self.body);
        for notice in notices(&self.body) {
            if !details.contains(&notice.text) {
                details.push(notice.text);
            }
        }
        Failure::new(exit, kind, format!("{what}: the server answered {}", self.status))
            .with_details(details)
            .with_status(self.status.as_u16())
    }
}

fn client(connection: &Connection, base: &Url) -> Result<reqwest::Client, Failure> {
    let timeout = Duration::from_secs(connection.request_timeout);
    let builder = || {
        #[expect(clippy::disallowed_methods, reason = "the one place of the command line that makes an HTTP client")]
        let builder = reqwest::Client::builder()
            .user_agent(concat!("pactolus/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            // Following one would turn a POST into a GET and may carry credentials elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        // No proxy leads back to this machine.
        if is_this_machine(base) { builder.no_proxy() } else { builder }
    };

    let certificates = connection.certificates()?;
    let client = match base.scheme() {
        // Needs none, so that it works where the machine has none, as in small containers.
        "http" => builder().tls_certs_only([]).build(),
        _ if certificates.is_empty() => builder().build(),
        _ => {
            let beside_the_machines = builder().tls_certs_merge(certificates.clone()).build();
            beside_the_machines.or_else(|_| builder().tls_certs_only(certificates).build())
        }
    };
    client.map_err(|error| {
        let message = format!(
            "can't check certificates: {}. Install the machine's certificate authorities (ca-certificates), or name \
             a file with --ssl-certificate",
            root_cause(&error)
        );
        Failure::new(Exit::NotAsked, "unreachable", message)
    })
}

/// What was sent; of a document that holds more than can be read (numbers beyond all measure, nesting without end), which
/// a contract may, only its links.
fn parsed(bytes: &[u8]) -> serde_json::Result<Value> {
    #[derive(serde::Deserialize)]
    struct Linked<'a> {
        #[serde(borrow, rename = "_links")]
        links: &'a RawValue,
    }

    serde_json::from_slice(bytes).or_else(|error| {
        let linked: Linked<'_> = serde_json::from_slice(bytes).map_err(|_| error)?;
        let links: Value = serde_json::from_str(linked.links.get())?;
        Ok(json!({ "_links": links }))
    })
}

/// Fills in `{word}`s, each as one path segment.
fn expand(template: &str, words: &[(&str, &str)]) -> Result<String, Failure> {
    let mut href = template.to_owned();
    for (word, value) in words {
        if matches!(*value, "" | "." | "..") {
            return Err(Failure::usage(format!("{value:?} can't be a {word}: no address can be made of it")));
        }
        href = href.replace(&format!("{{{word}}}"), &encode(value));
    }
    Ok(href)
}

/// Percent-encodes a name so that it is one path segment or one query value.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

fn may_repeat_error(error: &reqwest::Error, repeat: Repeat) -> bool {
    // A certificate that is wrong now stays wrong.
    let lasting = error.is_timeout() || error.is_builder() || root_cause(error).contains("certificate");
    !lasting && (error.is_connect() || repeat == Repeat::Safe)
}

fn may_repeat_status(status: StatusCode, repeat: Repeat) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => repeat == Repeat::Safe,
        _ => false,
    }
}

/// The pause that the server asks for. A date is not read: the usual pause serves.
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn header_text(headers: &header::HeaderMap, name: header::HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or("nothing").to_owned()
}

/// The innermost error says what happened; those around it say only that something did.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        connection: Connection,
    }

    fn open(arguments: &[&str]) -> Result<Broker, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let arguments = ["pactolus"].iter().chain(arguments);
        Broker::open(&Command::parse_from(arguments).connection)
    }

    fn check_address(base: &str, href: &str, expected: &str) {
        assert_eq!(open(&["-b", base]).unwrap().address(href).unwrap().as_str(), expected);
    }

    #[test]
    fn a_link_keeps_its_path_and_query_but_goes_to_the_configured_host() {
        check_address("http://a:1", "https://public/x%2Fy/z?q=1", "http://a:1/x%2Fy/z?q=1");
        check_address("http://a:1/", "/x", "http://a:1/x");
    }

    #[test]
    fn a_link_keeps_the_path_below_which_the_server_stands() {
        check_address("http://a/pacts/", "http://b/pacts/x", "http://a/pacts/x");
        check_address("http://a/pacts", "http://b/x", "http://a/pacts/x");
        check_address("http://a/pact", "http://b/pacts/provider", "http://a/pact/pacts/provider");
    }

    #[test]
    fn template_words_become_one_segment_each() {
        let words = [("pacticipant", "Zoë/ß + ?#"), ("version", "1.0/β")];

        let href = expand("/pacticipants/{pacticipant}/versions/{version}", &words).unwrap();

        assert_eq!(href, "/pacticipants/Zo%C3%AB%2F%C3%9F%20%2B%20%3F%23/versions/1.0%2F%CE%B2");
    }

    #[test]
    fn a_name_that_would_walk_up_the_path_is_refused() {
        assert_eq!(expand("/x/{name}", &[("name", "..")]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn invalid_input_is_wrong_usage_and_a_conflict_is_a_no() {
        let exit = |status| Answer { status, body: Value::Null, text: String::new() }.refusal("x").exit;

        assert_eq!(exit(StatusCode::BAD_REQUEST), Exit::Usage);
        assert_eq!(exit(StatusCode::CONFLICT), Exit::No);
        assert_eq!(exit(StatusCode::NOT_FOUND), Exit::No);
    }

    #[test]
    fn what_may_have_been_done_is_not_repeated_unless_that_is_safe() {
        assert!(may_repeat_status(StatusCode::SERVICE_UNAVAILABLE, Repeat::OnlyIfNotTaken));
        assert!(!may_repeat_status(StatusCode::BAD_GATEWAY, Repeat::OnlyIfNotTaken));
        assert!(may_repeat_status(StatusCode::BAD_GATEWAY, Repeat::Safe));
        assert!(!may_repeat_status(StatusCode::INTERNAL_SERVER_ERROR, Repeat::Safe));
    }
}
