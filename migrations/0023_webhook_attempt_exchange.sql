-- What was sent and answered in an attempt, for programs: the log tells the same to people. Of the request only what
-- cannot be a secret, of the answer only what does not repeat one. Null for attempts that called nobody.
alter table webhook_attempt add column exchange json;
