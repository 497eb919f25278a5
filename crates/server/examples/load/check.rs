//! `check`: what is kept (heads, latest, copies) equals what its definition finds by searching. For a seeded database,
//! and for one that was under load.

use sqlx::{Connection, PgConnection};

use crate::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    database_url: String,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    all(&mut PgConnection::connect(&arguments.database_url).await?).await
}

/// What must hold, and a statement that counts the rows for which it does not.
const RULES: [(&str, &str); 12] = [
    (
        "the head of a branch is the version that was added last",
        "select count(*)
         from branch
         left join branch_head on (branch_head.tenant_id, branch_head.pacticipant_id, branch_head.branch)
                                = (branch.tenant_id, branch.pacticipant_id, branch.name)
         left join (select distinct on (tenant_id, pacticipant_id, branch) *
                    from branch_version
                    order by tenant_id, pacticipant_id, branch, created_at desc, position desc) as last
                on (last.tenant_id, last.pacticipant_id, last.branch)
                 = (branch.tenant_id, branch.pacticipant_id, branch.name)
         where last.version_id is distinct from branch_head.version_id",
    ),
    (
        "the head of a tag is the version with the highest position",
        "select count(*)
         from tag_head
         full join (select distinct on (tenant_id, pacticipant_id, name) *
                    from tag
                    order by tenant_id, pacticipant_id, name, position desc) as last
                on (last.tenant_id, last.pacticipant_id, last.name)
                 = (tag_head.tenant_id, tag_head.pacticipant_id, tag_head.name)
         where (last.version_id, last.position) is distinct from (tag_head.version_id, tag_head.position)",
    ),
    (
        "the latest contract of a pair is the one with the highest position",
        "select count(*)
         from integration
         full join (select distinct on (tenant_id, consumer_id, provider_id) *
                    from contract
                    order by tenant_id, consumer_id, provider_id, position desc) as last
                on (last.tenant_id, last.consumer_id, last.provider_id)
                 = (integration.tenant_id, integration.consumer_id, integration.provider_id)
         where (last.consumer_version_id, last.position)
            is distinct from (integration.latest_consumer_version_id, integration.latest_position)",
    ),
    (
        "the latest result of a content and a provider version is the one with the highest number",
        "select count(*)
         from verification
         full join (select distinct on (tenant_id, content_id, provider_version_id) *
                    from verification_log
                    order by tenant_id, content_id, provider_version_id, number desc) as last
                on (last.tenant_id, last.content_id, last.provider_version_id)
                 = (verification.tenant_id, verification.content_id, verification.provider_version_id)
         where (last.number, last.success, last.created_at)
            is distinct from (verification.number, verification.success, verification.verified_at)",
    ),
    (
        "a result has its provider version's position",
        "select count(*)
         from verification
         join version on version.tenant_id = verification.tenant_id and version.id = verification.provider_version_id
         where version.position <> verification.provider_position",
    ),
    (
        "a result is by a version of the content's provider",
        "select count(*)
         from verification_log
         join version on version.tenant_id = verification_log.tenant_id
                     and version.id = verification_log.provider_version_id
         join contract_content on contract_content.tenant_id = verification_log.tenant_id
                              and contract_content.id = verification_log.content_id
         where version.pacticipant_id <> contract_content.provider_id",
    ),
    (
        "a contract has its version's consumer and position, and content of its pair",
        "select count(*)
         from contract
         join version on version.tenant_id = contract.tenant_id and version.id = contract.consumer_version_id
         join contract_content on contract_content.tenant_id = contract.tenant_id
                              and contract_content.id = contract.content_id
         where (version.pacticipant_id, version.position, contract_content.consumer_id, contract_content.provider_id)
            <> (contract.consumer_id, contract.position, contract.consumer_id, contract.provider_id)",
    ),
    (
        "what a version has promised is among all it ever promised",
        "select count(*)
         from contract
         left join contract_revision on contract_revision.tenant_id = contract.tenant_id
                                    and contract_revision.content_id = contract.content_id
                                    and contract_revision.position = contract.position
                                    and contract_revision.consumer_version_id = contract.consumer_version_id
         where contract_revision.provider_id is distinct from contract.provider_id",
    ),
    (
        "a version on a branch has the branch's pacticipant and its own position",
        "select count(*)
         from branch_version
         join version on version.tenant_id = branch_version.tenant_id and version.id = branch_version.version_id
         where (version.pacticipant_id, version.position) <> (branch_version.pacticipant_id, branch_version.position)",
    ),
    (
        "a tag has its version's pacticipant and position",
        "select count(*)
         from tag
         join version on version.tenant_id = tag.tenant_id and version.id = tag.version_id
         where (version.pacticipant_id, version.position) <> (tag.pacticipant_id, tag.position)",
    ),
    (
        "what is deployed or released belongs to the version's pacticipant",
        "select count(*)
         from (select tenant_id, version_id, pacticipant_id from deployed_version
               union all
               select tenant_id, version_id, pacticipant_id from released_version) as resident
         join version on version.tenant_id = resident.tenant_id and version.id = resident.version_id
         where version.pacticipant_id <> resident.pacticipant_id",
    ),
    (
        "positions and numbers go on after the highest",
        "select count(*)
         from (select (select max(position) from version) as used, last_value from version_position
               union all
               select (select max(number) from verification_log), last_value from verification_number) as sequence
         where sequence.used > sequence.last_value",
    ),
];

/// Fails when any rule is broken.
pub(crate) async fn all(db: &mut PgConnection) -> Result<()> {
    let mut broken = 0;
    for (rule, statement) in RULES {
        let wrong: i64 = sqlx::query_scalar(statement).fetch_one(&mut *db).await?;
        if wrong > 0 {
            println!("WRONG in {wrong} rows: {rule}");
            broken += 1;
        }
    }
    if broken > 0 {
        return Err(format!("{broken} of {} rules are broken", RULES.len()).into());
    }
    println!("checked: all {} rules hold", RULES.len());
    Ok(())
}
