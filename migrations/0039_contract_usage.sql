-- What contracts use of their providers, so that it can be told who is hit by a change. Things are kept once for their provider;
-- a content, once for all versions that publish it, only names them. Processes of an older release delete providers and contents
-- without knowing of these tables, so both go by themselves.
create table usage_element (
    tenant_id bigint not null,
    id bigint generated always as identity,
    provider_id bigint not null,
    -- MESSAGE for what is no HTTP.
    method text not null,
    path text not null,
    -- 0 for what belongs to no status.
    status integer not null,
    part text not null,
    name text not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id) on delete cascade,
    constraint usage_element_key unique (tenant_id, provider_id, method, path, status, part, name)
);

-- Elements go with their provider only, when nobody has a contract with it any more: so none needs to be looked for here.
create table contract_usage (
    tenant_id bigint not null,
    content_id bigint not null,
    element_id bigint not null,
    primary key (tenant_id, content_id, element_id),
    foreign key (tenant_id, content_id) references contract_content (tenant_id, id) on delete cascade
);

-- By which rules a content was read last. Null: not yet, as of what was published before, or by a process of an older release.
alter table contract_content add column usage_rules smallint;
