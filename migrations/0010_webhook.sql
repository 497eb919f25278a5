-- Who wants to be told of what. The id is text since clients may choose it. The request (method, address, headers,
-- credentials, body) is sealed as a whole: people put secrets into each of its parts.
create table webhook (
    tenant_id bigint not null references tenant,
    id text not null,
    description text,
    enabled boolean not null,
    consumer_id bigint,
    provider_id bigint,
    consumer_label text,
    provider_label text,
    events text[] not null,
    sealed_request bytea not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id)
);

create index webhook_consumer_idx on webhook (tenant_id, consumer_id);
create index webhook_provider_idx on webhook (tenant_id, provider_id);

-- The outbox: one row for each time a webhook is triggered, written in the transaction of the event.
create table webhook_delivery (
    tenant_id bigint not null,
    id uuid not null,
    -- Null when the webhook was deleted afterwards.
    webhook_id text,
    event text not null,
    -- Values of the template's variables as they were at the event, and the base URL that links are built with.
    context json not null,
    consumer_id bigint not null,
    provider_id bigint not null,
    consumer_version_id bigint,
    verification_number bigint,
    status text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, webhook_id) references webhook (tenant_id, id) on delete set null (webhook_id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    constraint webhook_delivery_status_check check (status in ('not_run', 'retrying', 'success', 'failure'))
);

create index webhook_delivery_webhook_idx on webhook_delivery (tenant_id, webhook_id, created_at desc);
create index webhook_delivery_integration_idx on webhook_delivery (tenant_id, consumer_id, provider_id, created_at desc);
create index webhook_delivery_version_idx on webhook_delivery (tenant_id, consumer_version_id);

create table webhook_attempt (
    tenant_id bigint not null,
    delivery_id uuid not null,
    number integer not null,
    success boolean not null,
    response_status integer,
    -- What was sent and answered, secrets masked, in lines for a person.
    log text not null,
    created_at timestamptz not null,
    duration_ms bigint not null,
    primary key (tenant_id, delivery_id, number),
    foreign key (tenant_id, delivery_id) references webhook_delivery (tenant_id, id)
);
