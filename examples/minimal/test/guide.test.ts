import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { freePort } from '../../../packages/adapter-sql/test/free-port.ts'
import { buildPage } from '../../../packages/dashboard/test/support/built-page.ts'
import { access } from '../login.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (file: string) => readFile(path.join(root, file), 'utf8')
const blocksOf = (markdown: string) => [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text)

it('has every snippet that names its file from that file, which is tested', async () => {
  const named = blocksOf(await read('docs/guide.md')).flatMap((block) => {
    const [, file, text] = /^\/\/ (examples\/\S+)\n(.*)$/s.exec(block) ?? []
    return file === undefined || text === undefined ? [] : [{ file, text }]
  })
  expect(named.map(({ file }) => file)).toEqual(['examples/minimal/login.ts', 'examples/minimal/deploys.ts'])
  for (const { file, text } of named) expect(text).toBe(await read(file))
})

it('has a login that works', async () => {
  const ask = (headers: Readonly<Record<string, string>>, auth?: unknown) =>
    Promise.resolve(access.authenticate({ headers, auth, address: '127.0.0.1' }))
  expect(await ask({}, { token: 't-ada' })).toMatchObject({ id: 'ada' })
  expect(await ask({ authorization: 'Bearer t-ada' })).toMatchObject({ id: 'ada' })
  expect(await ask({})).toBeNull()
  await expect(ask({}, { token: 'other' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

it('begins, in the README, with a program that runs as it stands and shows the dashboard', async () => {
  await buildPage()
  const [snippet = ''] = blocksOf(await read('README.md'))
  expect(snippet).toContain('.listen(3000')
  expect(snippet).toContain('127.0.0.1:4001')
  const provider = createServer((_request, response) => response.end('{"open":3}')).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const port = await freePort()
  const program = snippet
    .replace('.listen(3000', `.listen(${port}, '127.0.0.1'`)
    .replace('127.0.0.1:4001', `127.0.0.1:${(provider.address() as AddressInfo).port}`)
  // Where the packages that it names are found: the example that is such a host.
  const folder = path.join(root, 'examples/host-express/node_modules/.cache')
  const file = path.join(folder, `readme-${port}.mjs`)
  await mkdir(folder, { recursive: true })
  await writeFile(file, program)
  const child = spawn(process.execPath, ['--conditions=@sightline/source', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const complaints: string[] = []
  child.stderr.on('data', (chunk) => complaints.push(String(chunk)))
  try {
    const ask = (where: string) =>
      fetch(`http://127.0.0.1:${port}${where}`, { headers: { Accept: 'text/html' } }).then(
        (response) => response.text(),
        () => complaints.join(''),
      )
    await expect.poll(() => ask('/sightline'), { timeout: 30_000 }).toContain('<base href="/sightline/" />')
    await expect.poll(() => ask('/sightline/api/v1/apis/orders/regions/us-east'), { timeout: 30_000 }).toContain('"open":3')
  } finally {
    child.kill('SIGKILL')
    provider.close()
    await rm(file)
  }
})
