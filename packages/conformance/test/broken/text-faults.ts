import type { Scope, Series, SnapshotKey, SnapshotWrite, StorageDriver, Write } from '@sightline/core/ports'
import { hostileBodies } from '../../src/storage/hostile-text.ts'
import { alter, type Fault, fault } from './fault.ts'

const survives = (...what: readonly string[]): readonly string[] =>
  what.map((each) => {
    if (!Object.hasOwn(hostileBodies, each)) throw new Error(`There is no such body: ${each}`)
    return `fidelity: a body survives: ${each}`
  })

const bodiesThrough = (breaks: string, noticedBy: readonly string[], change: (body: string) => string): Fault =>
  fault(breaks, noticedBy, (driver) => ({
    snapshots: {
      replace: (writes: readonly SnapshotWrite[]) =>
        driver.snapshots.replace(writes.map((write) => ({ ...write, body: change(write.body) }))),
    },
    logs: {
      append: (scope, entries) =>
        driver.logs.append(
          scope,
          entries.map((entry) => ({ ...entry, body: change(entry.body) })),
        ),
    },
  }))

const aLogLine = 'fidelity: a log line survives: its body, names and terms'

const sortedKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted()
      .map(([key, item]) => [key, sortedKeys(item)]),
  )
}

const named = (name: string): boolean => name !== ''

const bodyFaults: readonly Fault[] = [
  bodiesThrough(
    'bodies are parsed and written again',
    [
      ...survives(
        'escaped lone surrogates',
        'raw lone surrogates',
        'raw lone surrogate beside what stands for one elsewhere',
        'numbers that lose their spelling',
        'numbers beyond any engine',
        'duplicate keys',
        'key order',
        'white space',
        'quotes and escapes',
      ),
      aLogLine,
    ],
    (body) => JSON.stringify(JSON.parse(body)),
  ),
  bodiesThrough(
    'bodies go through UTF-8',
    survives('raw lone surrogates', 'raw lone surrogate beside what stands for one elsewhere'),
    (body) => body.toWellFormed(),
  ),
  bodiesThrough('keys are sorted', survives('key order', 'keys with $', 'dotted and empty keys'), (body) =>
    body.startsWith('{"') ? JSON.stringify(sortedKeys(JSON.parse(body))) : body,
  ),
  bodiesThrough('keys with $ are escaped and stay so', survives('keys with $', 'what looks like an extended type'), (body) =>
    body.replaceAll('"$', '"＄'),
  ),
  bodiesThrough('dots in keys become paths', survives('dotted and empty keys'), (body) => body.replaceAll('"a.b":', '"a":')),
  bodiesThrough('escaped NULs are taken out', survives('escaped NUL'), (body) => body.replaceAll('\\u0000', '')),
  bodiesThrough('escapes are resolved', survives('escaped lone surrogates', 'quotes and escapes'), (body) =>
    body.replaceAll('\\ud83d\\ude00', '😀').replaceAll('\\u0041', 'A'),
  ),
  bodiesThrough('control characters are taken out', survives('raw control characters that JSON allows'), (body) =>
    body.replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, ''),
  ),
  bodiesThrough('text is brought into one normal form', survives('normal forms of Unicode'), (body) => body.normalize('NFC')),
  bodiesThrough(
    'only the basic plane is stored',
    survives('emoji and beyond the basic plane', 'half a million wide characters'),
    (body) => body.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  ),
  bodiesThrough('nested arrays are flattened', survives('nested arrays'), (body) => body.replaceAll('[[[[[]]]]', '[[]')),
  bodiesThrough('nesting ends at a hundred', survives('deep nesting'), (body) =>
    body.startsWith('['.repeat(101)) ? '[]' : body,
  ),
  bodiesThrough('bodies are cut at a million characters', survives('a megabyte'), (body) => body.slice(0, 1_000_000)),
  bodiesThrough('bodies are cut at half a million characters', survives('a megabyte', 'half a million wide characters'), (body) =>
    body.slice(0, 500_000),
  ),
  bodiesThrough('a prototype is not stored', survives('keys of a prototype'), (body) =>
    body.replace('"__proto__":{"polluted":true},', ''),
  ),
  bodiesThrough(
    'only objects and arrays are documents',
    survives('bare values', 'null', 'a lone zero', 'an empty text'),
    (body) => (/^[\s]*[[{]/.test(body) ? body : '{}'),
  ),
]

type Fold = (name: string) => string

/** Every name that goes in is folded first, as a key or a collation might. */
const folded = (driver: StorageDriver, fold: Fold): StorageDriver => {
  const key = ({ team, api, region }: SnapshotKey): SnapshotKey => ({ team: fold(team), api: fold(api), region: fold(region) })
  const series = ({ team, service, region }: Series): Series => ({
    team: fold(team),
    service: fold(service),
    region: fold(region),
  })
  const scope = (given: Scope): Scope => (given === 'system' ? given : { team: fold(given.team) })
  const write = <W extends Write>(given: W): W => ({
    ...given,
    id: fold(given.id),
    team: fold(given.team),
    value: foldTexts(given.value, fold),
  })
  return alter(driver, {
    snapshots: {
      load: (keys) => driver.snapshots.load(keys.map(key)),
      replace: (writes) => driver.snapshots.replace(writes.map((given) => ({ ...given, key: key(given.key) }))),
      heads: (given, page) => driver.snapshots.heads(scope(given), page),
    },
    samples: {
      append: (points) =>
        driver.samples.append(
          points.map((point) => ({
            ...point,
            series: series(point.series),
            values: Object.fromEntries(Object.entries(point.values).map(([name, value]) => [fold(name), value])),
          })),
        ),
      points: (span, page) => driver.samples.points({ ...span, series: span.series.map(series) }, page),
    },
    logs: {
      append: (given, entries) =>
        driver.logs.append(
          scope(given),
          entries.map((entry) => ({ ...entry, id: fold(entry.id), service: fold(entry.service), terms: entry.terms.map(fold) })),
        ),
      search: (given, query) =>
        driver.logs.search(scope(given), {
          ...query,
          ...(query.service === undefined ? {} : { service: fold(query.service) }),
          ...(query.terms === undefined ? {} : { terms: query.terms.map(fold) }),
        }),
    },
    commit: (commits) =>
      driver.commit(commits.map(({ write: first, then }) => Object.assign({ write: write(first) }, { then: then.map(write) }))),
    collection: (collection) => ({
      load: (given, ids) => collection.load(scope(given), ids.map(fold)),
      list: (given, query) =>
        collection.list(scope(given), {
          ...query,
          equals: Object.fromEntries(
            Object.entries(query.equals).map(([name, value]) => [name, typeof value === 'string' ? fold(value) : value]),
          ),
        }),
    }),
  })
}

const foldTexts = (value: unknown, fold: Fold): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, typeof text === 'string' ? fold(text) : text]))
    : value

