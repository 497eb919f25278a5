-- What providers' builds say that they offer. A document is kept once for all versions of its provider that publish the same
-- bytes, as received, so that what is found about it holds for each of them.
create table provider_contract_content (
    tenant_id bigint not null,
    id bigint generated always as identity,
    provider_id bigint not null,
    specification text not null,
    -- Of the bytes: SHA-256.
    sha text not null,
    content text not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    constraint provider_contract_content_sha_key unique (tenant_id, provider_id, sha, specification)
);

-- What came of testing a provider version against its own document, as its builds told it. Nothing is overwritten here.
create table provider_contract_verification (
    tenant_id bigint not null,
    id bigint generated always as identity,
    version_id bigint not null,
    content_id bigint not null,
    success boolean not null,
    -- A report of any kind, as received.
    content bytea,
    content_type text,
    format text,
    verifier text,
    verifier_version text,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, version_id) references version (tenant_id, id),
    foreign key (tenant_id, content_id) references provider_contract_content (tenant_id, id)
);

create index provider_contract_verification_version_idx on provider_contract_verification (tenant_id, version_id);
create index provider_contract_verification_content_idx on provider_contract_verification (tenant_id, content_id);

-- A provider version's publication, with the latest of its results. Publishing again with another document raises the
-- revision.
create table provider_contract (
    tenant_id bigint not null,
    version_id bigint not null,
    provider_id bigint not null,
    -- Copied from the version, so that the latest one is found by index.
    position bigint not null,
    content_id bigint not null,
    -- What it is served as.
    content_type text not null,
    verification_id bigint,
    revision integer not null,
    created_at timestamptz not null,
    primary key (tenant_id, version_id),
    foreign key (tenant_id, version_id) references version (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, content_id) references provider_contract_content (tenant_id, id),
    foreign key (tenant_id, verification_id) references provider_contract_verification (tenant_id, id)
);

create index provider_contract_position_idx on provider_contract (tenant_id, provider_id, position desc);
create index provider_contract_content_idx on provider_contract (tenant_id, content_id);
create index provider_contract_verification_idx on provider_contract (tenant_id, verification_id);
