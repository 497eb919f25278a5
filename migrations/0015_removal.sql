-- no-transaction
-- Deleting a pacticipant asks which deliveries were about it as a provider.
create index concurrently if not exists webhook_delivery_provider_idx on webhook_delivery (tenant_id, provider_id);
