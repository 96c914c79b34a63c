import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { SightlineError } from '@sightline/core'
import { type AddressRange, classifyAddress, isInRange, toAddressBytes, toAddressRange } from './address-class.ts'

/**
 * Keeps probes of addresses that users enter away from the monitor's own surroundings: loopback, private and unique-local networks,
 * link-local (169.254.169.254, where clouds keep credentials), carrier-grade NAT, multicast, reserved ranges, and all of them
 * inside IPv6. Asked for every connection, when its address is known, so that neither a redirect nor a name that resolves to
 * something else the second time gets around it.
 */
export interface AddressGuard {
  /**
   * Before connecting to `host`: an address is judged here, a name by `lookup`.
   *
   * @throws SightlineError `FORBIDDEN` for an address that is not to be reached.
   */
  check(host: string): void
  /** For `net.connect` and `tls.connect`: answers with the addresses that may be reached, or fails with `FORBIDDEN` where none is. */
  readonly lookup: LookupFunction
}

/** What a guard lets through, beside the public Internet. */
export interface AddressGuardOptions {
  /**
   * Networks (`10.20.0.0/16`, `fd00:1::/64`), addresses, host names and names below a domain (`*.corp.example`). A name is let
   * through whatever it resolves to. Default none.
   */
  readonly allow?: readonly string[]
}

/** As a probe kind takes it: a guard, what one is made with, or false for none. */
export type GuardOption = AddressGuard | AddressGuardOptions | false

/** How names are resolved; `node:dns`'s `lookup`. */
export type Lookup = (
  host: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A guard for addresses that come from users.
 *
 * @throws SightlineError `INVALID_CONFIG` naming every entry of `allow` that is neither network, address nor host name.
 * @example
 * const guard = createAddressGuard({ allow: ['10.20.0.0/16', '*.corp.example'] })
 * const kinds = probeKinds({ guard })
 */
export const createAddressGuard = (
  { allow = [] }: AddressGuardOptions = {},
  { lookup = systemLookup }: { readonly lookup?: Lookup } = {},
): AddressGuard => {
  const allowed = toAllowed(allow)
  const isReachable = (address: string): boolean => {
    const bytes = toAddressBytes(address)
    return bytes !== null && (classifyAddress(bytes) === 'public' || allowed.ranges.some((range) => isInRange(bytes, range)))
  }

  const check = (host: string): void => {
    const address = bare(host)
    if (isIP(address) !== 0 && !isReachable(address)) throw refusal(address)
  }

  const guardedLookup: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, [])
        return
      }
      const reachable = allowed.isName(host) ? found : found.filter(({ address }) => isReachable(address))
      const [first] = reachable
      if (first === undefined) callback(refusal(host), [])
      else if (options.all === true) callback(null, reachable)
      else callback(null, first.address, first.family)
    })
  }
  return { check, lookup: guardedLookup }
}

/** The guard that an option asks for; null for none. */
export const toAddressGuard = (option: GuardOption | undefined): AddressGuard | null => {
  if (option === undefined || option === false) return null
  return 'check' in option ? option : createAddressGuard(option)
}

/** How `net.connect` and `tls.connect` reach `host` under a guard; without one, as they always do. */
export const guardedAddress = (
  guard: AddressGuard | null,
  { host, port }: { readonly host: string; readonly port: number },
): { readonly host: string; readonly port: number; readonly lookup?: LookupFunction } => {
  if (guard === null) return { host, port }
  guard.check(host)
  return { host, port, lookup: guard.lookup }
}

// Says nothing of what a name resolves to: the names of a private network are not to be explored this way.
const refusal = (host: string): NodeJS.ErrnoException & SightlineError =>
  Object.assign(new SightlineError('FORBIDDEN', `${host} is not on the public Internet, and not among the networks allowed.`))

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').replace(/%.*$/s, '')

const toAllowed = (allow: readonly string[]) => {
  const ranges: AddressRange[] = []
  const names = new Set<string>()
  const domains: string[] = []
  const faults: { readonly path: string; readonly message: string }[] = []
  for (const [index, entry] of allow.entries()) {
    const range = toAddressRange(entry)
    const name = toName(entry)
    if (range !== null) ranges.push(range)
    else if (/^\*\.[^*/:]+$/.test(name)) domains.push(name.slice(1))
    else if (hostName.test(name) && !/^[\d.]+$/.test(name)) names.add(name)
    else faults.push({ path: `allow.${index}`, message: 'must be a network, an address, a host name or *.domain' })
  }
  if (faults.length > 0) {
    const where = faults.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw new SightlineError('INVALID_CONFIG', `The address guard cannot be made: ${where}.`, { fields: faults })
  }
  const isName = (host: string): boolean => {
    const name = toName(host)
    return names.has(name) || domains.some((domain) => name.endsWith(domain))
  }
  return { ranges, isName }
}

const toName = (host: string): string => host.trim().toLowerCase().replace(/\.$/, '')

const hostName = /^[a-z\d_](?:[a-z\d_-]{0,62})(?:\.[a-z\d_][a-z\d_-]{0,62})*$/
