import { definePlugin, defineQuery, defineTopic } from '@sightline/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startServed } from '../support/served.ts'

const Tree: z.ZodType = z.object({ name: z.string(), get children() { return z.array(Tree) } }).meta({ id: 'Tree' }) // biome-ignore format: a getter on one line
const plugin = definePlugin({
  name: 'trees',
  operations: {
    'trees.plant': defineQuery({
      permission: 'trees:view',
      input: z.object({ tree: Tree, at: z.date().optional() }),
      output: Tree,
      handle: () => null,
    }),
    'trees.find': defineQuery({
      permission: 'trees:view',
      summary: 'Finds a tree.',
      input: z.object({ id: z.string(), depth: z.number().optional(), from: z.object({ x: z.number() }).optional() }),
      output: Tree,
      http: { method: 'GET', path: '/trees/:id' },
      handle: () => null,
    }),
  },
  topics: {
    trees: defineTopic({
      kind: 'state',
      permission: 'trees:view',
      params: z.object({ forest: z.string() }),
      data: Tree,
      load: async () => null,
    }),
  },
})

interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Description>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

interface Description {
  readonly operationId?: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly style?: string
  }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : []
  return [...own, ...Object.values(value).flatMap(references)]
}

const resolve = (document: unknown, reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce(
      (at: unknown, part) => (at as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    )

test('every reference resolves, every path is served, every parameter of a path is described', async () => {
  await using served = await startServed({ plugins: [plugin] })
  const load = async (path: string): Promise<Document> => (await (await fetch(`${served.url}${path}`)).json()) as Document
  const document = await load('/openapi.json')
  expect(await load('/api/v1/openapi.json')).toEqual(document)
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'sightline', version: served.sightline.info().version },
    servers: [{ url: '/' }],
  })

  const found = references(document)
  expect(found.length).toBeGreaterThan(50)
  for (const reference of found) {
    expect(reference).toMatch(/^#\/components\/(schemas|responses)\/[\w.-]+$/)
    expect(resolve(document, reference), reference).toBeDefined()
  }
  for (const name of Object.keys(document.components.schemas ?? {})) expect(name).toMatch(/^[\w.-]+$/)

  const ids = Object.values(document.paths).flatMap((item) => METHODS.flatMap((method) => item[method]?.operationId ?? []))
  expect(new Set(ids).size).toBe(ids.length)
  for (const name of served.sightline.operations.keys()) {
    expect(ids).toContain(name)
    expect(document.paths[`/api/v1/operations/${name}`]?.post).toBeDefined()
  }
  for (const path of ['/', '/health', '/health/detailed', '/internal/metrics', '/api/metrics']) {
    expect(document.paths[path]?.get, path).toBeDefined()
  }

  expect(document.paths['/api/v1/logs']).toMatchObject({
    get: { operationId: 'logs.search' },
    post: { operationId: 'logs.take' },
  })
  expect(document.paths['/api/v1/v1/logs']?.post).toMatchObject({ 'x-permission': 'logs:write' })
  const download = document.paths['/api/v1/logs/export']?.get?.parameters?.map(({ name }) => name)
  expect(download).toEqual(expect.arrayContaining(['format', 'service', 'text', 'fields']))

  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const description = item[method]
      if (description === undefined) continue
      const shared = (item as unknown as Record<string, Description['parameters']>).parameters ?? []
      const inPath = [...shared, ...(description.parameters ?? [])].filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual((path.match(/\{\w+\}/g) ?? []).sort())
      expect(inPath.every(({ required }) => required === true)).toBe(true)
      expect(Object.keys(description.responses).length).toBeGreaterThan(0)
      // Served: whatever it answers, it is not the answer for a route that does not exist.
      const response = await fetch(`${served.url}${path.replace(/\{\w+\}/g, 'orders')}`, { method })
      if (response.status === 404)
        expect(((await response.json()) as { message: string }).message).not.toMatch(/^There is no [A-Z]+ \//)
    }
  }

  const find = document.paths['/api/v1/trees/{id}']?.get
  expect(find?.parameters?.map(({ name, in: where, style }) => [name, where, style])).toEqual([
    ['id', 'path', undefined],
    ['depth', 'query', undefined],
    ['from', 'query', 'deepObject'],
  ])
  expect(find?.requestBody).toBeUndefined()
  expect(document.paths['/api/v1/topics/trees']?.get?.parameters).toMatchObject([{ name: 'forest', in: 'query', required: true }])
  expect(document.components.schemas?.['trees.plant.input.Tree']).toMatchObject({
    properties: { children: { items: { $ref: '#/components/schemas/trees.plant.input.Tree' } } },
  })
})

test('embedded, the server’s path is named', async () => {
  await using served = await startServed({ serve: { path: '/sightline' } })
  const document = (await (await fetch(`${served.url}/sightline/openapi.json`)).json()) as Document
  expect(document.servers).toEqual([{ url: '/sightline' }])
})

test('schemas of a library that describes nothing may be anything', async () => {
  const bare = { '~standard': { version: 1, vendor: 'mine', validate: (value: unknown) => ({ value }) } } as const
  const mine = definePlugin({
    name: 'mine',
    operations: { 'mine.do': defineQuery({ permission: 'a:b', input: bare, output: bare, handle: (input: unknown) => input }) },
  })
  await using served = await startServed({ plugins: [mine] })
  const document = (await (await fetch(`${served.url}/openapi.json`)).json()) as Document
  expect(document.components.schemas?.['mine.do.input']).toEqual({})
  const response = await fetch(`${served.url}/api/v1/operations/mine.do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"x":1}',
  })
  expect(await response.json()).toEqual({ x: 1 })
})
