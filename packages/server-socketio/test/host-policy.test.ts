import { expect, test } from 'vitest'
import { createHostPolicy } from '../src/host-policy.ts'

const allowedOrigins = ['https://ops.example.com', 'http://wall:3000']
const local = createHostPolicy({ boundTo: '127.0.0.1', allowedOrigins, trustedProxies: 0 })

test.each([
  [undefined, true],
  ['127.0.0.1:5000', true],
  ['127.0.0.1', true],
  ['[::1]:5000', true],
  ['192.168.1.7:5000', true],
  ['localhost:5000', true],
  ['LOCALHOST', true],
  ['sightline.localhost:5000', true],
  ['ops.example.com', true],
  ['OPS.example.com:5000', true],
  ['wall', true],
  ['evil.com:5000', false],
  ['localhost.evil.com', false],
  ['127.0.0.1.evil.com', false],
  ['notlocalhost', false],
  ['evil.com/localhost', false],
  ['', false],
  ['a b', false],
])('a server for this machine alone answers to %s: %s', (host, answers) => {
  expect(local(host)).toBe(answers)
})

test.each([
  { boundTo: '0.0.0.0', trustedProxies: 0 },
  { boundTo: '::', trustedProxies: 0 },
  { boundTo: '10.0.0.4', trustedProxies: 0 },
  { boundTo: '127.0.0.1', trustedProxies: 1 },
])('every name is answered where others are meant to come: %o', (options) => {
  expect(createHostPolicy({ ...options, allowedOrigins })('ops.internal:5000')).toBe(true)
})

test.each(['localhost', '::1', '127.0.0.53'])('%s is this machine alone', (boundTo) => {
  expect(createHostPolicy({ boundTo, allowedOrigins, trustedProxies: 0 })('evil.com')).toBe(false)
})
