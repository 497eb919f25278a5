-- How contracts are held against what a provider offers, where its team wants it otherwise than usual. What was compared
-- by other settings is not looked at: its configuration is another one.
create table comparison_setting (
    tenant_id bigint not null,
    provider_id bigint not null,
    profile text not null,
    -- By the code of a finding how bad it is.
    severities json not null,
    -- Identifies the settings: equal settings, equal configuration.
    configuration text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, provider_id),
    foreign key (tenant_id, provider_id) references pacticipant (tenant_id, id) on delete cascade
);
