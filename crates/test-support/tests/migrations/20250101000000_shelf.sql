-- Something to put things on.
create table shelf (
  id bigint generated always as identity primary key,
  name text not null unique
);
