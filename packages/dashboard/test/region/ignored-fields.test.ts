import { describe, expect, it } from 'vitest'
import { compileIgnored } from '../../page/region/ignored-fields.ts'

describe('compileIgnored', () => {
  it.each([
    ['generatedAt', '/generatedAt', true],
    ['generatedAt', '/generatedAtUtc', false],
    ['generatedAt', '/deep/generatedAt', false],
    ['uptime', '/uptime/hostSeconds', true],
    ['requests.served', '/requests', false],
    ['requests.served', '/requests/served', true],
    ['hosts.*.uptime', '/hosts/3/uptime', true],
    ['hosts[].uptime', '/hosts/3/uptime', true],
    ['hosts.*.uptime', '/hosts/uptime', false],
    ['**.stamp', '/stamp', true],
    ['**.stamp', '/a/b/stamp', true],
    ['**.stamp', '/a/b/stamps', false],
    ['a.**.z', '/a/b/c/z/deeper', true],
    ['a.**.z', '/b/z', false],
    ['a\\.b', '/a.b', true],
    ['a\\.b', '/a/b', false],
    ['\\*', '/x', false],
    ['\\*', '/*', true],
    ['x/y', '/x~1y', true],
  ])('%s at %s: %s', (path, pointer, expected) => {
    expect(compileIgnored(['none.of.these', path])(pointer)).toBe(expected)
  })

  it('ignores nothing without paths', () => {
    expect(compileIgnored([])('/a')).toBe(false)
  })
})
