-- no-transaction
-- Comparisons by settings that a provider no longer has are looked for, to be removed.
create index concurrently comparison_configuration_idx on comparison (tenant_id, provider_id, configuration);
