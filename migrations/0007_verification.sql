-- Every result that was ever published. Nothing is overwritten here.
create sequence verification_number as bigint;

create table verification_log (
    tenant_id bigint not null,
    number bigint not null default nextval('verification_number'),
    content_id bigint not null,
    provider_version_id bigint not null,
    success boolean not null,
    build_url text,
    -- As the client sent them: text, since their shape differs from client to client.
    test_results text,
    verified_by json,
    -- Consumer versions that the contract was fetched for (from the metadata in its address).
    consumer_version_numbers text[] not null,
    wip boolean not null,
    pending boolean,
    created_at timestamptz not null,
    primary key (tenant_id, number),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id),
    foreign key (tenant_id, provider_version_id) references version (tenant_id, id)
);

create index verification_log_content_idx on verification_log (tenant_id, content_id, number desc);
create index verification_log_provider_version_idx on verification_log (tenant_id, provider_version_id, content_id);

-- The latest result for a content and a provider version: what the gate reads.
create table verification (
    tenant_id bigint not null,
    content_id bigint not null,
    provider_version_id bigint not null,
    provider_position bigint not null,
    success boolean not null,
    number bigint not null,
    verified_at timestamptz not null,
    primary key (tenant_id, content_id, provider_version_id),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id),
    foreign key (tenant_id, provider_version_id) references version (tenant_id, id),
    foreign key (tenant_id, number) references verification_log (tenant_id, number)
);

create index verification_provider_version_idx on verification (tenant_id, provider_version_id, content_id);
create index verification_number_idx on verification (tenant_id, number);
