import type { SqlDialect } from './dialect.ts'
import { LAST_MS, PLACES_PER_MS } from './logs/log-places.ts'

/** SQLite: a full-text index takes the place of the tree of terms, and lines get places that grow with time. */
export const versionThree = ({ name, tablePrefix: p }: SqlDialect): readonly string[] =>
  name === 'sqlite'
    ? [
        `alter table ${p}logs rename to ${p}logs_2`,
        `create table ${p}logs (
          seq integer primary key, team text not null, id text not null, at integer not null, service text not null,
          severity integer not null, terms text not null, body text not null, unique (team, id))`,
        `insert into ${p}logs (seq, team, id, at, service, severity, terms, body)
          select max(${-LAST_MS}, min(${LAST_MS}, cast(floor(at) as integer))) * ${PLACES_PER_MS}
              + row_number() over (partition by max(${-LAST_MS}, min(${LAST_MS}, cast(floor(at) as integer))) order by seq) - 1,
            team, id, at, service, severity, terms, body from ${p}logs_2`,
        `create virtual table ${p}log_index using fts5(
          tokens, content='', contentless_delete=1, detail=none, tokenize='ascii')`,
        `insert into ${p}log_index (rowid, tokens)
          select n.seq, 's' || hex(n.team) || 'g' || hex(n.service)
            || case when n.severity >= 13 then ' v' || hex(n.team) || 'g' || hex('13') else '' end
            || case when n.severity >= 17 then ' v' || hex(n.team) || 'g' || hex('17') else '' end
            || case when n.severity >= 21 then ' v' || hex(n.team) || 'g' || hex('21') else '' end
            || coalesce((select ' ' || group_concat('t' || hex(t.team) || 'g' || hex(t.term), ' ')
                from ${p}log_terms t join ${p}logs_2 o on o.seq = t.line and o.at = t.at
                where o.team = n.team and o.id = n.id and t.team = n.team), '')
          from ${p}logs n order by n.seq`,
        `drop table ${p}logs_2`,
        `drop table ${p}log_terms`,
        `create index ${p}logs_at on ${p}logs (at, seq)`,
        `create index ${p}logs_team on ${p}logs (team, at, seq)`,
        `create index ${p}logs_service on ${p}logs (team, service, at, seq)`,
      ]
    : []
