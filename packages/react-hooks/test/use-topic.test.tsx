// @vitest-environment jsdom
// biome-ignore-all lint/correctness/noComponentHookFactories: a component that belongs to one test closes over it
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { StrictMode, useState } from 'react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hooks, openClient, openShop, ref, type Shop } from './support/shop.tsx'

const { useTopic } = hooks
let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  cleanup()
  await shop.close()
})

test('shows a topic, and every change of it', async () => {
  const { Providers } = openClient(shop)
  const seen: string[] = []
  const Page = () => {
    const { data, status, isStale } = useTopic('metrics', ref)
    seen.push(`${status} ${data?.data.open ?? '–'} ${isStale}`)
    return <p>{data?.data.open}</p>
  }
  render(<Page />, { wrapper: Providers })
  await screen.findByText('1')
  await act(() => shop.report(2))
  await screen.findByText('2')
  expect(seen).toEqual(['idle – true', 'loading – true', 'live 1 false', 'live 2 false'])
})

test('renders again only when the selected part changes', async () => {
  const { Providers, client } = openClient(shop)
  const renders: unknown[] = []
  const Hosts = () => {
    // A new function, and a new array, with every render.
    const { data } = useTopic('metrics', ref, { select: (snapshot) => snapshot.data.hosts.map(({ name }) => name) })
    renders.push(data)
    return <p>{data?.join()}</p>
  }
  render(<Hosts />, { wrapper: Providers })
  await screen.findByText('a,b')
  const before = renders.length
  for (const open of [2, 3, 4]) await act(() => shop.report(open))
  await waitFor(() => expect(client.topic('metrics', ref).get()?.data.open).toBe(4))
  expect(renders.length).toBe(before)
})

test('a new select shows its own part, with what is the same kept as it is', async () => {
  const { Providers } = openClient(shop)
  const parts = new Set<unknown>()
  const Page = () => {
    const [index, setIndex] = useState(0)
    const { data } = useTopic('metrics', ref, { select: ({ data: { hosts } }) => ({ host: hosts[index]?.name, all: hosts }) })
    if (data) parts.add(data.all)
    return (
      <button type="button" onClick={() => setIndex(1)}>
        {data?.host ?? '–'}
      </button>
    )
  }
  render(<Page />, { wrapper: Providers })
  ;(await screen.findByText('a')).click()
  await screen.findByText('b')
  expect(parts.size).toBe(1)
})

test('is subscribed once for many components, through mounting and unmounting, also in strict mode', async () => {
  const { Providers, line } = openClient(shop, { keepMs: 100 })
  const One = ({ name }: { name: string }) => <p>{`${name}${useTopic('metrics', { ...ref }).data?.data.open}`}</p>
  const page = render(
    <StrictMode>
      <One name="x" />
      <One name="y" />
    </StrictMode>,
    { wrapper: Providers },
  )
  await screen.findByText('x1')
  await screen.findByText('y1')
  page.rerender(
    <StrictMode>
      <One name="z" />
    </StrictMode>,
  )
  await screen.findByText('z1')
  await act(() => shop.report(2))
  await screen.findByText('z2')
  expect([line.count('subscribe'), line.count('unsubscribe')]).toEqual([1, 0])
  page.unmount()
  await waitFor(() => expect(line.count('unsubscribe')).toBe(1))
})

test('follows its params', async () => {
  const { Providers, line } = openClient(shop, { keepMs: 10 })
  const Page = () => {
    const [region, setRegion] = useState<'us-east' | 'eu-west'>('us-east')
    const { data } = useTopic('metrics', { api: 'orders', region })
    return (
      <button type="button" onClick={() => setRegion('eu-west')}>
        {data?.region ?? '–'}
      </button>
    )
  }
  render(<Page />, { wrapper: Providers })
  ;(await screen.findByText('us-east')).click()
  await screen.findByText('eu-west')
  await waitFor(() => expect([line.count('subscribe'), line.count('unsubscribe')]).toEqual([2, 1]))
})

test('asks for nothing while not enabled', async () => {
  const { Providers, line } = openClient(shop)
  const Page = () => {
    const [enabled, setEnabled] = useState(false)
    const { data, status } = useTopic('metrics', ref, { enabled })
    return (
      <button type="button" onClick={() => setEnabled(true)}>
        {data?.data.open ?? status}
      </button>
    )
  }
  render(<Page />, { wrapper: Providers })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(line.requests).toEqual([])
  screen.getByText('idle').click()
  await screen.findByText('1')
})

test('topics without params, lists and logs', async () => {
  const { Providers, client } = openClient(shop)
  const Page = () => {
    const regions = useTopic('regions', undefined, { select: (all) => all.map(({ region }) => region).join() })
    const notes = useTopic('notes')
    return <p>{`${regions.data}: ${notes.data?.map(({ text }) => text).join()}`}</p>
  }
  render(<Page />, { wrapper: Providers })
  await screen.findByText('eu-west,us-east:')
  await act(() => client.call('notes.add', { text: 'hello' }))
  await screen.findByText('eu-west,us-east: hello')
})

test('a refused topic has its error', async () => {
  const { Providers } = openClient(shop)
  const Page = () => {
    const { error, status, isLoaded } = useTopic('metrics', { api: 'orders', region: 'mars' as 'us-east' })
    return <p>{`${status} ${error?.code} ${isLoaded}`}</p>
  }
  render(<Page />, { wrapper: Providers })
  await screen.findByText('failed UNKNOWN_REGION false')
})

test('shows what it has while the connection is away, and says so', async () => {
  const { Providers, line } = openClient(shop)
  const Page = () => {
    const { data, isStale } = useTopic('metrics', ref)
    const { status } = hooks.useConnection()
    return <p>{`${data?.data.open} ${isStale} ${status}`}</p>
  }
  render(<Page />, { wrapper: Providers })
  await screen.findByText('1 false connected')
  act(() => line.lose())
  await screen.findByText('1 true reconnecting')
})

test('needs a provider, and says so', () => {
  const Page = () => <p>{useTopic('regions').status}</p>
  const consoleError = console.error
  console.error = () => {}
  try {
    expect(() => render(<Page />)).toThrow('put <SightlineProvider client={client}> around it')
  } finally {
    console.error = consoleError
  }
})
