import type { SqlDialect } from './dialect.ts'
import { spanMs, type TimedTable } from './partitions/partition-plan.ts'

/**
 * A target's head knows its remembered writes and when its latest document was written, so that history may go without asking. On
 * PostgreSQL what has a time is kept in partitions by it.
 */
export const versionTwo = (dialect: SqlDialect): readonly string[] => [
  ...rebuildHeads(dialect),
  ...(dialect.isPartitioned ? partitionTables(dialect) : []),
  ...createViews(dialect),
]

const rebuildHeads = ({ name, tablePrefix: p, types: { reference, revision, time, text } }: SqlDialect): readonly string[] => {
  const ofHead = `h.epoch = d.epoch and h.revision > d.revision - 8`
  const recent =
    name === 'postgres'
      ? `(select coalesce(json_agg(h.write_id order by h.revision), '[]')::text from ${p}history h where ${ofHead})`
      : `(select json_group_array(write_id) from
          (select h.write_id from ${p}history h where ${ofHead} order by h.revision))`
  return [
    `drop view ${p}metrics`,
    `drop view ${p}metrics_history`,
    `alter table ${p}heads rename to ${p}heads_1`,
    `create table ${p}heads (
      target ${reference} not null, epoch ${reference}, revision ${revision} not null, fence ${time} not null, removed_at ${time},
      at ${time} not null, recent ${text} not null, primary key (target))`,
    `insert into ${p}heads (target, epoch, revision, fence, removed_at, at, recent)
      select d.target, d.epoch, d.revision, d.fence, d.removed_at,
        coalesce((select h.at from ${p}history h where h.epoch = d.epoch and h.revision = d.revision), 0), ${recent}
      from ${p}heads_1 d`,
    `drop table ${p}heads_1`,
    // Rows that stood for nothing but their write.
    `delete from ${p}history where data is null`,
  ]
}

const createViews = ({ tablePrefix: p }: SqlDialect): readonly string[] => [
  `create view ${p}metrics_history as
    select t.team, t.api, t.source, h.data, h.hash, h.at as "createdAt", e.epoch, h.revision
    from ${p}history h join ${p}epochs e on e.id = h.epoch join ${p}targets t on t.id = e.target`,
  `create view ${p}metrics as
    select t.team, t.api, t.source, h.data, h.hash, e.created_at as "createdAt", h.at as "updatedAt", e.epoch, h.revision
    from ${p}heads d join ${p}targets t on t.id = d.target join ${p}epochs e on e.id = d.epoch
    join ${p}history h on h.epoch = d.epoch and h.revision = d.revision and h.at = d.at where d.removed_at is null`,
]

const partitionTables = ({ tablePrefix: p, types: { revision, time, text } }: SqlDialect): readonly string[] => [
  `create table ${p}log_ids (team ${text} not null, id ${text} not null, at ${time} not null, primary key (team, id))`,
  `insert into ${p}log_ids (team, id, at) select team, id, at from ${p}logs`,
  `create index ${p}log_ids_at on ${p}log_ids (at)`,

  `alter table ${p}history drop constraint ${p}history_pkey`,
  `alter table ${p}logs drop constraint ${p}logs_pkey, drop constraint ${p}logs_team_id_key, alter column seq drop identity if exists`,
  `create sequence ${p}log_seq`,
  `select setval('${p}log_seq', coalesce((select max(seq) from ${p}logs), 0) + 1)`,

  ...partition(p, 'history', [
    `(epoch bigint not null, revision ${revision} not null, at ${time} not null, write_id ${text} not null, fence ${time} not null,
      hash ${text} not null, detector ${text} not null, data ${text}, unique (epoch, revision, at))`,
    `create index ${p}history_time on ${p}history (at)`,
  ]),
  ...partition(p, 'samples', [
    `(series bigint not null, at ${time} not null, data ${text} not null, primary key (series, at))`,
    `create index ${p}samples_time on ${p}samples (at)`,
  ]),
  ...partition(p, 'logs', [
    `(seq bigint not null default nextval('${p}log_seq'), team ${text} not null, id ${text} not null, at ${time} not null,
      service ${text} not null, severity ${time} not null, terms ${text} not null, body ${text} not null)`,
    `create index ${p}logs_time on ${p}logs (at, seq)`,
    `create index ${p}logs_team_time on ${p}logs (team, at, seq)`,
    `create index ${p}logs_service_time on ${p}logs (team, service, at, seq)`,
  ]),
  ...partition(p, 'log_terms', [
    `(team ${text} not null, term ${text} not null, at ${time} not null, line bigint not null, primary key (team, term, at, line))`,
  ]),
]

/**
 * What is there becomes the partition of the past: it reaches up to the start of the present span where it holds nothing younger, else to
 * the end of it, and what is later still goes into the default partition. No row else is copied.
 */
const partition = (p: string, table: TimedTable, [columns, ...indexes]: readonly string[]): readonly string[] => [
  `alter table ${p}${table} rename to ${p}${table}_past`,
  `create table ${p}${table} ${columns} partition by range (at)`,
  ...indexes,
  `create table ${p}${table}_default partition of ${p}${table} default`,
  `do $$
    declare
      span constant double precision := ${spanMs(table)};
      origin constant double precision := ${Date.UTC(2001, 0, 1)};
      start constant double precision := origin + floor((extract(epoch from clock_timestamp()) * 1000 - origin) / span) * span;
      reach double precision := start;
    begin
      if exists (select from ${p}${table}_past where at >= start) then reach := start + span; end if;
      with later as (delete from ${p}${table}_past where at >= reach returning *)
        insert into ${p}${table} select * from later;
      execute format('alter table ${p}${table} attach partition ${p}${table}_past for values from (minvalue) to (%s)', reach::numeric);
    end
  $$`,
]
