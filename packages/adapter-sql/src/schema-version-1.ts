import type { SqlDialect } from './dialect.ts'

/** The first version of the tables; `schema.ts` says what they hold. */
export const versionOne = ({ tablePrefix: p, types }: SqlDialect): readonly string[] => {
  const { id, reference, revision, time, text, bytes, clustered } = types
  return [
    `create table ${p}store (name ${text} primary key, value ${text} not null)`,

    `create table ${p}targets (
      id ${id}, team ${text} not null, api ${text} not null, source ${text} not null, unique (team, api, source))`,
    `create table ${p}heads (
      target ${reference} primary key, epoch ${reference}, revision ${revision} not null, fence ${time} not null, removed_at ${time})`,
    `create table ${p}epochs (
      id ${id}, target ${reference} not null, epoch ${text} not null unique, created_at ${time} not null, first_write ${text} not null)`,
    `create index ${p}epochs_target on ${p}epochs (target, id)`,
    `create table ${p}history (
      epoch ${reference} not null, revision ${revision} not null, at ${time} not null, write_id ${text} not null, fence ${time} not null,
      hash ${text} not null, detector ${text} not null, data ${text}, primary key (epoch, revision))`,
    `create index ${p}history_at on ${p}history (at)`,

    // For other tools: the documents under the names that version 1 of the store had.
    `create view ${p}metrics_history as
      select t.team, t.api, t.source, h.data, h.hash, h.at as "createdAt", e.epoch, h.revision
      from ${p}history h join ${p}epochs e on e.id = h.epoch join ${p}targets t on t.id = e.target where h.data is not null`,
    `create view ${p}metrics as
      select t.team, t.api, t.source, h.data, h.hash, e.created_at as "createdAt", h.at as "updatedAt", e.epoch, h.revision
      from ${p}heads d join ${p}targets t on t.id = d.target join ${p}epochs e on e.id = d.epoch
      join ${p}history h on h.epoch = d.epoch and h.revision = d.revision where d.removed_at is null`,

    `create table ${p}series (
      id ${id}, team ${text} not null, service ${text} not null, region ${text} not null, unique (team, service, region))`,
    `create table ${p}samples (
      series ${reference} not null, at ${time} not null, data ${text} not null, primary key (series, at))${clustered}`,
    `create index ${p}samples_at on ${p}samples (at)`,
    `create table ${p}buckets (
      resolution_ms ${time} not null, series ${reference} not null, start ${time} not null, stats ${bytes} not null,
      primary key (resolution_ms, series, start))${clustered}`,
    `create index ${p}buckets_start on ${p}buckets (resolution_ms, start)`,

    `create table ${p}logs (
      seq ${id}, team ${text} not null, id ${text} not null, at ${time} not null, service ${text} not null, severity ${time} not null,
      terms ${text} not null, body ${text} not null, unique (team, id))`,
    `create index ${p}logs_at on ${p}logs (at, seq)`,
    `create index ${p}logs_team on ${p}logs (team, at, seq)`,
    `create index ${p}logs_service on ${p}logs (team, service, at, seq)`,
    `create table ${p}log_terms (
      team ${text} not null, term ${text} not null, at ${time} not null, line ${reference} not null,
      primary key (team, term, at, line))${clustered}`,

    `create table ${p}collections (name ${text} primary key, paths ${text} not null, uniques ${text} not null)`,
    `create table ${p}records (
      store ${text} not null, team ${text} not null, id ${text} not null, epoch ${text} not null, revision ${revision} not null,
      at ${time} not null, value ${text}, ends_at ${time}, writes ${text} not null, primary key (store, team, id))`,
    `create index ${p}records_id on ${p}records (store, id, team)`,
    `create index ${p}records_ends on ${p}records (store, ends_at)`,
    `create table ${p}record_keys (
      path ${text} not null, team ${text} not null, key ${bytes} not null, id ${text} not null,
      primary key (path, team, key, id))${clustered}`,
    `create index ${p}record_keys_all on ${p}record_keys (path, key, id, team)`,
    `create table ${p}record_uniques (
      path ${text} not null, team ${text} not null, value ${text} not null, id ${text} not null,
      primary key (path, team, value))${clustered}`,
  ]
}
