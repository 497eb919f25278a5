//! The one way out: every request that the server sends goes through this client.
//!
//! Addresses of this machine and of private networks are refused, by name, by literal and after resolving, unless the
//! allow-list names that host or network. Redirects are not followed, no proxy is asked, answers are cut.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pactolus_domain::webhook::{AllowedTargets, is_reserved_header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::jobs;
use crate::settings::WebhookSettings;

#[cfg(test)]
mod hostile_tests;

/// How much of an answer is read.
const ANSWER_BYTES: usize = 64 * 1024;

/// The checked client; cheap to clone.
#[derive(Clone)]
pub(crate) struct Outgoing {
    client: Result<reqwest::Client, Arc<reqwest::Error>>,
    targets: Arc<AllowedTargets>,
}

/// Authorities whose certificates are trusted beside those of the machine's.
#[derive(Clone, Default)]
pub struct Certificates(Vec<reqwest::Certificate>);

/// Why no certificates can be read.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificates {
    /// Nothing in it is written between the lines of a certificate.
    #[error("there is no certificate in it: certificates begin with -----BEGIN CERTIFICATE-----")]
    None,
    /// One is broken.
    #[error("a certificate in it can't be read")]
    Broken(#[source] reqwest::Error),
}

impl Certificates {
    /// Reads one certificate after the other, in the PEM format.
    ///
    /// # Errors
    /// When there is none, or one that is broken.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadCertificates> {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(BadCertificates::Broken)?;
        if certificates.is_empty() {
            return Err(BadCertificates::None);
        }
        // Only a client looks into them.
        builder(Duration::ZERO).tls_certs_only(certificates.clone()).build().map_err(BadCertificates::Broken)?;
        Ok(Self(certificates))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.0.len())
    }
}

/// The addresses that a name leads to.
type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// How the addresses of a name are found.
type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// As the system does.
async fn look_up(host: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, 0)).await?.collect())
}

#[expect(clippy::disallowed_methods, reason = "this is the one checked client")]
fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("pactolus/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(timeout.min(Duration::from_secs(10)))
        .timeout(timeout)
}

/// What is sent.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) basic_auth: Option<(String, Option<String>)>,
    pub(crate) body: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// Cut after some tens of kilobytes.
    pub(crate) body: Bytes,
}

