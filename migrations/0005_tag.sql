-- The head of a tag is the version with the highest position that carries it, kept when a tag is put or removed.
create table tag (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    version_id bigint not null,
    name text not null,
    position bigint not null,
    -- Order in which a version got its tags.
    ordinal bigint generated always as identity,
    created_at timestamptz not null,
    primary key (tenant_id, version_id, name),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, version_id) references version (tenant_id, id)
);

create index tag_name_idx on tag (tenant_id, pacticipant_id, name, position desc);

create table tag_head (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    name text not null,
    version_id bigint not null,
    position bigint not null,
    primary key (tenant_id, pacticipant_id, name),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, version_id) references version (tenant_id, id)
);

create index tag_head_version_idx on tag_head (tenant_id, version_id);
