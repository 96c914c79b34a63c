import type { Service } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import {
  changesOf,
  draftOf,
  emptyDraft,
  faultAt,
  faultsOf,
  otherFaults,
  specOf,
  splitNames,
} from '../../page/services/service-draft.ts'

const stored: Service = {
  name: 'db',
  title: 'Orders database',
  check: { kind: 'http', url: 'https://db.example', method: 'HEAD', headers: { 'x-key': '***' } },
  regions: ['eu', 'us'],
  intervalMs: 15_000,
  timeoutMs: 2_500,
  enabled: true,
  tags: ['core'],
  owner: 'ann',
  quorum: 2,
  dependsOn: ['network'],
  origin: 'stored',
  version: { epoch: 'e', revision: 3 },
}

it('a stored service comes out of the form as it went in', () => {
  const { spec, faults } = specOf(draftOf(stored))
  expect(faults).toEqual({})
  expect(spec).toEqual({
    title: 'Orders database',
    check: stored.check,
    regions: ['eu', 'us'],
    intervalMs: 15_000,
    timeoutMs: 2_500,
    tags: ['core'],
    owner: 'ann',
    quorum: 2,
    dependsOn: ['network'],
  })
})

it('a service that is given by its URL alone is checked by HTTP', () => {
  const { check: _, ...rest } = stored
  expect(specOf(draftOf({ ...rest, url: 'https://x.example' })).spec.check).toEqual({ kind: 'http', url: 'https://x.example' })
})

it('each option gets the type of its kind', () => {
  const tcp = specOf({ ...emptyDraft, name: 'm', kind: 'tcp', options: { host: 'mail.example', port: '25' } })
  expect(tcp.spec.check).toEqual({ kind: 'tcp', host: 'mail.example', port: 25 })
  const dns = specOf({
    ...emptyDraft,
    name: 'd',
    kind: 'dns',
    options: { name: 'x.example', expect: ' 192.0.2.1 \n\n192.0.2.2' },
  })
  expect(dns.spec.check).toEqual({ kind: 'dns', name: 'x.example', expect: ['192.0.2.1', '192.0.2.2'] })
  expect(specOf({ ...emptyDraft, name: 'r', kind: 'report' }).spec.check).toBeUndefined()
  expect(specOf({ ...emptyDraft, name: 'h', kind: 'heartbeat' }).spec.check).toEqual({ kind: 'heartbeat' })
})

it('tells what is missing, and what is no JSON, by field', () => {
  expect(specOf(emptyDraft).faults).toEqual({ name: 'Name is missing', 'check.url': 'URL is missing' })
  const draft = { ...emptyDraft, name: 'x', options: { url: 'https://x.example' } }
  expect(specOf({ ...draft, moreOptions: '{' }).faults).toEqual({ check: 'is not valid JSON' })
  expect(specOf({ ...draft, moreOptions: '[1]' }).faults.check).toMatch(/must be a JSON object/)
})

it('what is taken out of the form is taken away from the service', () => {
  const { spec } = specOf({ ...draftOf(stored), title: '', owner: '', timeoutSeconds: '' })
  expect(changesOf(spec, stored)).toMatchObject({ title: null, owner: null, timeoutMs: null, regions: ['eu', 'us'] })
  expect(changesOf(spec, stored)).not.toHaveProperty('description')
})

it('faults of the server find their field, whether it was new or changed', () => {
  const faults = faultsOf([
    { path: 'changes.check.headers.x-key', message: 'is no header' },
    { path: 'url', message: 'must be a URL' },
    { path: 'regions.1', message: 'must be a name' },
    { path: 'rules', message: 'are unknown' },
  ])
  expect(faultAt(faults, 'check.url')).toBe('must be a URL')
  expect(faultAt(faults, 'regions')).toBe('must be a name')
  expect(faultAt(faults, 'name')).toBeUndefined()
  expect(otherFaults(faults, ['regions', 'check.url'])).toEqual(['check.headers.x-key: is no header', 'rules: are unknown'])
})

it('names are split at commas, each once', () => {
  expect(splitNames(' a, b ,,a')).toEqual(['a', 'b'])
})