const foldedNames = [
  'names stay apart as api',
  'names stay apart as region',
  'names stay apart as team',
  'names stay apart as the id of a record',
  'names stay apart as the team of a record',
  'texts stay apart as unique values and in an index',
  'names stay apart as service, region and team of samples',
  'names of sample values survive',
  'a log line survives: its body, names and terms',
].map((title) => `fidelity: ${title}`)

const folds: Readonly<Record<string, Fold>> = {
  'names are compared without case': (name) => name.toLowerCase(),
  'spaces at the end of a name are nothing': (name) => name.trimEnd(),
  'names are brought into one normal form': (name) => name.normalize('NFC'),
  'names are brought into a compatible form': (name) => name.normalize('NFKC'),
  'a name ends at a NUL': (name) => name.split('\u0000')[0] ?? '',
  'names are cut at 199 characters': (name) => name.slice(0, 199),
  'only the basic plane is stored in names': (name) => name.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  'what cannot be seen is taken out of names': (name) => name.replaceAll(/[\u200b\ufeff\u00a0]/g, ''),
  'names are unescaped': (name) => name.replaceAll('%2F', '/'),
  'quotes in names are doubled': (name) => (named(name) ? name.replaceAll("''", "'") : name),
}

/** Text that does not come back as it was. */
export const textFaults: readonly Fault[] = [
  ...bodyFaults,
  ...Object.entries(folds).map(
    ([breaks, fold]): Fault => ({ breaks, noticedBy: foldedNames, wrap: () => (driver) => folded(driver, fold) }),
  ),

  {
    breaks: 'names that are not well-formed Unicode are mended',
    noticedBy: [
      'fidelity: a name that is not well-formed Unicode is refused, and nothing written',
      'commits: a call with a malformed commit is refused whole',
    ],
    wrap: () => (driver) => folded(driver, (name) => name.toWellFormed()),
  },

  fault(
    'numbers of samples are stored in single precision',
    ['fidelity: numbers of samples keep every digit', 'samples: points without values and with many survive'],
    (driver) => ({
      samples: {
        append: (points) =>
          driver.samples.append(
            points.map((point) => ({
              ...point,
              values: Object.fromEntries(
                Object.entries(point.values).map(([name, value]) => [name, Math.min(Math.fround(value), 3e38)]),
              ),
            })),
          ),
      },
    }),
  ),

  fault(
    'keys of records that begin with $ are left out',
    ['fidelity: a record keeps its value, whatever its keys and texts'],
    (driver) => ({
      commit: (commits) =>
        driver.commit(
          commits.map((commit) => ({
            ...commit,
            write: {
              ...commit.write,
              value: JSON.parse(JSON.stringify(commit.write.value ?? null), (name, item) =>
                name.startsWith('$') ? undefined : item,
              ),
            },
          })),
        ),
    }),
  ),
]
