-- Something to put there.
create table book (
  shelf_id bigint not null references shelf,
  title text not null,
  primary key (shelf_id, title)
);
