//! SQL of the gate's page: what may have been meant, and what results say.

use sqlx::PgConnection;

use crate::ids::TenantId;

/// Longer ones are not read for a page.
const LONGEST_RESULTS_BYTES: i32 = 400_000;

/// The numbers of an application's newest versions, newest first.
pub(crate) async fn list_newest_numbers(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &str,
    most: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select version.number
        from pacticipant
        join version on version.tenant_id = $1
                    and version.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        order by version.position desc
        limit $3
        "#,
        tenant.0,
        pacticipant,
        most,
    )
    .fetch_all(db)
    .await
}

/// What a verifier said of a result.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) number: i64,
    pub(crate) build_url: Option<String>,
    /// `None` also where there is too much.
    pub(crate) test_results: Option<String>,
}

/// What verifiers said of these results.
pub(crate) async fn list_said(db: &mut PgConnection, tenant: TenantId, numbers: &[i64]) -> sqlx::Result<Vec<Said>> {
    sqlx::query_as!(
        Said,
        r#"
        select verification_log.number, verification_log.build_url,
               case when octet_length(verification_log.test_results) <= $3 then verification_log.test_results end
                   as test_results
        from verification_log
        where verification_log.tenant_id = $1
          and verification_log.number = any($2)
        "#,
        tenant.0,
        numbers,
        LONGEST_RESULTS_BYTES,
    )
    .fetch_all(db)
    .await
}
