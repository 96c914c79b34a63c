import { expect, test } from 'vitest'
import { createAuthority } from '../../src/access/authority.ts'
import type { Access } from '../../src/ports/access.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { testClock } from '../../src/testing/index.ts'

const request = { principal: null, permission: 'metrics:view', team: 'default' }
const credentials = { headers: {}, auth: null, address: '' }
const never = new Promise<never>(() => {})

const setUp = (access: Partial<Access>) => {
  const clock = testClock()
  const lines: string[] = []
  const logger = { ...silentLogger(), error: (_about: unknown, message: string) => void lines.push(message) }
  const whole: Access = { policy: 'custom', authenticate: async () => null, allows: () => true, ...access }
  return { clock, lines, authority: createAuthority({ access: whole, logger: logger as never, clock }) }
}

test('what the policy answers at once needs no timer', async () => {
  const { authority, clock } = setUp({ allows: ({ permission }) => permission === 'metrics:view' })
  expect(await authority.allows(request)).toBe(true)
  await expect(authority.demand({ ...request, permission: 'targets:manage' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(clock.pending).toBe(0)
})

test('a policy that fails says no, and why stands in the log', async () => {
  const { authority, lines } = setUp({ allows: async () => Promise.reject(new Error('ldap is away')) })
  expect(await authority.allows(request)).toBe(false)
  expect(lines).toHaveLength(1)
})

test.each(['allows', 'demand'] as const)('%s of a policy that never answers ends in a TIMEOUT', async (method) => {
  const { authority, clock, lines } = setUp({ allows: () => never })
  const asked = authority[method](request)
  const outcome = expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' })
  await clock.advance(10_000)
  await outcome
  expect(lines).toEqual(['The access policy did not answer; the request is refused.'])
  expect(clock.pending).toBe(0)
})

test('a login that never answers ends in a TIMEOUT; one that answers late enough leaves no timer', async () => {
  const { authority, clock } = setUp({ authenticate: () => never })
  const outcome = expect(authority.authenticate(credentials)).rejects.toMatchObject({ code: 'TIMEOUT' })
  await clock.advance(10_000)
  await outcome
  const quick = setUp({})
  expect(await quick.authority.authenticate(credentials)).toBeNull()
  expect(quick.clock.pending).toBe(0)
})

test('a login that fails is UNAUTHENTICATED, without its reason', async () => {
  const { authority } = setUp({ authenticate: async () => Promise.reject(new Error('jwt malformed')) })
  await expect(authority.authenticate(credentials)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: 'The credentials were not accepted.',
  })
})
