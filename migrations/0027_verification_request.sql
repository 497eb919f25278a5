-- A content that a provider version has to verify, from the publication that found the result missing until there is one, or
-- until nobody is expected to publish one any more. Anew for the same two it is the same row again.
create table verification_request (
    tenant_id bigint not null,
    id uuid not null,
    content_id bigint not null,
    provider_version_id bigint not null,
    -- Those of the content, to list by.
    consumer_id bigint not null,
    provider_id bigint not null,
    state text not null,
    -- What links begin with when it is told again.
    base_url text not null,
    requested_at timestamptz not null,
    -- How often webhooks were told, by publications and by retries, and when last.
    times_asked integer not null,
    asked_at timestamptz not null,
    retries integer not null,
    delivered_at timestamptz,
    running_at timestamptz,
    -- When it is told again or lost.
    due_at timestamptz not null,
    -- Set when it is done or lost.
    ended_at timestamptz,
    primary key (tenant_id, id),
    constraint verification_request_key unique (tenant_id, content_id, provider_version_id),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id),
    foreign key (tenant_id, provider_version_id) references version (tenant_id, id),
    constraint verification_request_state_check
        check (state in ('requested', 'delivered', 'running', 'done', 'lost')),
    constraint verification_request_ended_check check ((ended_at is null) = (state not in ('done', 'lost')))
);

create index verification_request_version_idx on verification_request (tenant_id, provider_version_id);
create index verification_request_state_idx on verification_request (tenant_id, state, id);
create index verification_request_provider_idx on verification_request (tenant_id, provider_id, state, id);
create index verification_request_consumer_idx on verification_request (tenant_id, consumer_id, state, id);
create index verification_request_due_idx on verification_request (tenant_id, due_at) where ended_at is null;

-- Which deliveries told of it.
create table verification_request_delivery (
    tenant_id bigint not null,
    delivery_id uuid not null,
    request_id uuid not null,
    primary key (tenant_id, delivery_id),
    foreign key (tenant_id, delivery_id) references webhook_delivery (tenant_id, id) on delete cascade,
    foreign key (tenant_id, request_id) references verification_request (tenant_id, id) on delete cascade
);

create index verification_request_delivery_request_idx
    on verification_request_delivery (tenant_id, request_id, delivery_id);
