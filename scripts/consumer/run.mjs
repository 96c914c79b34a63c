// A target whose document changes, polled by a server of the packed packages, seen by a client of them. Ends by itself.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { sqliteStorage } from '@sightline/adapter-sql'
import { createClient } from '@sightline/client'
import { allowAll, createSightline } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { httpProbeKind } from '@sightline/probes'
import { serve } from '@sightline/server-socketio'

let open = 1
const target = createServer((_, response) => response.end(JSON.stringify({ open })))
await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve))

const sightline = createSightline({
  access: allowAll(),
  http: httpProbeKind(),
  storage: sqliteStorage({ file: ':memory:' }),
  apis: { orders: { intervalMs: 100, regions: { 'us-east': { url: `http://127.0.0.1:${target.address().port}/` } } } },
})
const web = serve(sightline, { static: dashboardFolder })
const { url, close } = await web.listen({ port: 0, host: '127.0.0.1' })
await sightline.start()

const client = createClient({ url })
const seen = []
const third = Promise.withResolvers()
client.topic('metrics', { api: 'orders', region: 'us-east' }).subscribe(({ data }) => {
  if (data === undefined || seen.at(-1) === data.data.open) return
  seen.push(data.data.open)
  if (seen.length === 3) third.resolve()
  open += 1
})
await third.promise
assert.deepEqual(seen, [1, 2, 3])
const page = await client.call('metrics.history', { api: 'orders', region: 'us-east' })
assert.deepEqual(page.items.map(({ data }) => data.open).slice(-3), [3, 2, 1])

const html = await (await fetch(url)).text()
const script = /src="(\.\/assets\/[^"]+)"/.exec(html)[1]
assert.match((await fetch(new URL(script, url))).headers.get('content-type'), /javascript/)

client.close()
await close()
await sightline.stop()
target.close()
