import { isIP } from 'node:net'

/** What kind of network an address belongs to. `public` is the Internet; everything else is near to whoever asks. */
export type AddressClass =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'multicast'
  | 'cloud-metadata'
  | 'reserved'

/** An address as bytes, 4 or 16. */
export type AddressBytes = readonly number[]

/** A network: the first `bits` of `bytes`. */
export interface AddressRange {
  readonly bytes: AddressBytes
  readonly bits: number
}

/**
 * An address as bytes; null for what is none. A zone (`fe80::1%eth0`) is left out, and IPv4 inside IPv6 (mapped, compatible,
 * NAT64 and 6to4) comes out as the IPv4 address that is reached in the end.
 * https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5, https://www.rfc-editor.org/rfc/rfc6052#section-2.1,
 * https://www.rfc-editor.org/rfc/rfc3056#section-2
 */
export const toAddressBytes = (address: string): AddressBytes | null => {
  const text = address.replace(/%.*$/s, '')
  const family = isIP(text)
  if (family === 0) return null
  return family === 4 ? text.split('.').map(Number) : unwrap(toSixteenBytes(text))
}

/** A network as `10.0.0.0/8` or a single address; null for what is neither. */
export const toAddressRange = (text: string): AddressRange | null => {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  if (isIP(address) === 0) return null
  // A prefix counts from the spelling it was given in: ::ffff:0:0/96 is all of IPv4, not one address.
  const bytes = isIP(address) === 4 ? address.split('.').map(Number) : toSixteenBytes(address)
  const bits = length === undefined ? bytes.length * 8 : Number(length)
  if (bits > bytes.length * 8) return null
  const inner = bytes.length === 16 ? unwrap(bytes) : bytes
  if (inner.length === bytes.length) return { bytes, bits }
  // Only mapped, compatible and NAT64 forms end with the address; 6to4 is told by its own bits.
  return bits >= 96 ? { bytes: inner, bits: bits - 96 } : { bytes, bits }
}

export const isInRange = (address: AddressBytes, { bytes, bits }: AddressRange): boolean => {
  if (address.length !== bytes.length) return false
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (address[index] !== bytes[index]) return false
  const rest = bits & 7
  return rest === 0 || (address[whole] ?? 0) >> (8 - rest) === (bytes[whole] ?? 0) >> (8 - rest)
}

export const classifyAddress = (address: AddressBytes): AddressClass => {
  for (const [range, kind] of address.length === 4 ? fourRanges : sixRanges) if (isInRange(address, range)) return kind
  // Of IPv6, only 2000::/3 has been given out. https://www.iana.org/assignments/ipv6-address-space
  return address.length === 4 || (address[0] ?? 0) >> 5 === 1 ? 'public' : 'reserved'
}

const toSixteenBytes = (text: string): number[] => {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const [, start = '', a = '0', b = '0', c = '0', d = '0'] = dotted ?? []
  const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16)
  const plain = dotted === null ? text : `${start}${hex(a, b)}:${hex(c, d)}`
  const [head = '', tail] = plain.split('::')
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const before = groups(head)
  const after = groups(tail ?? '')
  const middle = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0)
  return [...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

const unwrap = (bytes: AddressBytes): AddressBytes => {
  if (isInRange(bytes, mapped) || isInRange(bytes, nat64)) return bytes.slice(12)
  if (isInRange(bytes, sixToFour)) return bytes.slice(2, 6)
  // ::1 and :: have addresses of their own; below ::/96 the rest is IPv4.
  const isCompatible = isInRange(bytes, compatible) && bytes.slice(12, 15).some((byte) => byte !== 0)
  return isCompatible ? bytes.slice(12) : bytes
}

const six = (text: string, bits: number): AddressRange => ({ bytes: toSixteenBytes(text), bits })
const four = (text: string, bits: number): AddressRange => ({ bytes: text.split('.').map(Number), bits })

const mapped = six('::ffff:0:0', 96)
const nat64 = six('64:ff9b::', 96)
const sixToFour = six('2002::', 16)
const compatible = six('::', 96)

// https://www.iana.org/assignments/iana-ipv4-special-registry; the two single addresses are public by number alone.
const fourRanges: readonly (readonly [AddressRange, AddressClass])[] = [
  [four('0.0.0.0', 8), 'unspecified'],
  [four('10.0.0.0', 8), 'private'],
  [four('100.64.0.0', 10), 'shared'],
  [four('127.0.0.0', 8), 'loopback'],
  [four('169.254.0.0', 16), 'link-local'],
  [four('172.16.0.0', 12), 'private'],
  [four('192.0.0.0', 24), 'reserved'],
  [four('192.0.2.0', 24), 'reserved'],
  [four('192.88.99.0', 24), 'reserved'],
  [four('192.168.0.0', 16), 'private'],
  [four('198.18.0.0', 15), 'reserved'],
  [four('198.51.100.0', 24), 'reserved'],
  [four('203.0.113.0', 24), 'reserved'],
  [four('224.0.0.0', 4), 'multicast'],
  [four('240.0.0.0', 4), 'reserved'],
  // Azure's platform services answer virtual machines here.
  [four('168.63.129.16', 32), 'cloud-metadata'],
]

// https://www.iana.org/assignments/iana-ipv6-special-registry
const sixRanges: readonly (readonly [AddressRange, AddressClass])[] = [
  [six('::', 128), 'unspecified'],
  [six('::1', 128), 'loopback'],
  [six('64:ff9b:1::', 48), 'private'],
  [six('2001::', 23), 'reserved'],
  [six('2001:db8::', 32), 'reserved'],
  [six('3fff::', 20), 'reserved'],
  [six('fc00::', 7), 'private'],
  [six('fe80::', 10), 'link-local'],
  [six('fec0::', 10), 'private'],
  [six('ff00::', 8), 'multicast'],
]
