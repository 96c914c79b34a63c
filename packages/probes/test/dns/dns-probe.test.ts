import { afterEach, describe, expect, it } from 'vitest'
import { type DnsProbeOptions, dnsProbe, parseDnsProbeOptions } from '../../src/index.ts'
import { type CollectOptions, collect, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'
import { a, caa, type DnsReply, type DnsServer, mx, named, srv, startDnsServer, txt } from './dns-server.ts'

let server: DnsServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

const start = async (answer: (type: string, name: string) => DnsReply): Promise<DnsServer> => {
  server = await startDnsServer(answer)
  return server
}

const check = async (options: Partial<DnsProbeOptions> = {}, context: CollectOptions = {}) => {
  const probe = dnsProbe({ name: 'orders.example', resolvers: [server!.resolver], ...options })
  try {
    return await collect(probe, context)
  } finally {
    await probe.close?.()
  }
}

describe('a name', () => {
  it('has addresses, and tells how many, for how long, and how fast', async () => {
    const { questions } = await start(() => ({ records: [a('192.0.2.9', 300), a('192.0.2.7', 30)] }))
    expect(await check()).toMatchObject({
      outcome: 'value',
      value: { status: 'up', records: ['192.0.2.7', '192.0.2.9'] },
      values: { answerCount: 2, ttlS: 30, dnsMs: expect.any(Number) },
    })
    expect(questions()).toEqual(['udp A orders.example'])
  })

  it.each<readonly [Partial<DnsProbeOptions>, DnsReply, readonly string[]]>([
    [
      { type: 'AAAA', expect: ['2001:DB8:0::7'] },
      { records: [{ type: 28, data: Buffer.from('20010db8000000000000000000000007', 'hex') }] },
      ['2001:db8::7'],
    ],
    [{ type: 'CNAME', expect: ['Lb.Example.'] }, { records: [named(5, 'lb.example')] }, ['lb.example']],
    [
      { type: 'MX', expect: ['10 mail.example'] },
      { records: [mx(20, 'b.example'), mx(10, 'Mail.example')] },
      ['10 mail.example', '20 b.example'],
    ],
    [{ type: 'NS' }, { records: [named(2, 'ns1.example')] }, ['ns1.example']],
    [{ type: 'TXT', expect: ['v=spf1 -all'] }, { records: [txt('v=spf1 ', '-all')] }, ['v=spf1 -all']],
    [{ type: 'SRV', expect: ['1 2 443 h.example'] }, { records: [srv(1, 2, 443, 'h.example')] }, ['1 2 443 h.example']],
    [{ type: 'CAA', expect: ['0 issue ca.example'] }, { records: [caa(0, 'issue', 'ca.example')] }, ['0 issue ca.example']],
    [{ type: 'PTR', name: '192.0.2.7' }, { records: [named(12, 'host.example')] }, ['host.example']],
  ])('may be asked for %j', async (options, reply, records) => {
    await start(() => reply)
    expect(await check(options)).toMatchObject({ outcome: 'value', value: { records }, values: { answerCount: records.length } })
  })

  it('is asked for anew each time', async () => {
    const addresses = ['192.0.2.1', '192.0.2.2']
    await start(() => ({ records: [a(addresses.shift()!, 3_600)] }))
    const probe = dnsProbe({ name: 'orders.example', resolvers: [server!.resolver] })
    expect(await collect(probe)).toMatchObject({ value: { records: ['192.0.2.1'] } })
    expect(await collect(probe)).toMatchObject({ value: { records: ['192.0.2.2'] } })
    await probe.close?.()
  })

  it('must have what is expected, and nothing else where that is asked', async () => {
    await start(() => ({ records: [a('192.0.2.1'), a('192.0.2.2')] }))
    expect((await check({ expect: ['192.0.2.1'] })).outcome).toBe('value')
    expect((await check({ expect: ['192.0.2.2', '192.0.2.1'], exact: true })).outcome).toBe('value')
    const lacking = await check({ expect: ['192.0.2.1', '192.0.2.3', '192.0.2.4'] })
    expect(faultOf(lacking)).toBe('UNAVAILABLE: The A of orders.example lacks 2 of 3 records of expect.')
    expect(lacking.values).toMatchObject({ answerCount: 2, ttlS: 60 })
    expect(faultOf(await check({ expect: ['192.0.2.1'], exact: true }))).toMatch(/has 1 records that are not in expect\.$/)
    expect(faultOf(await check({ minAnswers: 3 }))).toMatch(/has 2 answers, which must be 3 at least\.$/)
  })

  it('may be required not to be there', async () => {
    await start(() => ({ rcode: 3 }))
    expect(await check({ minAnswers: 0 })).toMatchObject({ outcome: 'value', value: { records: [] }, values: { answerCount: 0 } })
  })
})

describe('a server', () => {
  it.each<readonly [string, DnsReply, RegExp]>([
    ['that knows no such name', { rcode: 3 }, /^UNAVAILABLE: There is no A of orders\.example: the name does not exist\.$/],
    [
      'that has no such record',
      { records: [] },
      /^UNAVAILABLE: There is no A of orders\.example: the name has no such record\.$/,
    ],
    [
      'that fails',
      { rcode: 2 },
      /^UNAVAILABLE: The server refused or failed to answer for A of orders\.example \(ESERVFAIL\)\.$/,
    ],
    [
      'that refuses',
      { rcode: 5 },
      /^UNAVAILABLE: The server refused or failed to answer for A of orders\.example \(EREFUSED\)\.$/,
    ],
    ['that answers nonsense', { raw: Buffer.from('8180000100ff00000000', 'hex') }, /^(?:UNAVAILABLE|TIMEOUT): /],
  ])('%s', async (_what, reply, message) => {
    await start(() => reply)
    expect(faultOf(await check({}, { timeoutMs: 10_000 }))).toMatch(message)
  })

  it('that is silent is waited for until the timeout, and no longer', async () => {
    await start(() => 'silence')
    // The resolver's own patience, of twice 2 s, would read "No server answered".
    expect(faultOf(await check({}, { timeoutMs: 200 }))).toBe('TIMEOUT: Timed out while checking A of orders.example.')
  })

  it('with a huge answer is asked again over TCP; what is shown of it is bounded', async () => {
    const records = Array.from({ length: 3_000 }, (_, index) => a(`10.0.${index >> 8}.${index & 255}`))
    const { questions } = await start(() => ({ records }))
    const observation = await check()
    expect(observation).toMatchObject({ outcome: 'value', values: { answerCount: 3_000 } })
    expect(observation.outcome === 'value' && (observation.value as { records: string[] }).records).toHaveLength(200)
    expect(questions()).toEqual(['udp A orders.example', 'tcp A orders.example'])
  })

  it('that is not there is told apart from a name that is not', async () => {
    const { resolver, close } = await start(() => 'silence')
    await close()
    server = null
    const probe = dnsProbe({ name: 'orders.example', resolvers: [resolver] })
    expect(faultOf(await collect(probe))).toMatch(/^(?:UNAVAILABLE: No server could be asked|TIMEOUT: )/)
  })

  it('is let go of at close', async () => {
    await start(() => 'silence')
    const probe = dnsProbe({ name: 'orders.example', resolvers: [server!.resolver] })
    const checking = collect(probe)
    await probe.close?.()
    expect(faultOf(await checking)).toMatch(/^ABORTED: /)
  })
})

describe('options', () => {
  it('come out as they went in', () => {
    const options = {
      name: 'x.example',
      type: 'MX',
      resolvers: ['9.9.9.9', '[::1]:53', '::1', '127.0.0.1:5353'],
      expect: ['10 m'],
      exact: true,
      minAnswers: 0,
    }
    expect(parseDnsProbeOptions(options)).toEqual(options)
  })

  it('have all their faults told at once, by path', () => {
    const raw = {
      name: '',
      type: 'ANY',
      resolvers: ['dns.example', '1.1.1.1:0', '9.9.9.9'],
      expect: [],
      exact: 1,
      minAnswers: -1,
      port: 53,
    }
    expect(faultsOf(parseDnsProbeOptions, raw)).toEqual({
      name: 'must be a name to look up',
      type: 'must be one of A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TXT',
      'resolvers.0': 'must be an address, or one with a port',
      'resolvers.1': 'must be an address, or one with a port',
      expect: 'must have at least one record',
      exact: 'must be true or false',
      minAnswers: 'must be 0 to 1000',
      port: 'is not an option of the DNS probe',
    })
    expect(faultsOf(parseDnsProbeOptions, { name: 'x', exact: true })).toEqual({ exact: 'needs expect' })
  })
})
