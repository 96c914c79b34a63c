import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Spool } from '@sightline/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileSpool } from '../src/file-spool.ts'

const appender = fileURLToPath(new URL('./processes/spool-appender.ts', import.meta.url))

let directory = ''
let file = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-spool-'))
  file = join(directory, 'deep', 'waiting.spool')
})
afterEach(() => rm(directory, { recursive: true }))

const readAll = async (spool: Spool): Promise<string[]> => {
  const lines: string[] = []
  for await (const line of spool.read()) lines.push(line)
  return lines
}

const readFileOnce = async (maxBytes?: number): Promise<string[]> => {
  const spool = fileSpool({ file, ...(maxBytes === undefined ? {} : { maxBytes }) })
  try {
    return await readAll(spool)
  } finally {
    await spool.close()
  }
}

test('lines outlive the spool in order, the very characters that were given; what was trimmed is gone', async () => {
  const lines = ['{"a":1e999}', '"\u2028 line"', '[1,\n2]', '{"a":12345678901234567890}', '"five"']
  const spool = fileSpool({ file })
  await Promise.all(lines.map((line) => spool.append(line)))
  await spool.trim(1)
  await spool.close()
  // A line end inside JSON is white space, and has no place in a line.
  expect(await readFileOnce()).toEqual([lines[1], '[1,2]', lines[3], lines[4]])
})

test('an empty spool leaves no file behind, and no lock', async () => {
  const spool = fileSpool({ file })
  await spool.append('1')
  await spool.trim(1)
  expect(await readAll(spool)).toEqual([])
  await spool.close()
  await spool.close()
  await expect(stat(file)).rejects.toThrow('ENOENT')
  await expect(stat(`${file}.lock`)).rejects.toThrow('ENOENT')
  await expect(spool.append('2')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('a line that was cut off at the end is left out, and what is appended later is whole', async () => {
  const spool = fileSpool({ file })
  await spool.append('"whole"')
  await spool.close()
  await appendFile(file, '["+",{"torn":tr')
  const next = fileSpool({ file })
  expect(await readAll(next)).toEqual(['"whole"'])
  await next.append('"later"')
  await next.close()
  expect(await readFileOnce()).toEqual(['"whole"', '"later"'])
})

test('a full spool says so, keeps what it has, and takes more when there is room again', async () => {
  const spool = fileSpool({ file, maxBytes: 1_000 })
  const line = JSON.stringify('x'.repeat(400))
  await spool.append(line)
  await spool.append(line)
  await expect(spool.append(line)).rejects.toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('1000 bytes') })
  // What is smaller still fits.
  await spool.append('"small"')
  await spool.trim(1)
  await spool.append(line)
  expect(await readAll(spool)).toEqual([line, '"small"', line])
  expect((await stat(file)).size).toBeLessThanOrEqual(1_000)
  await spool.close()
})

test('the file shrinks as it is trimmed, however much went through it', async () => {
  const spool = fileSpool({ file })
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 50 }, (_, n) => spool.append(JSON.stringify({ round, n, text: 'y'.repeat(200) }))))
    await spool.trim(round === 0 ? 49 : 50)
  }
  expect(await readAll(spool)).toHaveLength(1)
  expect((await stat(file)).size).toBeLessThan(150_000)
  await spool.close()
})

test('a second one on the same file is refused, with who holds it; after a close it is free', async () => {
  const first = fileSpool({ file })
  await first.append('1')
  const second = fileSpool({ file })
  await expect(second.append('2')).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(String(process.pid)),
  })
  await first.close()
  await second.append('2')
  expect(await readAll(second)).toEqual(['1', '2'])
  await second.close()
})

test('a lock of a number that another process has by now, or that nobody can read, holds nobody up', async () => {
  await fileSpool({ file }).close()
  for (const lock of [JSON.stringify({ pid: process.pid, startedAt: 'long ago', token: 'old' }), '{"pid":', '']) {
    const spool = fileSpool({ file })
    await spool.append('1')
    await spool.close()
    await writeFile(`${file}.lock`, lock)
    expect(await readFileOnce()).toContain('1')
    expect((await readFile(file, 'utf8')).length).toBeGreaterThan(0)
  }
})

test('what was acknowledged before a kill -9 is there afterwards, whole and in order, ten times over', async () => {
  let next = 0
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, ['--conditions=@sightline/source', appender, file, `${next}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let acknowledged = next - 1
    const exited = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })
    const closed = once(lines, 'close')
    const enough = next + 5 + ((round * 37) % 60)
    lines.on('line', (line) => {
      acknowledged = Number(line)
      if (acknowledged >= enough) child.kill('SIGKILL')
    })
    await Promise.all([exited, closed])
    const left = (await readFileOnce()).map((line) => JSON.parse(line) as { n: number; text: string })
    const numbers = left.map(({ n }) => n)
    expect(left.every(({ n, text }) => text.length === n % 500)).toBe(true)
    // One more may have been written than was reported.
    const newest = numbers.at(-1) ?? -1
    expect(newest).toBeGreaterThanOrEqual(acknowledged)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => newest - numbers.length + 1 + index))
    next = newest + 1
  }
  expect(next).toBeGreaterThan(50)
})
