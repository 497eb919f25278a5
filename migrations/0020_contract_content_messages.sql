-- How many of the ids in interaction_ids are of messages: metrics count them apart. What is older counts as without.
alter table contract_content add column message_count integer not null default 0;
