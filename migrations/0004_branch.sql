-- Branches are keyed by name: a look-up needs no join, and names never change.
-- The head is the version that was added last, not the one with the highest position.
create table branch (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    name text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, pacticipant_id, name),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id)
);

create table branch_version (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    branch text not null,
    version_id bigint not null,
    -- Copied from the version, so that the versions of a branch are listed in order by index.
    position bigint not null,
    -- Order in which a version was put on its branches: the last one is shown as "the" branch.
    ordinal bigint generated always as identity,
    created_at timestamptz not null,
    primary key (tenant_id, version_id, branch),
    foreign key (tenant_id, pacticipant_id, branch) references branch (tenant_id, pacticipant_id, name),
    foreign key (tenant_id, version_id) references version (tenant_id, id)
);

create index branch_version_position_idx on branch_version (tenant_id, pacticipant_id, branch, position desc);

create table branch_head (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    branch text not null,
    version_id bigint not null,
    primary key (tenant_id, pacticipant_id, branch),
    foreign key (tenant_id, pacticipant_id, branch) references branch (tenant_id, pacticipant_id, name),
    foreign key (tenant_id, version_id) references version (tenant_id, id)
);

create index branch_head_version_idx on branch_head (tenant_id, version_id);
