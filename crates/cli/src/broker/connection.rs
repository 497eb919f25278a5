//! The settings by which a server is reached: address, credentials, trust, patience.

use url::Url;

use super::root_cause;
use crate::outcome::Failure;

/// Where the server is and who asks. Named as the official command line client names them.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// Where the server is
    #[arg(
        short = 'b',
        long,
        env = "PACT_BROKER_BASE_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:9292"
    )]
    broker_base_url: String,

    /// Token to send as `Authorization: Bearer …`
    #[arg(short = 'k', long, env = "PACT_BROKER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    broker_token: Option<String>,

    /// User name for basic authentication
    #[arg(short = 'u', long, env = "PACT_BROKER_USERNAME", value_name = "NAME")]
    broker_username: Option<String>,

    /// Password for basic authentication
    #[arg(short = 'p', long, env = "PACT_BROKER_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    broker_password: Option<String>,

    /// File with further certificate authorities to trust (PEM); `SSL_CERT_FILE` is honoured as well
    #[arg(short = 'c', long, value_name = "FILE")]
    ssl_certificate: Option<std::path::PathBuf>,

    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) request_timeout: u64,

    /// How often to try again when the server can't be reached or is busy
    #[arg(long, env = "PACT_BROKER_HTTP_RETRIES", value_name = "TIMES", default_value = "4", value_parser = parse_retries)]
    pub(super) retries: u32,

    /// Tell about each request on standard error
    #[arg(short = 'v', long)]
    pub(super) verbose: bool,
}

#[derive(Debug)]
pub(super) enum Credentials {
    None,
    Bearer(String),
    Basic { username: String, password: String },
}

impl Connection {
    /// For a command whose flags have other names. Everything else is as it is without flags.
    pub(crate) fn to(
        url: &str,
        broker_token: Option<String>,
        broker_username: Option<String>,
        broker_password: Option<String>,
        verbose: bool,
    ) -> Self {
        Self {
            broker_base_url: url.to_owned(),
            broker_token,
            broker_username,
            broker_password,
            ssl_certificate: None,
            request_timeout: 60,
            retries: 4,
            verbose,
        }
    }

    /// The address, without credentials so that they turn up in no message, and the credentials.
    pub(super) fn server(&self) -> Result<(Url, Credentials), Failure> {
        let mut base = parse_base_url(&self.broker_base_url)?;
        let credentials = self.credentials(&base)?;
        let _ = base.set_username("");
        let _ = base.set_password(None);
        Ok((base, credentials))
    }

    /// The certificate authorities to trust beside the machine's.
    pub(super) fn certificates(&self) -> Result<Vec<reqwest::Certificate>, Failure> {
        let Some(path) = &self.ssl_certificate else { return Ok(Vec::new()) };
        let unusable = |why: String| Failure::usage(format!("--ssl-certificate {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(root_cause(&error)))?;
        if certificates.is_empty() {
            Err(unusable("there is no certificate in it".to_owned()))
        } else {
            Ok(certificates)
        }
    }

    /// Empty values count as absent: CI systems set variables for secrets that they withhold.
    fn credentials(&self, base: &Url) -> Result<Credentials, Failure> {
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        match (given(&self.broker_token), given(&self.broker_username)) {
            (Some(_), Some(_)) => Err(Failure::usage(
                "both a token and a user name are given: unset PACT_BROKER_TOKEN or PACT_BROKER_USERNAME",
            )),
            (Some(token), None) => Ok(Credentials::Bearer(token)),
            (None, Some(username)) => {
                Ok(Credentials::Basic { username, password: given(&self.broker_password).unwrap_or_default() })
            }
            (None, None) if !base.username().is_empty() => {
                let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
                Ok(Credentials::Basic {
                    username: decode(base.username()),
                    password: decode(base.password().unwrap_or_default()),
                })
            }
            (None, None) => Ok(Credentials::None),
        }
    }
}

pub(super) fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An empty variable means the default, as for the credentials.
fn parse_retries(given: &str) -> Result<u32, std::num::ParseIntError> {
    if given.is_empty() { Ok(4) } else { given.parse() }
}

fn parse_base_url(given: &str) -> Result<Url, Failure> {
    if given.trim().is_empty() {
        return Err(Failure::usage("the server's address is empty: set PACT_BROKER_BASE_URL (or --broker-base-url)"));
    }
    let wrong = |why: String| Failure::usage(format!("{given:?} is not the address of a server: {why}"));
    let mut base = Url::parse(given.trim()).map_err(|error| wrong(error.to_string()))?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(wrong("it has to start with http:// or https://".to_owned()));
    }
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path().trim_end_matches('/').to_owned();
    base.set_path(&path);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::outcome::Exit;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        connection: Connection,
    }

    fn server(arguments: &[&str]) -> Result<(Url, Credentials), Failure> {
        let arguments = ["pactolus"].iter().chain(arguments);
        Command::parse_from(arguments).connection.server()
    }

    #[test]
    fn an_address_without_a_scheme_is_wrong_usage() {
        for given in ["localhost:9292", "broker", "", "ftp://broker"] {
            assert_eq!(server(&["-b", given]).unwrap_err().exit, Exit::Usage, "{given}");
        }
    }

    #[test]
    fn credentials_in_the_address_are_used_and_not_shown() {
        let (base, credentials) = server(&["-b", "https://bob:s%40crit@broker"]).unwrap();

        assert!(
            matches!(&credentials, Credentials::Basic { username, password } if username == "bob" && password == "s@crit")
        );
        assert_eq!(base.as_str(), "https://broker/");
    }

    #[test]
    fn an_empty_variable_means_the_default() {
        assert_eq!(parse_retries(""), Ok(4));
        assert_eq!(parse_retries("0"), Ok(0));
        assert!(parse_retries("x").is_err());
    }

    #[test]
    fn an_empty_token_is_no_token_and_two_kinds_of_credentials_are_too_many() {
        assert!(matches!(server(&["-k", "", "-u", "bob"]).unwrap().1, Credentials::Basic { .. }));
        assert!(matches!(server(&["-k", "t", "-u", ""]).unwrap().1, Credentials::Bearer(_)));
        assert_eq!(server(&["-k", "t", "-u", "bob"]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_file_without_certificates_is_wrong_usage() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();

        let connection = Command::parse_from(["pactolus", "-c", path]).connection;

        assert_eq!(connection.certificates().unwrap_err().exit, Exit::Usage);
    }
}
