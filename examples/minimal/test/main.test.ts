import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

it('prints every change of both targets, polls more often than that, and ends by itself', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=@sightline/source', main, '3500'])
  expect(stderr.split('\n').filter((line) => line !== '' && !line.includes('Access is open'))).toEqual([])
  const lines = stdout.trim().split('\n')
  const orders = lines.filter((line) => line.startsWith('orders us-east'))
  expect(orders[0]).toMatch(/^orders us-east #1 \{"open":3,"generatedAt":\d+\}$/)
  expect(orders[1]).toMatch(/^orders us-east #2 \{"open":4,/)
  expect(lines).toContain('jobs local #1 {"status":"up","metrics":{"depth":2}}')
  expect(lines).toContain('jobs local #2 {"status":"up","metrics":{"depth":3}}')
  const [, polls, changes] = lines.at(-1)?.match(/^(\d+) polls, (\d+) changes$/) ?? []
  expect(Number(changes)).toBe(lines.length - 1)
  expect(Number(polls)).toBeGreaterThan(Number(changes))
})

it('stays under 60 lines', async () => {
  expect((await readFile(main, 'utf8')).trimEnd().split('\n').length).toBeLessThan(60)
})
