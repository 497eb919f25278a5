-- Who wants to be told of what. The id is text since clients may choose it. The request (method, address, headers,
-- credentials, body) is sealed as a whole: people put secrets into each of its parts, but for the host.
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
    -- Where the request goes, in clear: only a few go to one host at once.
    host text not null,
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
    -- Values of the template's variables as they were at the event; links among them are complete.
    context json not null,
    -- What the event was about.
    consumer_id bigint not null,
    provider_id bigint not null,
    consumer_version_id bigint,
    -- Null unless a result was published.
    verification_number bigint,
    status text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, webhook_id) references webhook (tenant_id, id) on delete set null (webhook_id),
    foreign key (tenant_id, consumer_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, consumer_version_id) references version (tenant_id, id),
    foreign key (tenant_id, verification_number) references verification_log (tenant_id, number),
    constraint webhook_delivery_status_check check (status in ('not_run', 'retrying', 'success', 'failure'))
);

create index webhook_delivery_webhook_idx on webhook_delivery (tenant_id, webhook_id, created_at desc);
create index webhook_delivery_integration_idx on webhook_delivery (tenant_id, consumer_id, provider_id, created_at desc);
create index webhook_delivery_version_idx on webhook_delivery (tenant_id, consumer_version_id);
create index webhook_delivery_verification_idx on webhook_delivery (tenant_id, verification_number);

create table webhook_attempt (
    tenant_id bigint not null,
    delivery_id uuid not null,
    number integer not null,
    success boolean not null,
    response_status integer,
    -- What was sent and answered, in lines for a person: of the request only what cannot be a secret.
    log text not null,
    created_at timestamptz not null,
    duration_ms bigint not null,
    primary key (tenant_id, delivery_id, number),
    foreign key (tenant_id, delivery_id) references webhook_delivery (tenant_id, id)
);
