import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { hooks, openClient, openShop, ref } from './support/shop.tsx'

const Open = () => <p>{hooks.useTopic('metrics', ref, { select: ({ data }) => data.open }).data ?? 'nothing yet'}</p>

test('renders where there is no page, and leaves no session behind', async () => {
  expect('document' in globalThis).toBe(false)
  const shop = await openShop()
  const { client, Providers } = openClient(shop)
  const page = (
    <Providers>
      <Open />
    </Providers>
  )
  expect(renderToString(page)).toBe('<p>nothing yet</p>')
  expect(shop.sightline.sessions.count).toBe(0)
  await client.topic('metrics', ref).ready()
  expect(renderToString(page)).toBe('<p>1</p>')
  client.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(shop.sightline.sessions.count).toBe(0)
  await shop.close()
})
