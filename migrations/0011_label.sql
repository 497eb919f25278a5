-- A word that groups pacticipants; webhooks can be scoped by it.
create table label (
    tenant_id bigint not null,
    pacticipant_id bigint not null,
    name text not null,
    created_at timestamptz not null,
    primary key (tenant_id, pacticipant_id, name),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id)
);

create index label_name_idx on label (tenant_id, name);
