-- What came of trying a webhook has an address of its own below that of the webhook: so a page can be read again without
-- sending again. Null where what was tried is not saved.
alter table webhook_test add column webhook_id text;
