-- Events that were refused, with the reason; stored in the transaction that moves the position past them. Everything that
-- a replay needs is kept as it came: any bytes fit.

create table dead_letter (
  id          bigint generated always as identity primary key,
  pipeline    text not null,
  topic       text not null,
  partition   int not null,
  off         bigint not null,
  event_time  timestamptz not null,
  key         bytea,
  payload     bytea,
  headers     bytea[] not null default '{}',
  code        text not null default '',
  sqlstate    text,
  reason      text not null default '',
  path        text,
  column_name text,
  target      text,
  rule        text,
  ruleset     text,
  at          timestamptz not null default clock_timestamp(),
  replayed_at timestamptz
);
comment on table dead_letter is 'Events that were refused, each once, as they came, with the reason.';
comment on column dead_letter.partition is '-1: the event came from no log (HTTP); off says nothing then.';
comment on column dead_letter.payload is 'NULL: there was none (a tombstone).';
comment on column dead_letter.headers is 'key, value, key, value, ...; a NULL value is a header without one.';
comment on column dead_letter.code is 'Of whoever refused it: E0412 of the rules, 22P05 of PostgreSQL.';
comment on column dead_letter.sqlstate is 'When a table refused it; then column_name and target say which.';
comment on column dead_letter.path is 'The field of the event that was to blame.';
comment on column dead_letter.ruleset is 'Hash of the rules that decided.';
comment on column dead_letter.replayed_at is 'When it was handed in again and acknowledged.';

create unique index dead_letter_once on dead_letter (pipeline, topic, partition, off) where partition >= 0;
create index dead_letter_at on dead_letter (at);
