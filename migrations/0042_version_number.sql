-- no-transaction
-- Who looks for a version knows the beginning of its number, often no more than seven letters of a hash, and not always of
-- what. Compared byte by byte, so that a beginning is a range.
create index concurrently if not exists version_number_idx on version (tenant_id, number text_pattern_ops);
