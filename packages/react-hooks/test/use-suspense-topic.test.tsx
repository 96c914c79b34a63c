// @vitest-environment jsdom
// biome-ignore-all lint/correctness/noComponentHookFactories: a component that belongs to one test closes over it
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { Component, type PropsWithChildren, StrictMode, Suspense, useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hooks, openClient, openShop, ref, type Shop } from './support/shop.tsx'

const { useSuspenseTopic } = hooks
let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  cleanup()
  await shop.close()
})

test('the fallback shows until there is data, then every change', async () => {
  const { Providers, line } = openClient(shop)
  const answers = Promise.withResolvers<void>()
  line.holdUp(answers.promise)
  const Page = () => <p>{useSuspenseTopic('metrics', ref).data.data.open.toFixed(1)}</p>
  render(
    <StrictMode>
      <Suspense fallback="waiting">
        <Page />
      </Suspense>
    </StrictMode>,
    { wrapper: Providers },
  )
  await screen.findByText('waiting')
  answers.resolve()
  await screen.findByText('1.0')
  await act(() => shop.report(2))
  await screen.findByText('2.0')
  expect(line.count('subscribe')).toBe(1)
})

test('several topics of one component, a selection, and what is loaded already', async () => {
  const { Providers, client } = openClient(shop)
  await client.topic('metrics', ref).ready()
  const fallback = vi.fn(() => <i>waiting</i>)
  const Fallback = () => fallback()
  const One = () => <p>{useSuspenseTopic('metrics', ref, { select: ({ data }) => data.open }).data}</p>
  const page = render(
    <Suspense fallback={<Fallback />}>
      <One />
    </Suspense>,
    { wrapper: Providers },
  )
  await screen.findByText('1')
  expect(fallback).not.toHaveBeenCalled()
  const Two = () => {
    const regions = useSuspenseTopic('regions').data.length
    const notes = useSuspenseTopic('notes').data.length
    return <p>{`${regions} regions, ${notes} notes`}</p>
  }
  page.rerender(
    <Suspense fallback={<Fallback />}>
      <Two />
    </Suspense>,
  )
  await screen.findByText('2 regions, 0 notes')
})

class Boundary extends Component<PropsWithChildren<{ onReset: () => void }>, { error: unknown }> {
  override state: { error: unknown } = { error: null }
  static getDerivedStateFromError = (error: unknown) => ({ error })
  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    const reset = () => {
      this.props.onReset()
      this.setState({ error: null })
    }
    return (
      <button type="button" onClick={reset}>
        {(error as { code: string }).code}
      </button>
    )
  }
}

test('a refused topic throws to the boundary, and is asked for again from there', async () => {
  const { Providers, client } = openClient(shop)
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const elsewhere = { api: 'orders', region: 'mars' as 'us-east' } as const
  const Page = () => {
    const [params] = useState(elsewhere)
    return <p>{useSuspenseTopic('metrics', params).data.data.open}</p>
  }
  render(
    <Boundary onReset={() => client.topic('metrics', elsewhere).refresh()}>
      <Suspense fallback="waiting">
        <Page />
      </Suspense>
    </Boundary>,
    { wrapper: Providers },
  )
  ;(await screen.findByText('UNKNOWN_REGION')).click()
  await waitFor(() => screen.getByText('waiting'))
  await screen.findByText('UNKNOWN_REGION')
  vi.restoreAllMocks()
})
