-- What a webhook's deliveries are signed with (Standard Webhooks). There may be two at a time, while a receiver changes from
-- one to the other.
create table webhook_signing_secret (
    tenant_id bigint not null,
    id uuid not null,
    webhook_id text not null,
    -- With the tenant's data key.
    sealed_secret bytea not null,
    created_at timestamptz not null,
    -- From then on nothing is signed with it. Null: until it is deleted.
    expires_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, webhook_id) references webhook (tenant_id, id) on delete cascade
);

create index webhook_signing_secret_webhook_idx on webhook_signing_secret (tenant_id, webhook_id, created_at);
