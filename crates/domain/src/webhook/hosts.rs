//! Which targets an administrator allows webhooks to have.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use regex::Regex;

/// What requests may be sent with and to.
#[derive(Debug, Clone)]
pub struct AllowedTargets {
    /// In any case.
    pub methods: Vec<String>,
    /// In any case.
    pub schemes: Vec<String>,
    /// Empty: any host, as far as the client that sends the request lets it pass.
    pub hosts: Vec<HostPattern>,
}

impl Default for AllowedTargets {
    /// POST over https.
    fn default() -> Self {
        Self { methods: vec!["POST".to_owned()], schemes: vec!["https".to_owned()], hosts: Vec::new() }
    }
}

impl AllowedTargets {
    /// Whether the list of hosts lets it pass; the host as in a URL, an IPv6 address in brackets.
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// Whether the list means this very host, or the network of this address, so that it may be a private one. What a
    /// wildcard or a regular expression matches is not meant: whoever owns the domain chooses where it leads.
    #[must_use]
    pub fn opens_private(&self, host: &str) -> bool {
        let is_exact = |pattern: &&HostPattern| matches!(pattern, HostPattern::Exact(_) | HostPattern::Network(_));
        self.hosts.iter().filter(is_exact).any(|pattern| pattern.matches(host))
    }
}

/// One entry of the list of allowed hosts.
#[derive(Debug, Clone)]
pub enum HostPattern {
    /// `example.org`
    Exact(String),
    /// `*.example.org`: one label more, as in certificates. Holds what follows the asterisk.
    Wildcard(String),
    /// `10.2.3.0/24`, for hosts that are IP addresses.
    Network(IpNet),
    /// `/.*\.example\.org/`, for the whole host.
    Regex {
        /// Between the slashes, as given.
        written: String,
        /// Anchored at both ends.
        whole: Regex,
    },
}

/// The entry is written like a regular expression, but is none.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{pattern} is not a valid regular expression")]
pub struct BadHostPattern {
    /// As given.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: regex::Error,
}

impl FromStr for HostPattern {
    type Err = BadHostPattern;

    fn from_str(pattern: &str) -> Result<Self, BadHostPattern> {
        let regex = pattern.strip_prefix('/').and_then(|pattern| pattern.strip_suffix('/'));
        if let Some(regex) = regex.filter(|regex| !regex.is_empty()) {
            // By itself first: `a)|(b` would become valid between our parentheses, and escape them.
            let whole = Regex::new(regex).and_then(|_| Regex::new(&format!(r"\A(?:{regex})\z")));
            let written = regex.to_owned();
            return match whole {
                Ok(whole) => Ok(Self::Regex { written, whole }),
                Err(source) => Err(BadHostPattern { pattern: pattern.to_owned(), source }),
            };
        }
        if let Ok(network) = pattern.parse() {
            return Ok(Self::Network(network));
        }
        Ok(match pattern.strip_prefix('*').filter(|domain| domain.starts_with('.')) {
            Some(domain) => Self::Wildcard(domain.to_ascii_lowercase()),
            None => Self::Exact(pattern.to_ascii_lowercase()),
        })
    }
}

impl HostPattern {
    /// The host as in a URL, an IPv6 address in brackets.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let address = || host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match self {
            Self::Exact(exact) => host == *exact || address().is_ok_and(|ip| exact.parse() == Ok(ip)),
            Self::Wildcard(domain) => {
                let label = host.strip_suffix(domain.as_str());
                label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
            }
            Self::Network(network) => address().is_ok_and(|ip| network.contains(&ip)),
            Self::Regex { whole, .. } => whole.is_match(&host),
        }
    }
}

/// As it was written.
impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Wildcard(domain) => write!(f, "*{domain}"),
            Self::Network(network) => network.fmt(f),
            Self::Regex { written, .. } => write!(f, "/{written}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let parsed: HostPattern = pattern.parse().unwrap();

        assert_eq!(parsed.to_string(), pattern);
        for host in matching {
            assert!(parsed.matches(host), "{pattern} should match {host}");
        }
        for host in other {
            assert!(!parsed.matches(host), "{pattern} should not match {host}");
        }
    }

    #[test]
    fn a_host_is_matched_in_any_case() {
        check("example.org", &["example.org", "EXAMPLE.org"], &["a.example.org", "example.org.evil"]);
        check("::1", &["[::1]"], &["[::2]"]);
    }

    #[test]
    fn an_asterisk_is_one_label() {
        check("*.example.org", &["a.example.org"], &["example.org", "a.b.example.org", ".example.org"]);
    }

    #[test]
    fn a_network_matches_addresses() {
        check("10.2.3.0/24", &["10.2.3.41"], &["10.2.4.41", "host"]);
        check("fd00::/8", &["[fd00::1]"], &["[::1]"]);
    }

    #[test]
    fn a_regular_expression_is_the_whole_host() {
        check(r"/ci\d+\.example\.org/", &["ci12.example.org"], &["xci1.example.org", "ci1.example.org.evil"]);
        check(r"/^a$|b/", &["a", "b"], &["ab", "b.evil"]);
        check("/a|ab/", &["a", "ab"], &["abc"]);
        assert!("/(/".parse::<HostPattern>().is_err());
        assert!("/a)|(b/".parse::<HostPattern>().is_err());
    }

    #[test]
    fn an_empty_list_allows_every_host_and_opens_none() {
        assert!(AllowedTargets::default().allows_host("example.org"));
        assert!(!AllowedTargets::default().opens_private("example.org"));
    }

    #[test]
    fn only_what_is_written_out_may_be_private() {
        let hosts = ["hooks.example.org", "*.example.com", "/.*/", "10.0.0.0/8", "127.0.0.1"];
        let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let targets = AllowedTargets { hosts, ..AllowedTargets::default() };

        for host in ["hooks.example.org", "10.1.2.3", "127.0.0.1"] {
            assert!(targets.opens_private(host), "{host}");
        }
        for host in ["a.example.com", "localhost", "127.0.0.2", "[::1]"] {
            assert!(targets.allows_host(host) && !targets.opens_private(host), "{host}");
        }
    }
}