/// Why nothing came back. The messages never hold what was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the address is not a valid URL")]
    BadUrl,
    #[error("the scheme {0} is not allowed; the setting webhook-scheme-whitelist names those that are")]
    Scheme(String),
    #[error("the method {0} is not allowed; the setting webhook-http-method-whitelist names those that are")]
    Method(String),
    #[error("the host {0} is not on the list of allowed hosts (setting webhook-host-whitelist)")]
    Host(String),
    #[error("the host {0} is on this machine or in a private network; the setting webhook-host-whitelist can allow it")]
    PrivateHost(String),
    #[error("the request could not be built: {0}")]
    BadRequest(String),
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl Outgoing {
    pub(crate) fn new(settings: &WebhookSettings) -> Self {
        Self::with_lookup(settings, Arc::new(|host| Box::pin(look_up(host))))
    }

    fn with_lookup(settings: &WebhookSettings, lookup: Lookup) -> Self {
        let targets = Arc::new(settings.targets.clone());
        // Whoever waits for an answer must be done well before its lease runs out and another one sends it again.
        let timeout = settings.timeout.min(jobs::LEASE / 2);
        let resolver = Arc::new(PublicOnly { targets: Arc::clone(&targets), lookup });
        let builder = || builder(timeout).dns_resolver(Arc::clone(&resolver));
        let Certificates(own) = &settings.certificates;
        let client = match own.as_slice() {
            [] => builder().build(),
            // A machine without authorities of its own, as in small containers, may have these.
            _ => builder()
                .tls_certs_merge(own.clone())
                .build()
                .or_else(|_| builder().tls_certs_only(own.clone()).build()),
        };
        Self { client: client.map_err(Arc::new), targets }
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let url = self.check(&call)?;
        let client = self.client.as_ref().map_err(|error| CallError::NoAnswer(root(error.as_ref())))?;
        let method = reqwest::Method::from_bytes(call.method.to_uppercase().as_bytes());
        let method = method.map_err(|_| CallError::BadRequest("the method is not valid".into()))?;
        let mut request = client.request(method, url).body(call.body);
        for (name, value) in call.headers.iter().filter(|(name, _)| !is_reserved_header(name)) {
            let value = reqwest::header::HeaderValue::from_str(value)
                .map_err(|_| CallError::BadRequest(format!("the header {name} has characters that are not allowed")))?;
            request = request.header(name, value);
        }
        if let Some((username, password)) = call.basic_auth {
            request = request.basic_auth(username, password);
        }
        let mut response = request.send().await.map_err(|error| CallError::NoAnswer(root(&error.without_url())))?;
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let headers = headers.collect();
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() < ANSWER_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                // The status was received: an answer that breaks off afterwards is still one.
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(ANSWER_BYTES);
        Ok(Answer { status, headers, body: body.into() })
    }

    /// Literal addresses are checked here, as they never reach the resolver.
    fn check(&self, call: &Call) -> Result<Url, CallError> {
        let url = Url::parse(&call.url).map_err(|_| CallError::BadUrl)?;
        let host = url.host().ok_or(CallError::BadUrl)?;
        if !self.targets.schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case(url.scheme())) {
            return Err(CallError::Scheme(url.scheme().into()));
        }
        if !self.targets.methods.iter().any(|method| method.eq_ignore_ascii_case(&call.method)) {
            return Err(CallError::Method(call.method.clone()));
        }
        let name = url.host_str().unwrap_or_default().to_string();
        if !self.targets.allows_host(&name) {
            return Err(CallError::Host(name));
        }
        let literal = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        let private = literal.is_some_and(|address| !is_public(address));
        if private && !self.targets.opens_private(&name) {
            return Err(CallError::PrivateHost(name));
        }
        Ok(url)
    }
}

fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Leaves out private addresses unless the allow-list names the host or the address. The client connects to what this
/// returns and asks nobody again, so that a name can't lead elsewhere after it was checked.
struct PublicOnly {
    targets: Arc<AllowedTargets>,
    lookup: Lookup,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = Arc::clone(&self.targets);
        let host = name.as_str().to_string();
        let found = (self.lookup)(host.clone());
        Box::pin(async move {
            let named = targets.opens_private(&host);
            let may_call = |ip: IpAddr| named || is_public(ip) || targets.opens_private(&ip.to_string());
            let allowed: Vec<SocketAddr> = found.await?.into_iter().filter(|address| may_call(address.ip())).collect();
            if allowed.is_empty() {
                return Err(CallError::PrivateHost(host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Not this machine, not a private, shared, link-local, documentation, multicast or reserved network.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let special = matches!(
                (a, b, c),
                (0 | 10 | 127 | 224.., ..)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 168, _)
                    | (192, 0, 0 | 2)
                    | (192, 88, 99)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
            );
            !special
        }
        IpAddr::V6(address) => {
            if let Some(mapped) = address.to_ipv4_mapped() {
                return is_public(mapped.into());
            }
            let [first, second, ..] = address.segments();
            // Global unicast only. Within it 6to4 and Teredo can hide another address.
            let global = (0x2000..0x4000).contains(&first);
            let special = matches!(
                (first, second),
                // IETF protocol assignments with Teredo, documentation, 6to4, documentation again (RFC 9637).
                (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff)
            );
            global && !special
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, hosts: &[&str], allowed: bool) {
        let targets = AllowedTargets {
            hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
            ..AllowedTargets::default()
        };
        // Fails only when another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let outgoing = Outgoing::new(&WebhookSettings { targets, ..WebhookSettings::default() });
        let call =
            Call { method: "POST".into(), url: url.into(), headers: vec![], basic_auth: None, body: String::new() };

        assert_eq!(outgoing.check(&call).is_ok(), allowed, "{url}");
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "017700000001",
            "127.1",
            "127.0.0.1.",
            "0",
            "0.0.0.0",
            "[::]",
            "[fd00:ec2::254]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b:1::1]",
            "[2001:0:7f00:1::]",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fe80::1]",
            "[fd00::1]",
            "[2002:7f00:1::]",
            "[64:ff9b::7f00:1]",
            "192.88.99.1",
            "[2001::1]",
            "[2001:2::1]",
            "[2001:10::1]",
            "[2001:20::1]",
            "[2001:db8::1]",
            "[3fff::1]",
            "[3fff:fff::1]",
            "[5f00::1]",
            "[100::1]",
            "[::7f00:1]",
        ] {
            check(&format!("https://{host}/"), &[], false);
        }
    }

    #[test]
    fn public_addresses_and_names_are_allowed() {
        check("https://93.184.216.34/", &[], true);
        check("https://[2606:2800:220:1::1]/", &[], true);
        check("https://[2001:4860::1]/", &[], true);
        check("https://hooks.example.org/x", &[], true);
    }

    #[test]
    fn the_list_of_hosts_opens_what_it_names_and_closes_the_rest() {
        check("https://127.0.0.1:8080/", &["127.0.0.1"], true);
        check("https://10.1.2.3/", &["10.0.0.0/8"], true);
        check("https://hooks.example.org/", &["127.0.0.1"], false);
    }

    #[test]
    fn patterns_do_not_open_private_networks() {
        check("https://127.0.0.1/", &["/.*/"], false);
        check("https://10.1.2.3/", &["*.2.3", "/10.*/"], false);
        check("https://93.184.216.34/", &["/93.*/"], true);
    }

    #[test]
    fn other_schemes_are_refused() {
        check("http://hooks.example.org/", &[], false);
        check("file:///etc/passwd", &[], false);
    }

    async fn localhost_resolves(hosts: &[&str]) -> bool {
        let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let targets = Arc::new(AllowedTargets { hosts, ..AllowedTargets::default() });
        PublicOnly { targets, lookup: Arc::new(|host| Box::pin(look_up(host))) }
            .resolve("localhost".parse().unwrap())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_after_resolving() {
        assert!(!localhost_resolves(&[]).await);
        assert!(!localhost_resolves(&["/local.*/"]).await);
        assert!(!localhost_resolves(&["/.*/", "10.0.0.0/8"]).await);
    }

    #[tokio::test]
    async fn a_name_leads_to_this_machine_when_it_or_the_address_is_on_the_list() {
        assert!(localhost_resolves(&["localhost"]).await);
        assert!(localhost_resolves(&["/local.*/", "127.0.0.0/8", "::1/128"]).await);
    }

    #[tokio::test]
    async fn headers_of_the_connection_are_not_sent() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let reading = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut received = Vec::new();
            while !received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            String::from_utf8(received).unwrap().to_lowercase()
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let targets = AllowedTargets {
            schemes: vec!["http".into()],
            hosts: vec!["127.0.0.1".parse().unwrap()],
            ..AllowedTargets::default()
        };
        let outgoing = Outgoing::new(&WebhookSettings { targets, ..WebhookSettings::default() });
        let headers = [("host", "other.example"), ("transfer-encoding", "chunked"), ("x-team", "shop")];
        let headers = headers.map(|(name, value)| (name.into(), value.into())).to_vec();

        let call = Call { method: "POST".into(), url, headers, basic_auth: None, body: String::new() };
        let answer = outgoing.send(call).await.unwrap();

        let received = reading.await.unwrap();
        assert_eq!(answer.status, 204);
        assert!(received.contains("x-team: shop"), "{received}");
        assert!(!received.contains("other.example") && !received.contains("chunked"), "{received}");
    }
}
