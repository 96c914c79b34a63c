import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { type AddressGuard, createAddressGuard, type Lookup } from '../../src/index.ts'
import { faultsOf } from '../faults-of.ts'

/** Resolves every name to these addresses. */
const resolving =
  (...addresses: readonly string[]): Lookup =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

const lookUp = (guard: AddressGuard, host: string, options: { readonly all?: boolean } = {}): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    guard.lookup(host, options, (error: Error | null, found: string | LookupAddress[]) => {
      if (error !== null) reject(error)
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    })
  })

describe('a guard', () => {
  it.each(['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254', '::ffff:10.0.0.1', 'fe80::1%lo', '0.0.0.0'])(
    'refuses %s',
    (host) => {
      expect(() => createAddressGuard().check(host)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
    },
  )

  it.each(['9.9.9.9', '2620:fe::fe', 'localhost', 'orders.example'])('lets %s be asked about', (host) => {
    expect(() => createAddressGuard().check(host)).not.toThrow()
  })

  it('lets allowed networks through, and nothing beside them', () => {
    const guard = createAddressGuard({ allow: ['10.20.0.0/16', 'fd00:1::/64', '192.168.0.7'] })
    for (const host of ['10.20.255.1', 'fd00:1::5', '192.168.0.7', '::ffff:10.20.0.1'])
      expect(() => guard.check(host)).not.toThrow()
    for (const host of ['10.21.0.1', 'fd00:1:0:1::5', '192.168.0.8', '127.0.0.1']) expect(() => guard.check(host)).toThrow()
  })

  it('refuses a name that resolves to a private address', async () => {
    const guard = createAddressGuard({}, { lookup: resolving('10.0.0.1', 'fd00::1') })
    await expect(lookUp(guard, 'db.example')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(lookUp(guard, 'db.example', { all: true })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('leaves private addresses out where a name has public ones, too', async () => {
    const guard = createAddressGuard({}, { lookup: resolving('10.0.0.1', '9.9.9.9', '::1') })
    expect(await lookUp(guard, 'db.example', { all: true })).toEqual(['9.9.9.9'])
    expect(await lookUp(guard, 'db.example')).toEqual(['9.9.9.9'])
  })

  it('lets an allowed name through whatever it resolves to', async () => {
    const guard = createAddressGuard({ allow: ['DB.internal.', '*.corp.example'] }, { lookup: resolving('10.0.0.1') })
    for (const host of ['db.internal', 'DB.INTERNAL.', 'a.b.corp.example'])
      expect(await lookUp(guard, host)).toEqual(['10.0.0.1'])
    for (const host of ['corp.example', 'evilcorp.example', 'db.internal.example', 'xdb.internal']) {
      await expect(lookUp(guard, host)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
  })

  it('does not say what a private name resolves to', async () => {
    const guard = createAddressGuard({}, { lookup: resolving('10.77.0.1') })
    await expect(lookUp(guard, 'db.example')).rejects.not.toThrow(/10\.77/)
  })

  it('passes on that a name cannot be resolved', async () => {
    const guard = createAddressGuard(
      {},
      { lookup: (_host, _options, callback) => callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []) },
    )
    await expect(lookUp(guard, 'nowhere.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('resolves with the system where nothing else is given', async () => {
    await expect(lookUp(createAddressGuard(), 'localhost')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await lookUp(createAddressGuard({ allow: ['localhost'] }), 'localhost')).not.toEqual([])
  })

  it('is not made with entries that are none, and names them all', () => {
    const allow = ['10.0.0.0/8', '10.0.0.0/99', 'http://x', '*', '*.', 'a b', '1.2.3', 'ok.example']
    const fault = 'must be a network, an address, a host name or *.domain'
    expect(faultsOf(() => createAddressGuard({ allow }), null)).toEqual({
      'allow.1': fault,
      'allow.2': fault,
      'allow.3': fault,
      'allow.4': fault,
      'allow.5': fault,
      'allow.6': fault,
    })
  })
})
