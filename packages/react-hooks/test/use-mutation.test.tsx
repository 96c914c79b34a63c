// @vitest-environment jsdom
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hooks, openClient, openShop, type Shop } from './support/shop.tsx'

const { useMutation, useTopic } = hooks
let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  cleanup()
  await shop.close()
})

test('goes from idle to pending to its output', async () => {
  const { Providers } = openClient(shop)
  const onSuccess = vi.fn()
  const { result } = renderHook(() => useMutation('notes.add', { onSuccess }), { wrapper: Providers, reactStrictMode: true })
  expect(result.current).toMatchObject({ status: 'idle', data: undefined, error: null, isPending: false })
  act(() => result.current.mutate({ text: 'hello' }))
  expect(result.current).toMatchObject({ status: 'pending', isPending: true })
  await waitFor(() =>
    expect(result.current).toMatchObject({ status: 'success', data: { id: 'n1', text: 'hello' }, isPending: false }),
  )
  expect(onSuccess).toHaveBeenCalledWith({ id: 'n1', text: 'hello' }, { text: 'hello' })
  act(() => result.current.reset())
  expect(result.current).toMatchObject({ status: 'idle', data: undefined })
})

test('has the error of a call that failed, and rejects where it is awaited', async () => {
  const { Providers } = openClient(shop)
  const onError = vi.fn()
  const { result } = renderHook(() => useMutation('notes.add', { onError }), { wrapper: Providers })
  act(() => result.current.mutate({ text: '' }))
  await waitFor(() => expect(result.current).toMatchObject({ status: 'error', error: { code: 'INVALID_INPUT' } }))
  await act(() => expect(result.current.mutateAsync({ text: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' }))
  expect(onError).toHaveBeenCalledTimes(2)
})

test('of several calls the last one counts', async () => {
  const { Providers } = openClient(shop)
  const first = Promise.withResolvers<void>()
  shop.gate.wait = first.promise
  const { result } = renderHook(() => useMutation('notes.add'), { wrapper: Providers })
  let slow: Promise<unknown> = Promise.resolve()
  act(() => {
    slow = result.current.mutateAsync({ text: 'slow' })
  })
  shop.gate.wait = Promise.resolve()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await act(() => result.current.mutateAsync({ text: 'fast' }))
  first.resolve()
  await act(() => slow)
  expect(result.current.data).toMatchObject({ text: 'fast' })
})

test('shows its effect before it is answered, and takes it back when it fails', async () => {
  const { Providers } = openClient(shop)
  const answers = Promise.withResolvers<void>()
  const { result } = renderHook(
    () => ({
      notes: useTopic('notes', undefined, { select: (notes) => notes.map(({ text }) => text).join() }),
      add: useMutation('notes.add', {
        optimistic: (draft, { text }) =>
          draft.topic('notes', undefined, (notes) => [...notes, { id: 'soon', text: `${text} …` }]),
      }),
    }),
    {
      wrapper: ({ children }) => (
        <StrictMode>
          <Providers>{children}</Providers>
        </StrictMode>
      ),
    },
  )
  await waitFor(() => expect(result.current.notes.isLoaded).toBe(true))
  shop.gate.wait = answers.promise
  act(() => result.current.add.mutate({ text: 'hello' }))
  await waitFor(() => expect(result.current.notes.data).toBe('hello …'))
  answers.resolve()
  await waitFor(() => expect(result.current.notes.data).toBe('hello'))
  act(() => result.current.add.mutate({ text: '' }))
  await waitFor(() => expect(result.current.notes.data).toBe('hello, …'))
  await waitFor(() => expect(result.current.notes.data).toBe('hello'))
})

test('its functions stay the same from render to render', () => {
  const { Providers } = openClient(shop)
  const { result, rerender } = renderHook(() => useMutation('notes.add', {}), { wrapper: Providers })
  const { mutate, mutateAsync, reset } = result.current
  rerender()
  expect([result.current.mutate, result.current.mutateAsync, result.current.reset]).toEqual([mutate, mutateAsync, reset])
})
