-- no-transaction
-- As for deployments.
create index concurrently if not exists released_version_pacticipant_idx on released_version (tenant_id, pacticipant_id);
