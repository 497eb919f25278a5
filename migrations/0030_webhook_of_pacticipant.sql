-- Webhooks are told of what happens to one pacticipant too: a deployment, a deleted branch. Such a delivery is about no
-- pair. And a body may be the event as such (CloudEvents) in place of a template.
alter table webhook_delivery
    alter column consumer_id drop not null,
    alter column provider_id drop not null;

alter table webhook
    add column body_format text not null default 'template',
    add constraint webhook_body_format_check check (body_format in ('template', 'cloudevents'));
