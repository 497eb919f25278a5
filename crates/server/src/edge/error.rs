//! The one error of the edge. It is rendered in the Pact Broker's classic shapes, or as problem details (RFC 9457) for
//! clients that ask for them. A client learns what to change; the log keeps the cause.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Map, Value, json};

use super::accept::{JSON, wants_problem};
use super::body::WHOLE_BODY;
use super::{BaseUrl, Hal};
use crate::app::{App, random_bytes};

type Cause = Box<dyn StdError + Send + Sync>;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Error {
    /// Nothing is at this address.
    NotFound,
    /// `role` is the word for what was looked for: pacticipant, consumer, provider.
    NoSuchPacticipant {
        role: &'static str,
        name: String,
    },
    /// Something named in the address is missing, said in a sentence.
    Missing(String),
    BadPath(&'static str),
    EmptyPathComponent,
    UnprocessablePath(&'static str),
    MethodNotAllowed,
    /// Credentials are missing, wrong, or not enough.
    Unauthorized {
        challenge: &'static str,
        text: &'static str,
    },
    /// Only administrators may do it, and these credentials are not theirs.
    Forbidden(&'static str),
    /// A page from elsewhere made a browser send it.
    ForeignOrigin {
        origin: String,
    },
    NotAcceptable {
        offers: &'static [&'static str],
    },
    UnsupportedMediaType {
        accepted: &'static str,
    },
    /// The body is compressed in a way that is not read here.
    UnsupportedEncoding,
    TooLarge {
        limit_bytes: usize,
        /// The one that raises the limit.
        setting: &'static str,
    },
    /// The connection broke before the body was complete.
    BrokenBody,
    /// The body did not come in time.
    SlowBody {
        patience: Duration,
    },
    NotUtf8(String),
    MalformedJson(String),
    /// What is wrong with the body or the parameters, by field.
    Invalid(Problems),
    /// What is wrong with a query, without fields.
    InvalidQuery(Vec<String>),
    Unprocessable(Problems),
    Conflict(String),
    /// A conflict told in plain text, as the check for similar names is.
    ConflictText(String),
    /// A refused publication: notices that clients print.
    Refused {
        notices: Vec<Value>,
        errors: Vec<String>,
    },
    /// Nothing is wrong with the request; it can be sent again.
    Unavailable(Cause),
    /// Other changes to the same things came between; done once more, it finds them as they are now.
    Overtaken(Cause),
    Internal(Cause),
}

impl Error {
    pub(crate) fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(Problem::at(field, message).into())
    }

    /// Whether the client can do something about it.
    pub(crate) fn is_of_client(&self) -> bool {
        self.status().is_client_error()
    }

    /// Logs why a part of a page could not be made while the rest is shown; gives the reference to it.
    pub(crate) fn log(&self, part: &str) -> String {
        let reference = base32(random_bytes());
        let cause = match self {
            Self::Internal(cause) | Self::Unavailable(cause) | Self::Overtaken(cause) => in_full(cause.as_ref()),
            other => other.detail(),
        };
        tracing::error!(error.reference = %reference, "{part} could not be shown: {cause}");
        reference
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoSuchPacticipant { .. } | Self::Missing(_) | Self::EmptyPathComponent => {
                StatusCode::NOT_FOUND
            }
            Self::BadPath(_)
            | Self::BrokenBody
            | Self::NotUtf8(_)
            | Self::MalformedJson(_)
            | Self::Invalid(_)
            | Self::InvalidQuery(_) => StatusCode::BAD_REQUEST,
            Self::UnprocessablePath(_) | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::ForeignOrigin { .. } => StatusCode::FORBIDDEN,
            Self::NotAcceptable { .. } => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType { .. } | Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) | Self::ConflictText(_) | Self::Refused { .. } => StatusCode::CONFLICT,
            Self::Unavailable(_) | Self::Overtaken(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong, in a sentence for the client; without the cause of what is our own fault.
    fn detail(&self) -> String {
        match self {
            Self::NotFound => "The requested document was not found on this server.".into(),
            Self::NoSuchPacticipant { role, name } => format!("No {role} with name '{name}' found"),
            Self::EmptyPathComponent => "Empty path component found".into(),
            Self::BadPath(text)
            | Self::UnprocessablePath(text)
            | Self::Forbidden(text)
            | Self::Unauthorized { text, .. } => (*text).into(),
            Self::MethodNotAllowed => {
                "This address does not take that method; the Allow header names those it takes".into()
            }
            Self::ForeignOrigin { origin } => format!(
                "A page of {origin} may not change anything here; if that is this server's public address, set it as \
                 base URL"
            ),
            Self::NotAcceptable { offers } => format!("This address serves {}: name one in Accept", offers.join(", ")),
            Self::UnsupportedMediaType { accepted } => {
                format!("This address reads {accepted}: send that as Content-Type")
            }
            Self::UnsupportedEncoding => {
                "This address reads bodies as they are or as gzip: leave Content-Encoding out, or send gzip".into()
            }
            Self::TooLarge { limit_bytes, setting } => format!(
                "The request body is larger than {limit_bytes} bytes; send less, or raise the server's limit ({setting})"
            ),
            Self::BrokenBody => "The request body ended before it was complete".into(),
            Self::SlowBody { patience } => format!(
                "The request body did not arrive in time: no pause may be longer than {patience:?}, the whole not longer \
                 than {:?}; the server's patience can be raised",
                *patience * WHOLE_BODY
            ),
            Self::MalformedJson(text) => format!("The request body is not valid JSON: {text}"),
            Self::Missing(text) | Self::NotUtf8(text) | Self::Conflict(text) | Self::ConflictText(text) => text.clone(),
            Self::Invalid(problems) | Self::Unprocessable(problems) => problems.to_string(),
            Self::InvalidQuery(messages) | Self::Refused { errors: messages, .. } => messages.join("; "),
            Self::Unavailable(_) => "The server is busy or its database is not reachable; try again".into(),
            Self::Overtaken(_) => "Changes to the same things came between again and again; try again".into(),
            Self::Internal(_) => "An error has occurred. The details have been logged".into(),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::NotFound => "404 Not Found".into(),
            Self::NoSuchPacticipant { .. } | Self::Missing(_) => "Not found".into(),
            Self::EmptyPathComponent => "Not Found".into(),
            Self::Invalid(_) | Self::InvalidQuery(_) | Self::Unprocessable(_) => "Validation errors".into(),
            Self::UnprocessablePath(_) => "Unprocessable".into(),
            Self::Unavailable(_) | Self::Overtaken(_) | Self::Internal(_) => "Server error".into(),
            other => other.status().canonical_reason().unwrap_or("Error").into(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::NotFound | Self::NoSuchPacticipant { .. } | Self::Missing(_) | Self::EmptyPathComponent => {
                "/problem/not-found"
            }
            Self::Invalid(_) | Self::InvalidQuery(_) | Self::Unprocessable(_) => "/problems/validation-error",
            Self::UnprocessablePath(_) => "/problem/invalid-request-parameter-value",
            Self::BadPath(_) | Self::BrokenBody => "/problem/invalid-request",
            // Misnamed, but what clients know.
            Self::NotUtf8(_)
            | Self::MalformedJson(_)
            | Self::Conflict(_)
            | Self::ConflictText(_)
            | Self::Refused { .. } => "/problem/server-error",
            Self::MethodNotAllowed => "/problem/method-not-allowed",
            Self::Unauthorized { .. } => "/problem/unauthorized",
            Self::Forbidden(_) => "/problem/forbidden",
            Self::ForeignOrigin { .. } => "/problem/foreign-origin",
            Self::NotAcceptable { .. } => "/problem/not-acceptable",
            Self::UnsupportedMediaType { .. } | Self::UnsupportedEncoding => "/problem/unsupported-media-type",
            Self::TooLarge { .. } => "/problem/too-large",
            Self::SlowBody { .. } => "/problem/request-timeout",
            Self::Unavailable(_) | Self::Overtaken(_) | Self::Internal(_) => "/problems/server-error",
        }
    }

    fn classic(&self, reference: Option<&str>) -> Hal {
        let body = match self {
            Self::Invalid(problems) | Self::Unprocessable(problems) => json!({"errors": by_field(problems)}),
            Self::InvalidQuery(messages) => json!({"errors": messages}),
            Self::Refused { notices, errors } => json!({"notices": notices, "errors": {"contracts": errors}}),
            Self::Internal(_) => {
                let reference = reference.unwrap_or_default();
                json!({"error": {"message": format!("{} with the reference {reference}", self.detail()), "reference": reference}})
            }
            _ => json!({"error": self.detail()}),
        };
        let answer = Hal::ok(&body).status(self.status());
        match self {
            Self::NotFound | Self::Refused { .. } => answer.offered_as(JSON),
            _ => answer,
        }
    }

    fn problem(&self, base: &str, reference: Option<&str>) -> Value {
        let detail = match reference {
            Some(reference) => format!("{} with the reference {reference}", self.detail()),
            None => self.detail(),
        };
        let mut body = Map::new();
        body.insert("title".into(), self.title().into());
        body.insert("type".into(), format!("{base}{}", self.kind()).into());
        body.insert("status".into(), self.status().as_u16().into());
        let errors: Vec<Value> = match self {
            Self::Invalid(problems) | Self::Unprocessable(problems) => problems.0.iter().map(|problem| problem_of(base, problem)).collect(),
            Self::InvalidQuery(messages) => messages
                .iter()
                .map(|message| json!({"type": format!("{base}/problems/invalid-body-property-value"), "title": "Invalid query parameter", "detail": message}))
                .collect(),
            _ => {
                body.insert("detail".into(), detail.into());
                Vec::new()
            }
        };
        if !errors.is_empty() {
            body.insert("instance".into(), "/".into());
            body.insert("errors".into(), errors.into());
        }
        if let Self::Refused { notices, .. } = self {
            body.insert("notices".into(), notices.clone().into());
        }
        Value::Object(body)
    }
}

fn by_field(problems: &Problems) -> Map<String, Value> {
    problems.by_field().into_iter().map(|(field, messages)| (field, messages.into())).collect()
}

fn problem_of(base: &str, problem: &Problem) -> Value {
    let mut body = json!({
        "type": format!("{base}/problems/{}", problem.kind()),
        "title": "Invalid body parameter",
        "detail": problem.message,
    });
    if !problem.path.is_empty() {
        body["pointer"] = problem.pointer().into();
    }
    body
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem.into())
    }
}

/// What passes by itself is told apart from what does not: clients repeat a 503.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Unavailable(error.into()),
            // What was there a moment ago.
            sqlx::Error::RowNotFound => Self::Overtaken(error.into()),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // Serialization failure, deadlock; or what a new row refers to was deleted meanwhile.
                Some("40001" | "40P01" | "23503") => Self::Overtaken(error.into()),
                // Too many connections, starting up or shutting down.
                Some("53300" | "57P01" | "57P02" | "57P03") => Self::Unavailable(error.into()),
                _ => Self::Internal(error.into()),
            },
            _ => Self::Internal(error.into()),
        }
    }
}

