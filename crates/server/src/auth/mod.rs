//! Who asks, and what they may do. Credentials come from the settings; users and roles kept in the database come later.
//! Without any, whoever reaches the server is its local administrator: it listens on the loopback interface unless told
//! otherwise.

mod policy;

use std::fmt;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::edge::{Error, Principal};
use crate::tenants;

/// What somebody may do; each may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at everything, ask what is to be verified and whether something may be deployed.
    Read,
    /// What builds do.
    Write,
    /// What concerns everybody's data at once.
    Administrator,
}

/// Who may ask, and what may be asked by anybody. The default asks nobody to authenticate.
#[derive(Clone, Debug, Default)]
pub struct Access {
    credentials: Vec<Credential>,
    /// Everything may be read without credentials.
    pub public_read: bool,
    /// The heartbeat may be asked for without credentials.
    pub public_heartbeat: bool,
    /// Badges may be fetched without credentials.
    pub public_badges: bool,
}

/// Kept as a digest, so that nothing can print it.
#[derive(Clone)]
struct Credential {
    name: String,
    role: Role,
    scheme: Scheme,
    digest: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer,
}

impl Access {
    /// Lets in whoever sends this user name and password as basic authentication.
    pub fn let_in_user(&mut self, role: Role, name: &str, password: &str) {
        let digest = digest(format!("{name}:{password}").as_bytes());
        self.credentials.push(Credential { name: format!("user {name}"), role, scheme: Scheme::Basic, digest });
    }

    /// Lets in whoever sends this bearer token; `name` is for the audit log.
    pub fn let_in_token(&mut self, role: Role, name: &str, token: &str) {
        let digest = digest(token.as_bytes());
        self.credentials.push(Credential { name: name.to_string(), role, scheme: Scheme::Bearer, digest });
    }

    /// Whether anybody has to authenticate.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// Looks at every credential, so that the time taken tells nothing.
    fn find(&self, headers: &HeaderMap) -> Option<&Credential> {
        let (scheme, given) = given(headers)?;
        let digest = digest(&given);
        self.credentials.iter().fold(None, |found, known| {
            let same = known.scheme == scheme && bool::from(known.digest.ct_eq(&digest));
            if same { Some(known) } else { found }
        })
    }

    /// What clients are told to send. Those that wait for a challenge know basic authentication.
    fn challenge(&self) -> &'static str {
        if self.credentials.iter().any(|known| known.scheme == Scheme::Basic) {
            r#"Basic realm="Restricted area""#
        } else {
            r#"Bearer realm="Restricted area""#
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Credential").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The user name and password, or the token, of a request.
fn given(headers: &HeaderMap) -> Option<(Scheme, Vec<u8>)> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        return Some((Scheme::Basic, STANDARD.decode(rest).ok()?));
    }
    scheme.eq_ignore_ascii_case("bearer").then(|| (Scheme::Bearer, rest.as_bytes().to_vec()))
}

/// Finds out who asks, before anything else is looked at, and refuses what they may not do.
pub(crate) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let access = &app.settings.access;
    let (role, name) = if access.is_guarded() {
        match access.find(request.headers()) {
            Some(known) => (Some(known.role), known.name.as_str()),
            None => (None, "anybody"),
        }
    } else {
        (Some(Role::Administrator), "local administrator")
    };
    let path = request.uri().path();
    let may = role.is_some_and(|role| policy::needed(request.method(), path) <= role)
        || policy::is_public(access, request.method(), path);
    if !may {
        let was_sent = request.headers().contains_key(header::AUTHORIZATION);
        return refusal(access, role, was_sent).into_response();
    }
    request.extensions_mut().insert(Principal { tenant: tenants::DEFAULT, name: name.into() });
    // Whoever was let in without credentials may only look.
    request.extensions_mut().insert(role.unwrap_or(Role::Read));
    next.run(request).await
}

fn refusal(access: &Access, role: Option<Role>, was_sent: bool) -> Error {
    let text = match role {
        Some(Role::Write | Role::Administrator) => {
            return Error::Forbidden(
                "This concerns everybody's data at once: only the administrator's token may do it, set with \
                 --administrator-token",
            );
        }
        // Not 403: clients know it so.
        Some(Role::Read) => "These credentials may only read: use those of the read-write user",
        None if was_sent => "These credentials are wrong: check user name and password, or the token",
        None => "Credentials are needed: send a user name and password, or a token",
    };
    Error::Unauthorized { challenge: access.challenge(), text }
}
