-- Dead letters are listed and tried again, the newest first.
create index job_dead_idx on job (tenant_id, id) where dead_at is not null;
