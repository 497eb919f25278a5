-- Order of creation is what "latest" means, never the number or the date. One sequence for all: gaps are allowed,
-- so publishing takes no lock to get a position.
create sequence version_position as bigint;

create table version (
    tenant_id bigint not null,
    id bigint generated always as identity,
    pacticipant_id bigint not null,
    number text not null,
    position bigint not null default nextval('version_position'),
    build_url text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, pacticipant_id) references pacticipant (tenant_id, id),
    constraint version_number_key unique (tenant_id, pacticipant_id, number)
);

create index version_position_idx on version (tenant_id, pacticipant_id, position desc);
