//! Names in paths, parsed once into types. A handler never sees a bad name.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pactolus_domain::names::{
    BranchName, EnvironmentName, LabelName, NameError, PacticipantName, TagName, VersionNumber,
};
use pactolus_domain::problem::Problem;
use uuid::Uuid;

use super::Error;
use crate::app::App;

/// What a route's path names.
pub(crate) trait FromPath: Sized {
    /// Reads it from the path's parameters.
    fn from_path(names: &PathNames) -> Result<Self, Error>;
}

/// The parameters of a path, decoded once.
pub(crate) struct PathNames(RawPathParams);

/// Extracts what a route's path names.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: FromPath> FromRequestParts<App> for Named<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let names = RawPathParams::from_request_parts(parts, app).await.map_err(|rejection| match rejection {
            RawPathParamsRejection::InvalidUtf8InPathParam(_) => Error::BadPath("the address is not valid UTF-8"),
            other => Error::internal(other),
        })?;
        T::from_path(&PathNames(names)).map(Self)
    }
}

impl PathNames {
    pub(crate) fn text(&self, parameter: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == parameter).map_or("", |(_, value)| value)
    }

    pub(crate) fn pacticipant(&self, parameter: &str) -> Result<PacticipantName, Error> {
        self.parse(parameter, |text| PacticipantName::parse(text))
    }

    pub(crate) fn version(&self, parameter: &str) -> Result<VersionNumber, Error> {
        self.parse(parameter, |text| VersionNumber::parse(text))
    }

    pub(crate) fn branch(&self, parameter: &str) -> Result<BranchName, Error> {
        self.parse(parameter, |text| BranchName::parse(text))
    }

    pub(crate) fn tag(&self, parameter: &str) -> Result<TagName, Error> {
        self.parse(parameter, |text| TagName::parse(text))
    }

    pub(crate) fn label(&self, parameter: &str) -> Result<LabelName, Error> {
        self.parse(parameter, |text| LabelName::parse(text))
    }

    pub(crate) fn environment(&self, parameter: &str) -> Result<EnvironmentName, Error> {
        self.parse(parameter, |text| EnvironmentName::parse(text))
    }

    /// An id that is not a UUID belongs to nothing.
    pub(crate) fn uuid(&self, parameter: &str) -> Result<Uuid, Error> {
        Uuid::parse_str(self.text(parameter)).map_err(|_| Error::NotFound)
    }

    fn parse<T>(&self, parameter: &str, parse: impl FnOnce(&str) -> Result<T, NameError>) -> Result<T, Error> {
        parse(self.text(parameter)).map_err(|error| Error::Invalid(Problem::at(parameter, error.to_string()).into()))
    }
}

impl FromPath for LabelName {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.label("label")
    }
}

impl FromPath for PacticipantName {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("pacticipant")
    }
}

impl FromPath for Uuid {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.uuid("uuid")
    }
}

/// Refuses addresses that can name nothing, as the Pact Broker does.
pub(crate) async fn check_path(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let lower = path.to_ascii_lowercase();
    if path.contains("//") {
        Error::EmptyPathComponent.into_response()
    } else if lower.contains("%0a") || lower.contains("%0d") {
        Error::UnprocessablePath("URL path cannot contain a new line character.").into_response()
    } else if lower.contains("%09") {
        Error::UnprocessablePath("URL path cannot contain a tab character.").into_response()
    } else if lower.contains("%00") {
        Error::UnprocessablePath("URL path cannot contain a NUL character.").into_response()
    } else {
        next.run(request).await
    }
}
