import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'

let folder: string
let served: Served
const get = (path: string, accept = 'text/html', headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${served.url}${path}`, { headers: { ...headers, Accept: accept }, redirect: 'manual' })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-static-'))
  await mkdir(join(folder, 'site', 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'site', '.env'), 'KEY=1')
  await writeFile(join(folder, 'site', 'index.html'), '<!doctype html><title>live</title>')
  await writeFile(join(folder, 'site', 'assets', 'index-B4xK9_aZ.js'), 'export {}')
  await writeFile(join(folder, 'site', 'assets', 'long-Zx9K4B_a.js'), 'export const long = 1\n'.repeat(1_000))
  served = await startServed({ serve: { static: join(folder, 'site') } })
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('the page, its assets and its own routes', async () => {
  for (const path of ['/', '/index.html', '/apis/orders', '/deep/er/route']) {
    const page = await get(path)
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>live</title>'])
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  }
  const asset = await get('/assets/index-B4xK9_aZ.js', '*/*')
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
  expect(asset.headers.get('content-type')).toMatch(/javascript/)
})

test('what is long is compressed for who takes that', async () => {
  const path = '/assets/long-Zx9K4B_a.js'
  for (const encoding of ['br', 'gzip']) {
    const asset = await get(path, '*/*', { 'Accept-Encoding': encoding })
    expect([asset.headers.get('content-encoding'), asset.headers.get('vary')]).toEqual([
      encoding,
      expect.stringContaining('Accept-Encoding'),
    ])
    expect(await asset.text()).toHaveLength(22_000)
  }
  expect((await get(path, '*/*', { 'Accept-Encoding': 'identity' })).headers.get('content-encoding')).toBeNull()
  expect((await get('/assets/index-B4xK9_aZ.js', '*/*')).headers.get('content-encoding')).toBeNull()
})

test('a page whose name ends like a file’s, where the browser says that it opens a page', async () => {
  const page = await get('/regions/orders/eu.west', 'text/html', { 'Sec-Fetch-Dest': 'document' })
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>live</title>'])
  expect((await get('/regions/orders/eu.west')).status).toBe(404)
})

test('what is not found is not found', async () => {
  for (const [path, accept] of [
    ['/assets/missing.js', '*/*'],
    ['/missing.png', 'text/html'],
    ['/api/v1/nothing', 'text/html'],
    ['/anything', 'application/json'],
  ] as const) {
    const response = await get(path, accept)
    expect([path, response.status]).toEqual([path, 404])
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  }
})

test('nothing outside the folder, and no hidden file', async () => {
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/.env',
    '/%00',
  ]) {
    const response = await get(path, '*/*')
    expect([path, [400, 403, 404].includes(response.status)]).toEqual([path, true])
    expect(await response.text()).not.toMatch(/^(secret|KEY)/)
  }
})

test('system endpoints win over pages', async () => {
  expect(await (await get('/health')).json()).toMatchObject({ status: 'healthy' })
})

test('a page is told where its addresses begin: its mount, or the way up behind a proxy that takes a prefix off', async () => {
  const site = join(folder, 'based')
  await mkdir(site)
  await writeFile(join(site, 'index.html'), '<base href="/" /><script src="a.js"></script>')
  await writeFile(join(site, 'a.js'), 'export {}')
  const baseOf = async (url: string) =>
    /<base href="(.*)" \/>/.exec(await (await fetch(url, { headers: { Accept: 'text/html' } })).text())?.[1]
  await using alone = await startServed({ serve: { static: site } })
  expect(await baseOf(`${alone.url}/`)).toBe('./')
  expect(await baseOf(`${alone.url}/pollers`)).toBe('./')
  expect(await baseOf(`${alone.url}/regions/orders/us-east`)).toBe('../../')
  await using mounted = await startServed({ serve: { static: site, path: '/ops/live' } })
  const { origin } = new URL(mounted.url)
  for (const path of ['/ops/live', '/ops/live/', '/ops/live/index.html', '/ops/live/regions/orders/us-east'])
    expect([path, await baseOf(`${origin}${path}`)]).toEqual([path, '/ops/live/'])
  expect((await fetch(`${origin}/ops/live/a.js`)).status).toBe(200)
})
