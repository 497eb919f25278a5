-- no-transaction
-- Whoever deletes a pacticipant asks whether a deployment refers to it, ended ones included: without an index Postgres read
-- them all, for each pacticipant. It costs an entry for each deployment.
create index concurrently if not exists deployed_version_pacticipant_idx on deployed_version (tenant_id, pacticipant_id);
