import { expect, it, vi } from 'vitest'

it('takes the mount from the base of the page', async () => {
  vi.stubGlobal('document', { baseURI: 'https://host.test/' })
  const { serverAddress } = await import('../../page/live/server-address.ts')
  const alone = serverAddress('https://host.test/')
  expect([alone.basePath, alone.url, alone.pathOf('api/v1/info')]).toEqual(['/', '', '/api/v1/info'])
  const mounted = serverAddress('https://host.test/ops/sightline/')
  expect([mounted.basePath, mounted.url, mounted.pathOf('api/v1/info')]).toEqual([
    '/ops/sightline/',
    '/ops/sightline',
    '/ops/sightline/api/v1/info',
  ])
})
