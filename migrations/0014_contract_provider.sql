-- no-transaction
-- contract_published_idx begins with the same columns.
drop index concurrently if exists contract_provider_idx;
