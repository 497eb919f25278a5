-- What a provider version really answered when a build verified it, so that a failure can be looked at beside what was
-- expected, and contracts that are published later can be judged by it. A run is kept for some days, and goes with its version.
create table evidence_run (
    tenant_id bigint not null,
    -- The client's: the same run sent again is the same row.
    id uuid not null,
    provider_version_id bigint not null,
    -- The order of arrival: of two runs the later one counts.
    number bigint generated always as identity,
    -- Of all that is kept of it, so that another content under the same id is noticed.
    digest bytea not null,
    branch text,
    build_url text,
    tool text not null,
    engine text not null,
    -- What the client was told to leave out.
    redaction text[] not null,
    exchange_count integer not null,
    passed integer not null,
    failed integer not null,
    not_judged integer not null,
    not_asked integer not null,
    -- Exchanges that an earlier run of the version answered otherwise, counted when this one arrived.
    conflicts integer not null,
    uploaded_by text not null,
    started_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, provider_version_id) references version (tenant_id, id)
);

create index evidence_run_version_idx on evidence_run (tenant_id, provider_version_id, number desc);
create index evidence_run_created_idx on evidence_run (tenant_id, created_at);

-- Bodies by the SHA-256 of what is kept of them: runs of a provider answer the same again and again. A body goes with the
-- last exchange that has it.
create table evidence_body (
    tenant_id bigint not null references tenant,
    sha256 bytea not null,
    -- Compressed (zlib).
    packed bytea not null,
    primary key (tenant_id, sha256)
);

-- What was asked and answered, once for all contracts that ask the same.
create table evidence_exchange (
    tenant_id bigint not null,
    run_id uuid not null,
    sequence integer not null,
    -- Those of the run, so that the latest answer of a version to a request is found without a join.
    provider_version_id bigint not null,
    run_number bigint not null,
    -- SHA-256 of the request and the states that it needs, made by the client: equal requests, equal fingerprint.
    fingerprint bytea not null,
    kind text not null,
    outcome text not null,
    -- Of status, content type and body: equal answers, equal digest. Null without an answer.
    answer bytea,
    request_body bytea,
    response_body bytea,
    -- All the rest: compressed (zlib) JSON.
    packed bytea not null,
    primary key (tenant_id, run_id, sequence),
    foreign key (tenant_id, run_id) references evidence_run (tenant_id, id),
    foreign key (tenant_id, request_body) references evidence_body (tenant_id, sha256),
    foreign key (tenant_id, response_body) references evidence_body (tenant_id, sha256),
    constraint evidence_exchange_kind_check check (kind in ('http', 'message', 'sync-message')),
    constraint evidence_exchange_outcome_check check (outcome in ('answered', 'unreachable', 'timeout', 'state'))
);

create index evidence_exchange_fingerprint_idx
    on evidence_exchange (tenant_id, provider_version_id, fingerprint, run_number desc);
create index evidence_exchange_request_body_idx on evidence_exchange (tenant_id, request_body)
    where request_body is not null;
create index evidence_exchange_response_body_idx on evidence_exchange (tenant_id, response_body)
    where response_body is not null;

-- What the exchange showed about an interaction. By names and shas, since a contract may come later or be gone by now.
create table evidence_interaction (
    tenant_id bigint not null,
    run_id uuid not null,
    sequence integer not null,
    -- Its place among those of the exchange, from 0.
    place integer not null,
    provider_version_id bigint not null,
    run_number bigint not null,
    consumer text not null,
    -- Of the contract's content; null when the contract did not come from here.
    contract_sha text,
    interaction_id text,
    result text not null,
    primary key (tenant_id, run_id, sequence, place),
    foreign key (tenant_id, run_id, sequence) references evidence_exchange (tenant_id, run_id, sequence),
    constraint evidence_interaction_result_check check (result in ('passed', 'failed', 'not-judged', 'not-asked'))
);

create index evidence_interaction_contract_idx
    on evidence_interaction (tenant_id, provider_version_id, consumer, contract_sha, run_number desc);

-- They are compressed already.
alter table evidence_body alter column packed set storage external;
alter table evidence_exchange alter column packed set storage external;
