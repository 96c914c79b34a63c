import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findConfigFaults, parseConfig } from '../src/config-schema.ts'
import { SightlineError } from '../src/errors.ts'

const url = 'http://127.0.0.1:4001/status'
const withRegion = (region: object, api: object = {}) => ({ apis: { orders: { ...api, regions: { 'us-east': region } } } })
const faultsOf = (raw: unknown) => findConfigFaults(raw).map(({ path, message }) => `${path}: ${message}`)

describe('a good configuration', () => {
  it('is passed through as it is', () => {
    const raw = withRegion(
      { url, intervalMs: 500, label: 'US East', headers: { 'x-key': 'tab\tétranger' }, method: 'POST', body: '{}' },
      {
        intervalMs: 100,
        timeoutMs: 10,
        retries: 0,
        ignore: ['generatedAt', 'hosts[].uptime'],
        deadband: { 'load.cpu': 0.5, memory: { percent: 2 } },
        maxPerSecond: 0.5,
        maxBodyBytes: 1,
      },
    )
    expect(parseConfig(raw)).toBe(raw)
  })

  it('lets parts made by code through', () => {
    const raw = {
      apis: {
        jobs: {
          schema: z.object({ depth: z.number() }),
          regions: { here: { probe: { collect: async () => ({ outcome: 'value', value: 1 }) } } },
        },
      },
      access: { authenticate: async () => null },
      plugins: [{ name: 'deploys' }],
      random: () => 0.5,
      retention: { historyDays: 0.5 },
      tuning: { provisionalAfterMs: 0 },
    }
    expect(parseConfig(raw)).toBe(raw)
  })

  it.each([
    ['intervalMs', 100],
    ['intervalMs', 86_400_000],
    ['timeoutMs', 10],
    ['timeoutMs', 600_000],
  ])('accepts the extreme %s %i', (key, value) => {
    expect(faultsOf(withRegion({ url, [key]: value }))).toEqual([])
    expect(faultsOf(withRegion({ url }, { [key]: value }))).toEqual([])
  })

  it('leaves the options of a url to the probe kind, by their names', () => {
    expect(
      faultsOf(
        withRegion({
          url,
          expectedStatus: 'x',
          maxRedirects: -1,
          connection: 1,
          compression: 2,
          apiVersionHeader: 3,
          tls: 4,
          body: 5,
        }),
      ),
    ).toEqual([])
    expect(faultsOf(withRegion({ url, maxRedirect: 1 }))).toEqual([
      'apis.orders.regions.us-east.maxRedirect: is not an option; did you mean maxRedirects?',
    ])
  })

  it('reads undefined as absent', () => {
    expect(faultsOf(withRegion({ url, intervalMs: undefined, probe: undefined }))).toEqual([])
  })
})

describe('faults', () => {
  it('are listed all at once, each with its path', () => {
    expect(
      faultsOf({
        apis: {
          orders: {
            intervalMs: 99,
            retries: 11,
            ignore: ['a..b'],
            deadband: { x: -1 },
            regions: { 'us-east': { url: 'ftp://x', timeoutMs: '5', lable: 'x' }, eu: {} },
          },
          search: { regions: {} },
          'a:b': {},
        },
        retention: { historyDays: 0 },
        storag: {},
        logger: {},
      }),
    ).toEqual([
      'apis.orders.intervalMs: must be a whole number of ms from 100 to 86,400,000',
      'apis.orders.regions.us-east.timeoutMs: must be a whole number of ms from 10 to 600,000',
      'apis.orders.regions.us-east.url: must be an http:// or https:// URL',
      'apis.orders.regions.us-east.lable: is not an option; did you mean label?',
      'apis.orders.regions.eu: needs a url',
      'apis.orders.ignore.0: The path has an empty step.',
      'apis.orders.deadband.x: A deadband is a number of at least 0, or { percent } of one.',
      'apis.orders.retries: must be a whole number of tries from 0 to 10',
      'apis.search.regions: needs at least one region',
      'apis.a:b: must be named with 1 to 100 characters, no control characters, no ":"',
      'apis.a:b.regions: is missing: name at least one region',
      'logger: must be a logger, such as pino()',
      'retention.historyDays: must be a number of days above 0, at most 36,500',
      'storag: is not an option; did you mean storage?',
    ])
  })

  it.each([
    ['nothing', undefined, ': must be an object with apis'],
    ['a list', [], ': must be an object with apis'],
    ['null', null, ': must be an object with apis'],
    ['no apis', {}, 'apis: is missing: name at least one api, or services'],
    ['apis as a list', { apis: [] }, 'apis: must be an object of apis by name'],
    ['empty apis', { apis: {} }, 'apis: needs at least one api'],
    ['an api that is a text', { apis: { a: 'x' } }, 'apis.a: must be an object with regions'],
    ['a region that is a text', { apis: { a: { regions: { b: url } } } }, 'apis.a.regions.b: must be an object with a url'],
  ])('%s', (_, raw, fault) => {
    expect(faultsOf(raw)).toEqual([fault])
  })

  it('refuse both a url and a probe, beside other faults', () => {
    expect(faultsOf(withRegion({ url, probe: { collect: () => {} }, intervalMs: 1 }))).toEqual([
      'apis.orders.regions.us-east.intervalMs: must be a whole number of ms from 100 to 86,400,000',
      'apis.orders.regions.us-east: has both a url and a probe; leave one out',
    ])
  })

  it.each(['', 'a:b', 'a\nb', 'x'.repeat(101), '__proto__'])('refuse the name %j for an api and a region', (name) => {
    const named = (value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object
    expect(findConfigFaults({ apis: named({ regions: { b: { url } } }) })).toHaveLength(1)
    expect(findConfigFaults({ apis: { a: { regions: named({ url }) } } })).toHaveLength(1)
  })

  it('quote names with dots in paths', () => {
    expect(findConfigFaults({ apis: { 'a.b': { regions: { c: {} } } } })[0]?.path).toBe('apis["a.b"].regions.c')
  })

  it.each([
    ['url', { url: 'https://user:hunter2@', intervalMs: 5 }],
    ['label', { url, label: 'hunter2\n' }],
    ['probe', { probe: { password: 'hunter2' } }],
  ])('never repeat a value: %s', (_, region) => {
    const faults = JSON.stringify(findConfigFaults(withRegion(region)))
    expect(faults).not.toBe('[]')
    expect(faults).not.toContain('hunter2')
  })

  it('name services that need each other in a ring', () => {
    const services = {
      a: { dependsOn: ['b'] },
      b: { dependsOn: ['c'] },
      c: { dependsOn: ['a', 'd'] },
      d: { dependsOn: ['elsewhere'] },
    }
    expect(faultsOf({ services })).toEqual([
      'services.a.dependsOn: must not lead back to the service: a needs b needs c needs a',
      'services.b.dependsOn: must not lead back to the service: b needs c needs a needs b',
      'services.c.dependsOn: must not lead back to the service: c needs a needs b needs c',
    ])
  })

  it('become one error that lists them', () => {
    const error = (() => {
      try {
        return parseConfig({ apis: { a: { regions: { b: {} } } }, nme: 'x' })
      } catch (thrown) {
        return SightlineError.from(thrown)
      }
    })() as SightlineError
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', fields: [{ path: 'apis.a.regions.b' }, { path: 'nme' }] })
    expect(error.message).toBe(
      'The configuration has 2 faults.\n  apis.a.regions.b: needs a url\n  nme: is not an option; did you mean name?',
    )
  })
})
