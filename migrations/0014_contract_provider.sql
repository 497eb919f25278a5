-- no-transaction
-- contract_published_idx begins with the same columns.
drop index concurrently contract_provider_idx;
