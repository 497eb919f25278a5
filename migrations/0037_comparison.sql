-- What came of holding a consumer's contract against a provider's document: kept by the two contents, so that it serves
-- each version that has them. It goes with either of them.
create table comparison (
    tenant_id bigint not null,
    contract_content_id bigint not null,
    provider_content_id bigint not null,
    -- The provider's settings that it was compared by.
    configuration text not null,
    -- The version of the judgement.
    engine integer not null,
    id bigint generated always as identity,
    -- Whether it is the one that counts: a newer judgement that comes to another outcome does not before somebody has
    -- accepted it.
    in_force boolean not null,
    -- Copied from the contents, so that the comparison before between the two is found by index.
    consumer_id bigint not null,
    provider_id bigint not null,
    outcome text not null,
    errors integer not null,
    warnings integer not null,
    infos integer not null,
    -- The worst first, in JSON, kept as text; not all where there are very many.
    findings text not null,
    created_at timestamptz not null,
    primary key (tenant_id, contract_content_id, provider_content_id, configuration, engine),
    foreign key (tenant_id, contract_content_id) references contract_content (tenant_id, id) on delete cascade,
    foreign key (tenant_id, provider_content_id) references provider_contract_content (tenant_id, id) on delete cascade
);

-- What the gate reads.
create unique index comparison_in_force_idx
    on comparison (tenant_id, contract_content_id, provider_content_id, configuration)
    where in_force;
create index comparison_document_idx on comparison (tenant_id, provider_content_id);
create index comparison_pair_idx on comparison (tenant_id, consumer_id, provider_id, id desc) where in_force;
-- What is still to be judged anew, and what waits to be accepted.
create index comparison_engine_idx on comparison (tenant_id, engine, id) where in_force;
create index comparison_waiting_idx on comparison (tenant_id, id) where not in_force;
