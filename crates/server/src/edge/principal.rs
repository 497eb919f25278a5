//! Who is asking, and whose data it is.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Error;
use crate::app::App;
use crate::ids::TenantId;

/// The one who asks. Every handler takes it, but for those on a short public list (health).
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) tenant: TenantId,
    /// For the audit log.
    pub(crate) name: Arc<str>,
}

impl FromRequestParts<App> for Principal {
    type Rejection = Error;

    /// Whoever was let in by `authenticate`; nobody comes by another way.
    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Error> {
        parts.extensions.get().cloned().ok_or_else(|| Error::internal("a request was not authenticated"))
    }
}
