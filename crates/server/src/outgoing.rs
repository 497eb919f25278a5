//! The one way out: every request that the server sends goes through this client.
//!
//! Addresses of this machine and of private networks are refused, by name, by literal and after resolving, unless the
//! allow-list names the host. Redirects are not followed, no proxy is asked, answers are cut.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pactolus_domain::webhook::AllowedTargets;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::settings::WebhookSettings;

/// How much of an answer is read.
const ANSWER_BYTES: usize = 64 * 1024;

/// The checked client; cheap to clone.
#[derive(Clone)]
pub(crate) struct Outgoing {
    client: Result<reqwest::Client, Arc<reqwest::Error>>,
    targets: Arc<AllowedTargets>,
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
    #[expect(clippy::disallowed_methods, reason = "this is the one checked client")]
    pub(crate) fn new(settings: &WebhookSettings) -> Self {
        let targets = Arc::new(settings.targets.clone());
        let client = reqwest::Client::builder()
            .user_agent(concat!("pactolus/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(settings.timeout.min(Duration::from_secs(10)))
            .timeout(settings.timeout)
            .dns_resolver(PublicOnly { targets: Arc::clone(&targets) })
            .build();
        Self { client: client.map_err(Arc::new), targets }
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let url = self.check(&call)?;
        let client = self.client.as_ref().map_err(|error| CallError::NoAnswer(root(error.as_ref())))?;
        let method = reqwest::Method::from_bytes(call.method.to_uppercase().as_bytes());
        let method = method.map_err(|_| CallError::BadRequest("the method is not valid".into()))?;
        let mut request = client.request(method, url).body(call.body);
        for (name, value) in &call.headers {
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
        if private && self.targets.hosts.is_empty() {
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

/// Resolves as the system does, and leaves out private addresses of hosts that the allow-list does not name.
struct PublicOnly {
    targets: Arc<AllowedTargets>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let named = !self.targets.hosts.is_empty() && self.targets.allows_host(name.as_str());
        Box::pin(async move {
            let host = name.as_str().to_string();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| named || is_public(address.ip())).collect();
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
            let first = address.segments()[0];
            // Global unicast only, without 6to4, Teredo and documentation, which can hide another address.
            let global = (0x2000..0x4000).contains(&first);
            global && first != 0x2002 && !(first == 0x2001 && matches!(address.segments()[1], 0 | 0x0db8))
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
            "0",
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
        ] {
            check(&format!("https://{host}/"), &[], false);
        }
    }

    #[test]
    fn public_addresses_and_names_are_allowed() {
        check("https://93.184.216.34/", &[], true);
        check("https://[2606:2800:220:1::1]/", &[], true);
        check("https://hooks.example.org/x", &[], true);
    }

    #[test]
    fn the_list_of_hosts_opens_what_it_names_and_closes_the_rest() {
        check("https://127.0.0.1:8080/", &["127.0.0.1"], true);
        check("https://10.1.2.3/", &["10.0.0.0/8"], true);
        check("https://hooks.example.org/", &["127.0.0.1"], false);
    }

    #[test]
    fn other_schemes_are_refused() {
        check("http://hooks.example.org/", &[], false);
        check("file:///etc/passwd", &[], false);
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_after_resolving() {
        let resolver = PublicOnly { targets: Arc::new(AllowedTargets::default()) };

        let found = resolver.resolve("localhost".parse().unwrap()).await;

        assert!(found.is_err());
    }
}
