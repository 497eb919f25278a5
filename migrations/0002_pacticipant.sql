-- An application that consumes or provides, or both. "Pacticipant" is the field's own word.
create table pacticipant (
    tenant_id bigint not null references tenant,
    id bigint generated always as identity,
    name text not null,
    display_name text not null,
    main_branch text,
    repository_url text,
    repository_name text,
    repository_namespace text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint pacticipant_name_key unique (tenant_id, name)
);