/// What a page says about an error: it stands on each answer that tells one.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// In a sentence, as programs get it.
    pub(crate) detail: String,
    /// Of a pacticipant that is not there.
    pub(crate) name: Option<String>,
    /// Of what the log says, where the error is ours.
    pub(crate) reference: Option<String>,
}

/// The name of the pacticipant that was not found, while the error is not told yet.
pub(crate) fn no_such_pacticipant(response: &Response) -> Option<String> {
    no_such_pacticipant_of(response.extensions().get::<Arc<Error>>()?)
}

/// Gives a violated constraint the client's words: the database decides races.
pub(crate) trait OnConstraint<T> {
    /// The error of `explain` when it was `constraint` that failed.
    fn on_constraint(self, constraint: &str, explain: impl FnOnce() -> Error) -> Result<T, Error>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint(self, constraint: &str, explain: impl FnOnce() -> Error) -> Result<T, Error> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(database) if database.constraint() == Some(constraint) => explain(),
            _ => error.into(),
        })
    }
}

/// The error travels with the response until `render_errors` knows which shape the client wants.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the body of an error in the shape that the client asked for, and logs what is our own fault, once.
pub(crate) async fn render_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let problem = wants_problem(request.headers());
    let base = BaseUrl::of(&app, request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_string());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Arc<Error>>() else { return response };

    let reference = log(&error, method.as_str(), &path);
    let mut rendered = match &*error {
        // Whoever asks: the address is refused before anybody looks at what is accepted.
        Error::EmptyPathComponent | Error::UnprocessablePath(_) => {
            let body = error.problem("", None).to_string();
            (error.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
        }
        _ if problem => {
            let body = error.problem(base.as_str(), reference.as_deref()).to_string();
            (error.status(), [(header::CONTENT_TYPE, "application/problem+json;charset=utf-8")], body).into_response()
        }
        Error::ConflictText(text) => (StatusCode::CONFLICT, text.clone()).into_response(),
        Error::Unauthorized { text, .. } => {
            (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "text/plain")], *text).into_response()
        }
        _ => error.classic(reference.as_deref()).into_response(),
    };
    if let Error::Unauthorized { challenge, .. } = &*error {
        rendered.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(challenge));
    }
    if matches!(&*error, Error::Unavailable(_) | Error::Overtaken(_)) {
        rendered.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    let name = no_such_pacticipant_of(&error);
    rendered.extensions_mut().extend(std::mem::take(response.extensions_mut()));
    rendered.extensions_mut().insert(Told { status: error.status(), detail: error.detail(), name, reference });
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH {
            rendered.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    rendered
}

fn no_such_pacticipant_of(error: &Error) -> Option<String> {
    match error {
        Error::NoSuchPacticipant { name, .. } => Some(name.clone()),
        _ => None,
    }
}

fn log(error: &Error, method: &str, path: &str) -> Option<String> {
    let (Error::Internal(cause) | Error::Unavailable(cause) | Error::Overtaken(cause)) = error else { return None };
    let reference = base32(random_bytes());
    let chain = in_full(cause.as_ref());
    tracing::error!(error.reference = %reference, http.method = method, http.path = path, "{method} {path} failed: {chain}");
    matches!(error, Error::Internal(_)).then_some(reference)
}

/// The error and its causes, in one line.
pub(crate) fn in_full(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn base32(bytes: [u8; 10]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
