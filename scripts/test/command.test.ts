import { expect, test } from 'vitest'
import { runCommand } from '../command.ts'

test('collects both outputs and the exit code', async () => {
  const result = await runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3'])
  expect(result).toMatchObject({ exitCode: 3, timedOut: false })
  expect(result.output.trim().split('\n').sort()).toEqual(['err', 'out'])
})

test('a command that goes on for too long is ended', async () => {
  const result = await runCommand('sleep', ['60'], { timeoutMs: 100 })
  expect(result).toEqual({ exitCode: 143, output: '', timedOut: true })
})

test("node is the workspace's own", async () => {
  expect((await runCommand('node', ['--print', 'process.version'])).output).toMatch(/^v24\./)
})

test('a command that is not there rejects', async () => {
  await expect(runCommand('sightline-nowhere', [])).rejects.toThrow('ENOENT')
})
