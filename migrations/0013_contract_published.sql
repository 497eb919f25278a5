-- no-transaction
-- Work in progress is what was published lately and is the head of a branch or tag: found from the publications of a
-- provider's contracts in order of time, since branches that nobody uses any more are never deleted and outnumber them.
create index concurrently if not exists contract_published_idx on contract (tenant_id, provider_id, created_at desc);
