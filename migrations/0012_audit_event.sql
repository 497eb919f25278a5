-- Who did what, appended in the transaction of the change and never changed.
create table audit_event (
    tenant_id bigint not null references tenant,
    id uuid not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail json not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);

create index audit_event_subject_idx on audit_event (tenant_id, subject, id desc);
