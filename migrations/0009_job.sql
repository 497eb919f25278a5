-- Deferred work, written in the transaction of its cause. A worker leases a job; a lease that ran out is taken over,
-- so a job may run twice and never not at all.
create table job (
    tenant_id bigint not null references tenant,
    id uuid not null,
    kind text not null,
    -- Only a few jobs of one lane run at once in a process, so that a slow receiver holds up nobody else. The host that
    -- a webhook leads to.
    lane text not null,
    payload json not null,
    -- When it may run next; pushed into the future by a lease and by a retry.
    run_at timestamptz not null,
    -- How often it was leased. Whoever ends a job names the number of its lease: a worker whose lease ran out and was
    -- taken over changes nothing.
    attempts integer not null default 0,
    -- How often in a row it broke off with an error of ours. A webhook that is not answered is no such error.
    failures integer not null default 0,
    created_at timestamptz not null,
    -- Set when all tries are used up: kept to be looked at, never claimed again.
    dead_at timestamptz,
    last_error text,
    primary key (tenant_id, id)
);

create index job_run_at_idx on job (tenant_id, run_at) where dead_at is null;
