// @vitest-environment jsdom
// biome-ignore-all lint/correctness/noComponentHookFactories: a component that belongs to one test closes over it
import { Writable } from 'node:stream'
import type { Dehydrated } from '@sightline/client'
import { act, screen, waitFor } from '@testing-library/react'
import { type ReactNode, StrictMode, Suspense } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hooks, openClient, openShop, ref, type Shop } from './support/shop.tsx'

const { useTopic, useSuspenseTopic, useConnection } = hooks
let shop: Shop
let complaints: unknown[]
let root: Root | null = null
const consoleError = console.error
beforeEach(async () => {
  shop = await openShop()
  complaints = []
  console.error = (...words) => {
    const complaint = words.map(String).join(' ')
    // Server and browser are one process here, as they never are elsewhere.
    if (!complaint.includes('Detected multiple renderers')) complaints.push(complaint)
  }
})
afterEach(async () => {
  act(() => root?.unmount())
  root = null
  console.error = consoleError
  document.body.innerHTML = ''
  await shop.close()
})

/** Everything that a page could show of a topic, so that whatever differs is seen. */
const Everything = () => {
  const { status: connection } = useConnection()
  return <p>{JSON.stringify({ ...useTopic('metrics', ref), connection })}</p>
}

/** What a server sends: the markup, and what was loaded for it. */
const rendered = async (page: ReactNode, { topics = true } = {}): Promise<{ html: string; state: Dehydrated }> => {
  const { client, Providers } = openClient(shop)
  if (topics) await client.topic('metrics', ref).ready()
  const html = renderToString(<Providers>{page}</Providers>)
  const state = JSON.parse(JSON.stringify(client.dehydrate()))
  client.close()
  return { html, state }
}

/** What a browser makes of it. */
const hydrated = async (page: ReactNode, html: string, options: Parameters<typeof openClient>[1] = {}) => {
  const browser = openClient(shop, options)
  document.body.innerHTML = `<div id="app">${html}</div>`
  const mismatches: unknown[] = []
  const hydrate = () =>
    act(async () => {
      root = hydrateRoot(document.getElementById('app') as HTMLElement, <browser.Providers>{page}</browser.Providers>, {
        onRecoverableError: (error) => mismatches.push(error),
      })
    })
  return { ...browser, hydrate, mismatches }
}

const shownOpen = () =>
  (JSON.parse(document.querySelector('p')?.textContent ?? '{}') as { data?: { data: { open: number } } }).data?.data.open

test('a page shows what was loaded for it, and comes alive without a mismatch', async () => {
  const { html, state } = await rendered(<Everything />)
  expect(html).toContain('&quot;open&quot;:1')
  const { hydrate, mismatches, line } = await hydrated(<Everything />, html, { hydrate: state })
  await hydrate()
  expect(shownOpen()).toBe(1)
  await act(() => shop.report(2))
  await waitFor(() => expect(shownOpen()).toBe(2))
  expect([mismatches, complaints]).toEqual([[], []])
  expect(line.count('subscribe')).toBe(1)
})

test('also when the topic has moved on before the page came alive', async () => {
  const { html, state } = await rendered(<Everything />)
  const { hydrate, mismatches, client } = await hydrated(<Everything />, html, { hydrate: state })
  await shop.report(5)
  client.topic('metrics', ref).subscribe(() => {})
  await waitFor(() => expect(client.topic('metrics', ref).get()?.data.open).toBe(5))
  await hydrate()
  await waitFor(() => expect(shownOpen()).toBe(5))
  expect([mismatches, complaints]).toEqual([[], []])
})

test('also where nothing was loaded for it, but another part of the page has it by now', async () => {
  const { html } = await rendered(<Everything />, { topics: false })
  expect(html).toContain('&quot;status&quot;:&quot;idle&quot;')
  const { hydrate, mismatches, client } = await hydrated(<Everything />, html)
  client.topic('metrics', ref).subscribe(() => {})
  await waitFor(() => expect(client.topic('metrics', ref).get()?.data.open).toBe(1))
  await hydrate()
  await waitFor(() => expect(shownOpen()).toBe(1))
  expect([mismatches, complaints]).toEqual([[], []])
})

const streamed = (page: ReactNode) =>
  new Promise<string>((resolve, reject) => {
    let html = ''
    const sink = new Writable({
      write: (chunk, _, done) => {
        html += String(chunk)
        done()
      },
      final: (done) => {
        done()
        resolve(html)
      },
    })
    const { pipe } = renderToPipeableStream(page, { onAllReady: () => pipe(sink), onError: reject })
  })

test('streamed with suspense: the server waits for the topic, the browser takes over what it was sent', async () => {
  const Open = () => {
    const { data, isStale } = useSuspenseTopic('metrics', ref, { select: (snapshot) => snapshot.data.open })
    return <b>{`${data} ${isStale}`}</b>
  }
  const page = (
    <StrictMode>
      <Suspense fallback="waiting">
        <Open />
      </Suspense>
    </StrictMode>
  )
  const { client, Providers } = openClient(shop)
  const html = await streamed(<Providers>{page}</Providers>)
  expect(html).toContain('1 true')
  const state: Dehydrated = JSON.parse(JSON.stringify(client.dehydrate()))
  client.close()
  const { hydrate, mismatches } = await hydrated(page, html, { hydrate: state })
  await hydrate()
  await screen.findByText('1 false')
  await act(() => shop.report(2))
  await screen.findByText('2 false')
  expect([mismatches, complaints]).toEqual([[], []])
})

test('two requests see their own clients’ topics only', async () => {
  const other = await openShop()
  await other.report(9)
  const [mine, theirs] = [openClient(shop), openClient(other)]
  await Promise.all([mine.client.topic('metrics', ref).ready(), theirs.client.topic('metrics', ref).ready()])
  const openOf = ({ Providers }: typeof mine) =>
    renderToString(
      <Providers>
        <Everything />
      </Providers>,
    ).match(/open&quot;:(\d)/)?.[1]
  expect([openOf(mine), openOf(theirs), openOf(mine)]).toEqual(['1', '9', '1'])
  for (const { client } of [mine, theirs]) client.close()
  await other.close()
})
