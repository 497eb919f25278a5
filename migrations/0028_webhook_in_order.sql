-- A webhook may want to be told of one thing after the other: then a delivery waits until those before it are done.
alter table webhook add column in_order boolean not null default false;
