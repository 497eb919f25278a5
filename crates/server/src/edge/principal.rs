//! Who is asking, and whose data it is.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Error;
use crate::app::App;
use crate::ids::TenantId;
use crate::tenants;

/// The one who asks. Every handler takes it, but for those on a short public list (health).
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) tenant: TenantId,
    /// For the audit log.
    pub(crate) name: &'static str,
}

impl FromRequestParts<App> for Principal {
    type Rejection = Error;

    /// Without authentication, whoever reaches the server is its local administrator: it listens on the loopback
    /// interface unless told otherwise.
    async fn from_request_parts(_parts: &mut Parts, _app: &App) -> Result<Self, Error> {
        Ok(Self { tenant: tenants::DEFAULT, name: "local administrator" })
    }
}
