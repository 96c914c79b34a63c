import { expect, test } from 'vitest'
import { allowAll, denyAll, toAccess } from '../../src/access/policies.ts'

const request = { permission: 'metrics:view', team: 'acme' }
const credentials = { headers: {}, auth: null, address: '' }

test('allowAll and denyAll do as they say', () => {
  const principal = { id: 'ada', roles: ['*'], teams: ['acme'] }
  expect(allowAll().allows({ ...request, principal: null })).toBe(true)
  expect(denyAll().allows({ ...request, principal })).toBe(false)
  expect(toAccess(undefined).policy).toBe('deny-all')
})

test.each([
  [null, false],
  [{ id: 'a', roles: ['metrics:view'], teams: ['acme'] }, true],
  [{ id: 'a', roles: ['*'], teams: ['acme'] }, true],
  [{ id: 'a', roles: ['metrics:view'], teams: ['other'] }, false],
  [{ id: 'a', roles: ['targets:manage'], teams: ['acme'] }, false],
  [{ id: 'a', roles: ['*'], teams: [] }, false],
])("a host's own login without a rule of its own: %j may: %s", (principal, may) => {
  const access = toAccess({ authenticate: () => principal })
  expect(access.policy).toBe('custom')
  expect(access.allows({ ...request, principal })).toBe(may)
})

test('a principal of no team is of the default team', () => {
  const access = toAccess({ authenticate: () => null })
  expect(access.allows({ permission: 'metrics:view', team: 'default', principal: { id: 'a', roles: ['*'], teams: [] } })).toBe(
    true,
  )
})

test('what authenticates may be async, and answers what it answers', async () => {
  const ada = { id: 'ada', roles: [], teams: [] }
  expect(await toAccess({ authenticate: async () => ada }).authenticate(credentials)).toBe(ada)
})
