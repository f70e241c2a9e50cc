-- What engines write down of themselves: receipts of changes, rulesets with their files, which was active when. Kept
-- outside of the transactions that store events; who writes them says how long they stay.

create table record (
  scope text not null,
  kind  text not null,
  key   text not null,
  at    timestamptz not null,
  bytes bytea not null,
  primary key (scope, kind, key)
);
comment on table record is 'What engines remember, by pipeline (scope), kind and key.';
comment on column record.kind is
  'receipt: a change and what came of it, JSON; ruleset: the files of one, by hash; activation: the hash, by time.';
create index record_at on record (scope, kind, at desc);

create view receipt as
  select scope as pipeline, key as id, at, convert_from(bytes, 'UTF8')::jsonb as receipt from record where kind = 'receipt';
comment on view receipt is 'Every attempt to change what a pipeline runs, refused ones too.';
