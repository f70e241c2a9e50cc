-- Where each pipeline stands in each partition of what it reads, and who may write on from there. Applied once, in a
-- transaction whose search_path is the engine's own schema (default "millrace"), so that no name below is qualified.

create table schema_version (
  version    int primary key,
  name       text not null,
  applied_at timestamptz not null default clock_timestamp()
);
comment on table schema_version is 'Which numbered files of sql/ were applied; they only ever go forward.';

create table source_offset (
  pipeline    text not null,
  topic       text not null,
  partition   int not null,
  next_offset bigint not null check (next_offset >= 0),
  mark        bigint not null default 0,
  epoch       bigint not null default 0,
  owner       text not null default '',
  owner_pid   int,
  owner_start timestamptz,
  updated_at  timestamptz not null default clock_timestamp(),
  primary key (pipeline, topic, partition)
) with (fillfactor = 50);
comment on table source_offset is
  'First position of each partition that is not stored yet. Written in the transaction that stores what lies before it.';
comment on column source_offset.mark is
  'Fingerprint of the record before next_offset (64 bits, as a signed number), 0: none. Shows a log that was made anew.';
comment on column source_offset.epoch is 'Counts claims; a writer with an older one is fenced.';

-- Takes a partition over on this session and answers where to go on. Whoever held it is ended first, when that session
-- still lives: its open transaction would keep this one waiting. The first look takes no lock, as an insert that came
-- first would wait for that very transaction. backend_start must match too, so that a number that was given to another
-- session since (after a failover, say) harms nobody. Ending another session needs the same role or pg_signal_backend.
create function claim(p text, t text, pt int, o text, first_offset bigint, first_mark bigint,
                      out epoch bigint, out next_offset bigint, out mark bigint)
language plpgsql set search_path from current as $$
declare
  held record;
begin
  select s.owner_pid, s.owner_start into held from source_offset s
   where s.pipeline = p and s.topic = t and s.partition = pt;
  if not found then
    insert into source_offset(pipeline, topic, partition, next_offset, mark) values (p, t, pt, first_offset, first_mark)
        on conflict do nothing;
  elsif held.owner_pid is not null and held.owner_pid <> pg_backend_pid() then
    perform pg_terminate_backend(a.pid, 5000) from pg_stat_activity a
      where a.pid = held.owner_pid and a.backend_start = held.owner_start;
  end if;
  update source_offset s
     set epoch = s.epoch + 1, owner = o, owner_pid = pg_backend_pid(), updated_at = clock_timestamp(),
         owner_start = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid())
   where s.pipeline = p and s.topic = t and s.partition = pt
  returning s.epoch, s.next_offset, s.mark into epoch, next_offset, mark;
end $$;

-- Moves a partition from f to n. Called first in the transaction that stores what lies between, so that a fenced writer
-- fails before it does any work.
create function advance(p text, t text, pt int, e bigint, f bigint, n bigint, m bigint) returns void
language plpgsql set search_path from current as $$
begin
  update source_offset s set next_offset = n, mark = m, updated_at = clock_timestamp()
   where s.pipeline = p and s.topic = t and s.partition = pt and s.epoch = e and s.next_offset = f;
  if not found then
    raise exception 'fenced: %/% epoch % from %', t, pt, e, f using errcode = 'MR001';
  end if;
end $$;

-- Gives a partition back, so that its next owner need not end this session, which may hold others.
create function release(p text, t text, pt int, e bigint) returns void
language sql set search_path from current as $$
  update source_offset s set owner = '', owner_pid = null, owner_start = null, updated_at = clock_timestamp()
   where s.pipeline = p and s.topic = t and s.partition = pt and s.epoch = e;
$$;
