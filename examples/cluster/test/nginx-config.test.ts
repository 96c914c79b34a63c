import { expect, test } from 'vitest'
import { nginxConfig } from '../nginx-config.ts'

const web = { web1: '127.0.0.1:5111', web10: '127.0.0.1:5120' }

test('a connection is found by the name its id begins with; no name is the beginning of another', () => {
  const config = nginxConfig({ listen: '127.0.0.1:5100', folder: '/data', web, isRoot: false })
  const patterns = [...config.matchAll(/~(\^\w+-) (\w+);/g)].map(
    ([, pattern, name]) => [new RegExp(pattern as string), name] as const,
  )
  const processOf = (sid: string) => patterns.find(([pattern]) => pattern.test(sid))?.[1] ?? 'any'
  expect(processOf('web1-abc')).toBe('web1')
  expect(processOf('web10-abc')).toBe('web10')
  expect(processOf('abc-web1-')).toBe('any')
  expect(processOf('')).toBe('any')
})

test('its workers leave the account of root, where it is root', () => {
  expect(nginxConfig({ listen: '1', folder: '/data', web, isRoot: true })).toContain('user nobody nogroup;')
  expect(nginxConfig({ listen: '1', folder: '/data', web, isRoot: false })).not.toContain('user nobody')
})
