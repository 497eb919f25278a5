-- Questions that were asked, with their answers, so that a deployment can show later what it was allowed by. Kept by the
-- names that were asked about: a record outlives what it is about.
create table verdict (
    tenant_id bigint not null references tenant,
    id uuid not null,
    actor text not null,
    -- Path and query, as asked.
    question text not null,
    -- Null when the question was about no environment.
    environment text,
    -- Null: not known, as a result was missing.
    deployable boolean,
    -- Counts and reasons.
    answer json not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);

create index verdict_created_idx on verdict (tenant_id, created_at);

-- Versions that were asked about.
create table verdict_subject (
    tenant_id bigint not null,
    pacticipant text not null,
    version text not null,
    verdict_id uuid not null,
    primary key (tenant_id, pacticipant, version, verdict_id),
    foreign key (tenant_id, verdict_id) references verdict (tenant_id, id) on delete cascade
);

create index verdict_subject_verdict_idx on verdict_subject (tenant_id, verdict_id);

-- What it was allowed by. Such a verdict is kept as long as the row.
alter table deployed_version add column verdict_id uuid;
alter table released_version add column verdict_id uuid;
create index deployed_version_verdict_idx on deployed_version (tenant_id, verdict_id) where verdict_id is not null;
create index released_version_verdict_idx on released_version (tenant_id, verdict_id) where verdict_id is not null;
