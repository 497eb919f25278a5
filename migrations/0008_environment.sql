-- Where versions run. What is current is a partial index: old deployments cost the gate nothing.
create table environment (
    tenant_id bigint not null references tenant,
    id uuid not null,
    name text not null,
    display_name text not null,
    production boolean not null,
    contacts json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint environment_name_key unique (tenant_id, name)
);

create table deployed_version (
    tenant_id bigint not null,
    id uuid not null,
    environment_id uuid not null,
    pacticipant_id bigint not null,
    version_id bigint not null,
    -- Empty: no instance was named, which is a slot of its own.
    application_instance text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    undeployed_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, environment_id) references environment (tenant_id, id),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, version_id) references version (tenant_id, id)
);

create unique index deployed_version_current_key
    on deployed_version (tenant_id, environment_id, pacticipant_id, application_instance)
    where undeployed_at is null;
create index deployed_version_current_pacticipant_idx
    on deployed_version (tenant_id, pacticipant_id, environment_id)
    where undeployed_at is null;
create index deployed_version_version_idx on deployed_version (tenant_id, version_id);
create index deployed_version_environment_idx on deployed_version (tenant_id, environment_id);

create table released_version (
    tenant_id bigint not null,
    id uuid not null,
    environment_id uuid not null,
    pacticipant_id bigint not null,
    version_id bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    support_ended_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, environment_id) references environment (tenant_id, id),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id),
    foreign key (tenant_id, version_id) references version (tenant_id, id),
    constraint released_version_key unique (tenant_id, version_id, environment_id)
);

create index released_version_supported_idx
    on released_version (tenant_id, environment_id, pacticipant_id)
    where support_ended_at is null;
create index released_version_supported_pacticipant_idx
    on released_version (tenant_id, pacticipant_id, environment_id)
    where support_ended_at is null;
create index released_version_environment_idx on released_version (tenant_id, environment_id);
