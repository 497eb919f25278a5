-- no-transaction
-- What contents use is found after the upgrade, little by little, and anew when the rules change: those that were not read by the
-- newest rules are found without reading the others.
create index concurrently if not exists contract_content_unread_idx on contract_content (tenant_id, (coalesce(usage_rules, 0::smallint)), id);
