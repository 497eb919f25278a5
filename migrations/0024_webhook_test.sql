-- Webhooks that somebody executes to see whether the receiver takes them. No request waits for a third party: the request
-- writes a row and a job, a worker sends it, and the request reads here what came of it. Kept for a day.
create table webhook_test (
    tenant_id bigint not null references tenant,
    id uuid not null,
    -- Of the webhook as it was executed; it need not be saved.
    sealed_request bytea not null,
    -- Values of the template's variables.
    context json not null,
    -- Null until it was sent. Holds no secret.
    outcome json,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);

create index webhook_test_created_at_idx on webhook_test (tenant_id, created_at);
