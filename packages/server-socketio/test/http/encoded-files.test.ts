import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'

const script = 'export const long = 1\n'.repeat(1_000)
const path = '/assets/long-Zx9K4B_a.js'

let folder: string
let served: Served
let mounted: Served

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  /** As it is on the wire. */
  readonly body: Buffer
}

const ask = (url: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }))
    })
      .on('error', reject)
      .end()
  })

const get = (from: string, accepted: string, headers: Readonly<Record<string, string>> = {}) =>
  ask(`${served.url}${from}`, { 'Accept-Encoding': accepted, ...headers })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-encoded-'))
  await mkdir(join(folder, 'assets'))
  const write = (name: string, content: string | Buffer) => writeFile(join(folder, name), content)
  await write('index.html', '<!doctype html><title>live</title>')
  await write(path, script)
  await write(`${path}.br`, brotliCompressSync(script))
  await write(`${path}.gz`, gzipSync(script, { level: 9 }))
  await write('assets/only-Qw3rTy_7.css', 'a { color: red }\n'.repeat(200))
  await write('assets/only-Qw3rTy_7.css.gz', gzipSync('a { color: red }\n'.repeat(200)))
  await write('notes.txt', 'new\n')
  await write('notes.txt.br', brotliCompressSync('old\n'))
  ;[served, mounted] = await Promise.all([
    startServed({ serve: { static: folder } }),
    startServed({ serve: { static: folder, path: '/ops' } }),
  ])
})
afterAll(async () => {
  await Promise.all([served[Symbol.asyncDispose](), mounted[Symbol.asyncDispose]()])
  await rm(folder, { recursive: true, force: true })
})

test('the file that was compressed at build is sent as it is, for who takes it', async () => {
  for (const [accepted, encoding, ending, decode] of [
    ['gzip, deflate, br, zstd', 'br', '.br', brotliDecompressSync],
    ['gzip', 'gzip', '.gz', gunzipSync],
    ['gzip, br;q=0', 'gzip', '.gz', gunzipSync],
    ['*', 'br', '.br', brotliDecompressSync],
  ] as const) {
    for (const { status, headers, body } of [
      await get(path, accepted),
      await ask(`${new URL(mounted.url).origin}/ops${path}?v=1`, { 'Accept-Encoding': accepted }),
    ]) {
      expect([accepted, status, headers['content-encoding'], body.length]).toEqual([
        accepted,
        200,
        encoding,
        (await stat(join(folder, path + ending))).size,
      ])
      expect(decode(body).toString()).toBe(script)
      expect(headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'content-length': String(body.length),
        vary: expect.stringContaining('Accept-Encoding'),
        'x-content-type-options': 'nosniff',
      })
    }
  }
})

test('who takes none gets the file itself, and where there is but one encoding, who takes the other is compressed for', async () => {
  for (const accepted of ['identity', '', 'br;q=0, gzip;q=0']) {
    const { status, headers, body } = await get(path, accepted)
    expect([status, headers['content-encoding'], headers.vary]).toEqual([
      200,
      undefined,
      expect.stringContaining('Accept-Encoding'),
    ])
    expect(body.toString()).toBe(script)
  }
  const style = await get('/assets/only-Qw3rTy_7.css', 'br')
  expect([style.headers['content-encoding'], brotliDecompressSync(style.body).toString().slice(0, 16)]).toEqual([
    'br',
    'a { color: red }',
  ])
  const both = await get('/assets/only-Qw3rTy_7.css', 'br, gzip')
  expect([both.headers['content-encoding'], both.headers['content-type']]).toEqual(['gzip', 'text/css; charset=utf-8'])
})

test('HEAD says what GET would', async () => {
  const head = await ask(`${served.url}${path}`, { 'Accept-Encoding': 'br' }, 'HEAD')
  const { headers } = await get(path, 'br')
  expect(head.body).toHaveLength(0)
  for (const name of ['content-encoding', 'content-length', 'content-type', 'etag', 'vary', 'cache-control'])
    expect([name, head.headers[name]]).toEqual([name, headers[name]])
})

test('each encoding has a tag of its own, and is not sent again to who has it', async () => {
  const tags = await Promise.all(['br', 'gzip', 'identity'].map(async (accepted) => (await get(path, accepted)).headers.etag))
  expect(new Set(tags).size).toBe(3)
  const again = await get(path, 'br', { 'If-None-Match': String(tags[0]) })
  expect([again.status, again.body.length, again.headers['content-encoding']]).toEqual([304, 0, undefined])
  expect((await get(path, 'gzip', { 'If-None-Match': String(tags[0]) })).status).toBe(200)
})

test('a range is of what is sent, and one that cannot be given is a readable problem', async () => {
  const whole = await get(path, 'br')
  const part = await get(path, 'br', { Range: 'bytes=2-5' })
  expect([part.status, part.headers['content-range'], part.headers['content-encoding']]).toEqual([
    206,
    `bytes 2-5/${whole.body.length}`,
    'br',
  ])
  expect(part.body.equals(whole.body.subarray(2, 6))).toBe(true)
  const beyond = await get(path, 'br', { Range: 'bytes=90000-' })
  expect([beyond.status, beyond.headers['content-encoding'], beyond.headers['content-type']]).toEqual([
    416,
    undefined,
    expect.stringContaining('application/problem+json'),
  ])
  expect(JSON.parse(beyond.body.toString())).toMatchObject({ status: 416 })
})

test('beside a name without a hash nothing is looked for: it may be older than the file', async () => {
  const notes = await get('/notes.txt', 'br')
  expect([notes.headers['content-encoding'], notes.body.toString()]).toEqual([undefined, 'new\n'])
})

test('nothing outside the folder is sent, compressed or not', async () => {
  await writeFile(join(folder, '..', 'sightline-Zx9K4B_a.js.br'), brotliCompressSync('secret'))
  try {
    for (const from of ['/..%2fsightline-Zx9K4B_a.js', '/assets/..%2f..%2fsightline-Zx9K4B_a.js', '/%ff/sightline-Zx9K4B_a.js']) {
      const { status } = await get(from, 'br')
      expect([from, [400, 403, 404].includes(Number(status))]).toEqual([from, true])
    }
  } finally {
    await rm(join(folder, '..', 'sightline-Zx9K4B_a.js.br'))
  }
})
