-- Everything belongs to a tenant: its id is the first column of every key, so that tables can be partitioned,
-- moved or distributed by tenant without a rewrite. There is one tenant for now.
create table tenant (
    id bigint primary key,
    name text not null,
    -- Secrets of the tenant are sealed with this key, which is itself sealed with the key of the installation.
    -- Null until the first start with a key.
    sealed_data_key bytea,
    created_at timestamptz not null,
    constraint tenant_name_key unique (name)
);

insert into tenant (id, name, created_at) values (1, 'default', '2026-01-01T00:00:00Z');
