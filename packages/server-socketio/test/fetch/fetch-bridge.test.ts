import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { serve, type Web } from '../../src/index.ts'
import { type Started, startSightline } from '../support/started.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1_048_576
const FILE_BYTES = 64 * MEGABYTE

let started: Started
let web: Web
let folder: string
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeAll(async () => {
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  folder = await mkdtemp(join(tmpdir(), 'sightline-fetch-'))
  await writeFile(join(folder, 'big.bin'), Buffer.alloc(FILE_BYTES, 65))
  started = await startSightline()
  web = serve(started.sightline, { static: folder })
})
afterEach(async () => {
  // What a cancelled stream is given throws in a later turn.
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  expect(unhandled.splice(0)).toEqual([])
})
afterAll(async () => {
  await web.close({ drainMs: 0 })
  await started[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
  process.off('uncaughtException', note)
  process.off('unhandledRejection', note)
})

/** A body without end, that is always ready. */
const endlessBody = () => {
  const seen = { pulledBytes: 0, isCancelled: false }
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      seen.pulledBytes += 65_536
      controller.enqueue(new Uint8Array(65_536).fill(32))
    },
    cancel: () => {
      seen.isCancelled = true
    },
  })
  return { seen, stream }
}
const put = (path: string, body: ReadableStream<Uint8Array>): Request =>
  new Request(`http://x${path}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json' },
    duplex: 'half',
  } as RequestInit)

test('a reader that looks at the status and cancels the body harms nobody', async () => {
  const response = await web.fetch(new Request('http://x/health'))
  await response.body?.cancel()
  const again = await web.fetch(new Request('http://x/health'))
  expect((await again.json()) as object).toMatchObject({ status: 'healthy' })
})

test('cancelled in the middle of a body, nothing more is made of it', async () => {
  const response = await web.fetch(new Request('http://x/big.bin'))
  const reader = response.body?.getReader()
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
  await reader?.cancel()
})

test('aborted in the middle of a body, its reader is told', async () => {
  const gone = new AbortController()
  const response = await web.fetch(new Request('http://x/big.bin', { signal: gone.signal }))
  const reader = response.body?.getReader()
  await reader?.read()
  gone.abort()
  await expect(reader?.read()).rejects.toThrow(/abort/i)
})

test('a request aborted before it is asked rejects', async () => {
  const reason = new Error('changed my mind')
  await expect(web.fetch(new Request('http://x/health', { signal: AbortSignal.abort(reason) }))).rejects.toThrow(
    /changed my mind/,
  )
})

test('a body is read from disk no faster than it is taken, and taken whole', async () => {
  const before = process.memoryUsage.rss()
  const response = await web.fetch(new Request('http://x/big.bin'))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(process.memoryUsage.rss() - before).toBeLessThan(FILE_BYTES / 2)
  let bytes = 0
  for await (const piece of response.body ?? []) bytes += piece.length
  expect(bytes).toBe(FILE_BYTES)
})

test('a request body nobody wants is left with its sender', async () => {
  const { seen, stream } = endlessBody()
  const response = await web.fetch(put('/api/v1/nothing', stream))
  expect(response.status).toBe(404)
  await response.text()
  await until(() => seen.isCancelled)
  expect(seen.pulledBytes).toBeLessThan(MEGABYTE)
})

test('a request body that fails rejects with what it failed with', async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error('the disk is gone')),
  })
  await expect(web.fetch(put('/api/v1/apis/orders/regions/us-east/interval', stream))).rejects.toThrow('the disk is gone')
})

test('a request body that is always ready leaves others their turn', async () => {
  const { seen, stream } = endlessBody()
  let turns = 0
  const count = setInterval(() => turns++, 1)
  const gone = new AbortController()
  // Read by the host's own handler for as long as it comes.
  const asked = new Request(put('/socket.io/?EIO=4&transport=polling', stream), { signal: gone.signal })
  const answered = web.fetch(asked).catch(() => null)
  await new Promise((resolve) => setTimeout(resolve, 100))
  clearInterval(count)
  gone.abort()
  await answered
  expect(turns).toBeGreaterThan(3)
  await until(() => seen.isCancelled)
})
