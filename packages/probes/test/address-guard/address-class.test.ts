import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyAddress, isInRange, toAddressBytes, toAddressRange } from '../../src/address-guard/address-class.ts'

const classOf = (address: string): string => {
  const bytes = toAddressBytes(address)
  return bytes === null ? 'none' : classifyAddress(bytes)
}

describe('an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
    ['2606:4700::1111', 'public'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.255.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'shared'],
    ['100.100.100.200', 'shared'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['192.0.0.192', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.19.0.1', 'reserved'],
    ['203.0.113.9', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['168.63.129.16', 'cloud-metadata'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'private'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'private'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'reserved'],
    ['2001::1', 'reserved'],
    ['64:ff9b:1::1', 'private'],
    ['4000::1', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0:0:0:0:0:FFFF:A9FE:A9FE', 'link-local'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::808:808', 'public'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:808:808::', 'public'],
    ['localhost', 'none'],
    ['127.1', 'none'],
    ['', 'none'],
  ])('%s is %s', (address, expected) => {
    expect(classOf(address)).toBe(expected)
  })

  it('of IPv4 is of one kind however IPv6 carries it', () => {
    void fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const tail = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
        const expected = classOf(address)
        for (const six of [`::ffff:${address}`, `::ffff:${tail}`, `64:ff9b::${tail}`, `64:ff9b::${address}`, `2002:${tail}::1`]) {
          expect([six, classOf(six)]).toEqual([six, expected])
        }
      }),
    )
  })

  it('of IPv6 is the same in every spelling', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2]! << 8) | bytes[index * 2 + 1]!).toString(16))
        const long = groups.join(':')
        const short = new URL(`http://[${long}]`).hostname.slice(1, -1)
        expect(toAddressBytes(short)).toEqual(toAddressBytes(long))
        expect(classOf(short)).toBe(classOf(long))
      }),
    )
  })
})

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.9.8.7', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['192.168.4.0/22', '192.168.7.255', true],
    ['192.168.4.0/22', '192.168.8.0', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1/32', '::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fc00::1', false],
    ['0.0.0.0/0', 'fd00::1', false],
    ['0.0.0.0/0', '10.0.0.1', true],
    ['::/0', 'fd00::1', true],
  ])('%s with %s: %s', (network, address, isInside) => {
    expect(isInRange(toAddressBytes(address)!, toAddressRange(network)!)).toBe(isInside)
  })

  it.each(['10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '/8', '10.0.0/8', 'host/8', '10.0.0.0/8/8', '10.0.0.0/-1'])(
    'is not %s',
    (text) => {
      expect(toAddressRange(text)).toBeNull()
    },
  )
})
