-- The versions of a pacticipant that contracts and documents are compared of before anybody asks: the head of the main branch,
-- the heads of the branches that moved last, and what is deployed or supported. Old branches are many, and nobody asks about
-- them. Planned as part of the statement that asks: so it stays one plain select, and stable.
create function versions_that_matter(of_tenant bigint, of_pacticipant bigint)
returns table (version_id bigint)
language sql stable
as $$
    select branch_head.version_id
    from pacticipant
    join branch_head on branch_head.tenant_id = of_tenant
                    and branch_head.pacticipant_id = of_pacticipant
                    and branch_head.branch = pacticipant.main_branch
    where pacticipant.tenant_id = of_tenant
      and pacticipant.id = of_pacticipant
    union all
    (
        select branch_head.version_id
        from branch_head
        where branch_head.tenant_id = of_tenant
          and branch_head.pacticipant_id = of_pacticipant
        order by branch_head.version_id desc
        limit 10
    )
    union all
    select deployed_version.version_id
    from deployed_version
    where deployed_version.tenant_id = of_tenant
      and deployed_version.pacticipant_id = of_pacticipant
      and deployed_version.undeployed_at is null
    union all
    select released_version.version_id
    from released_version
    where released_version.tenant_id = of_tenant
      and released_version.pacticipant_id = of_pacticipant
      and released_version.support_ended_at is null
$$;
