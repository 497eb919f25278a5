-- Secrets that people keep by name, for what webhooks send. Nothing reads a value back but the worker that sends it.
create table secret (
    tenant_id bigint not null references tenant,
    id uuid not null,
    name text not null,
    description text,
    -- With the tenant's data key.
    sealed_value bytea not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint secret_name_key unique (tenant_id, name)
);

-- Which secrets a webhook's request names, kept when the webhook is written: the request itself is sealed. There may be no
-- secret of that name yet.
create table webhook_secret (
    tenant_id bigint not null,
    webhook_id text not null,
    name text not null,
    primary key (tenant_id, webhook_id, name),
    foreign key (tenant_id, webhook_id) references webhook (tenant_id, id) on delete cascade
);

create index webhook_secret_name_idx on webhook_secret (tenant_id, name, webhook_id);
