-- no-transaction
-- Metrics count failures, and the results that came out both ways. Failures are few, so that the index is small, and without
-- it all results would have to be read.
create index concurrently if not exists verification_log_failure_idx
    on verification_log (tenant_id, content_id, provider_version_id)
    where not success;
