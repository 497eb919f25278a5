-- Content is what is promised, shared by every consumer version that promises the same: verification results attach
-- to it, so unchanged content is already verified. Its bytes are those of the first publication, kept as received
-- (text, never jsonb: key order, duplicate keys and the text of numbers survive).
create table contract_content (
    tenant_id bigint not null,
    id bigint generated always as identity,
    consumer_id bigint not null,
    provider_id bigint not null,
    sha text not null,
    -- Ids of the interactions and messages in the order of the content, so that serving need not compute them.
    interaction_ids text[] not null,
    content text not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    constraint contract_content_sha_key unique (tenant_id, consumer_id, provider_id, sha)
);

create index contract_content_provider_idx on contract_content (tenant_id, provider_id);

-- A consumer version's publication. Publishing again with other content raises the revision; what was replaced stays in
-- contract_revision.
create table contract (
    tenant_id bigint not null,
    consumer_version_id bigint not null,
    provider_id bigint not null,
    consumer_id bigint not null,
    position bigint not null,
    content_id bigint not null,
    revision integer not null,
    created_at timestamptz not null,
    primary key (tenant_id, consumer_version_id, provider_id),
    foreign key (tenant_id, consumer_version_id) references version (tenant_id, id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id)
);

create index contract_position_idx on contract (tenant_id, consumer_id, provider_id, position desc);
create index contract_provider_idx on contract (tenant_id, provider_id);
create index contract_content_idx on contract (tenant_id, content_id, position desc);

-- Every content that a consumer version ever had with a provider: a provider build that fetched one must find it again,
-- and its result must reach the version, also when the contract was published anew meanwhile.
create table contract_revision (
    tenant_id bigint not null,
    consumer_version_id bigint not null,
    provider_id bigint not null,
    content_id bigint not null,
    position bigint not null,
    created_at timestamptz not null,
    primary key (tenant_id, content_id, position, consumer_version_id),
    foreign key (tenant_id, consumer_version_id) references version (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id)
);

create index contract_revision_version_idx on contract_revision (tenant_id, consumer_version_id);
create index contract_revision_provider_idx on contract_revision (tenant_id, provider_id);

-- Who talks to whom, with the latest contract between the two. Kept when publishing, so that neither the gate nor
-- "latest" ever searches. Keyed by the pair: consumers of a popular provider do not queue on the provider's row.
create table integration (
    tenant_id bigint not null,
    consumer_id bigint not null,
    provider_id bigint not null,
    latest_consumer_version_id bigint not null,
    latest_position bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, consumer_id, provider_id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, latest_consumer_version_id) references version (tenant_id, id)
);

create index integration_provider_idx on integration (tenant_id, provider_id, consumer_id);
create index integration_latest_version_idx on integration (tenant_id, latest_consumer_version_id);
