-- no-transaction
-- What contents use is found after the upgrade, little by little: those that are left are found without reading the others.
create index concurrently if not exists contract_content_unread_idx on contract_content (tenant_id, id)
    where usage_rules is null;
