-- How a contract and a provider version get on, as the gate judges it: what came of verifying the one with the other, and,
-- where the version has published what it offers, of holding the contract against that. `number` is that of the result, where
-- that is what says it. Planned as part of the statement that asks: so it stays one plain select, and stable.
create function outcome_of(of_tenant bigint, of_content bigint, of_provider_version bigint)
returns table (success boolean, judged_at timestamptz, number bigint)
language sql stable
as $$
    select case
               when offer.version_id is null then result.success
               when not result.success or not offer.kept or offer.outcome = 'incompatible' then false
               when offer.outcome = 'compatible' then coalesce(result.success, offer.kept)
               when offer.outcome = 'undecided' then result.success
           end,
           case
               when offer.version_id is null or not result.success then result.verified_at
               when not offer.kept then offer.tested_at
               when offer.outcome = 'incompatible' then offer.compared_at
               when offer.outcome in ('compatible', 'undecided') then coalesce(result.verified_at, offer.compared_at)
           end,
           case when offer.version_id is null or not result.success or offer.outcome in ('compatible', 'undecided')
                    and offer.kept is not false then result.number end
    from (values (of_provider_version)) as asked (version_id)
    left join lateral (
        select verification.success, verification.verified_at, verification.number
        from verification
        where verification.tenant_id = of_tenant
          and verification.content_id = of_content
          and verification.provider_version_id = asked.version_id
        limit 1
    ) as result on true
    left join lateral (
        select provider_contract.version_id, comparison.outcome, comparison.created_at as compared_at,
               provider_contract_verification.success as kept, provider_contract_verification.created_at as tested_at
        from provider_contract
        left join provider_contract_verification
               on provider_contract_verification.tenant_id = of_tenant
              and provider_contract_verification.id = provider_contract.verification_id
        left join comparison_setting on comparison_setting.tenant_id = of_tenant
                                    and comparison_setting.provider_id = provider_contract.provider_id
        left join comparison on comparison.tenant_id = of_tenant
                            and comparison.contract_content_id = of_content
                            and comparison.provider_content_id = provider_contract.content_id
                            and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                            and comparison.in_force
        where provider_contract.tenant_id = of_tenant
          and provider_contract.version_id = asked.version_id
        limit 1
    ) as offer on true
$$;

-- The same for the provider version that last had something to say of a contract: that verified it last, or that published
-- what it offers last.
create function latest_outcome_of(of_tenant bigint, of_content bigint, of_provider bigint)
returns table (success boolean, judged_at timestamptz, number bigint, provider_version_id bigint)
language sql stable
as $$
    select outcome.success, outcome.judged_at, outcome.number, last.version_id
    from (
        select said.version_id
        from (
            (
                select verification_log.provider_version_id as version_id, verification_log.created_at
                from verification_log
                where verification_log.tenant_id = of_tenant
                  and verification_log.content_id = of_content
                order by verification_log.number desc
                limit 1
            )
            union all
            (
                select provider_contract.version_id, provider_contract.created_at
                from provider_contract
                where provider_contract.tenant_id = of_tenant
                  and provider_contract.provider_id = of_provider
                order by provider_contract.position desc
                limit 1
            )
        ) as said
        order by said.created_at desc
        limit 1
    ) as last
    cross join lateral outcome_of(of_tenant, of_content, last.version_id) as outcome
$$;
