-- What followed from a tag, not from what somebody asked for: a branch for a version without one, a deployment to the
-- environment of that name. Metrics tell the two apart. What is older counts as asked for.
alter table branch_version add column auto_created boolean not null default false;
alter table deployed_version add column auto_created boolean not null default false;
