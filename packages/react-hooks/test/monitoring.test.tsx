// @vitest-environment jsdom
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hooks, type Monitored, openMonitored, openMonitoredClient } from './support/monitored.tsx'

let monitored: Monitored
beforeEach(async () => {
  monitored = await openMonitored()
})
afterEach(async () => {
  cleanup()
  await monitored.close()
})

const patience = { timeout: 10_000 }

test('useServices shows every service, and the one that goes down', async () => {
  const { Providers } = openMonitoredClient(monitored)
  const { result } = renderHook(
    () => hooks.useServices({ select: (services) => Object.fromEntries(services.map(({ name, status }) => [name, status])) }),
    { wrapper: Providers },
  )
  await waitFor(() => expect(result.current.data).toEqual({ checkout: 'up', mailer: 'up' }), patience)
  monitored.probe('checkout').fails(new Error('gone'))
  await act(() => monitored.clock.advance(5_000))
  await waitFor(() => expect(result.current.data).toEqual({ checkout: 'down', mailer: 'up' }), patience)
})

test('useService shows one with all its regions and numbers; a select renders for its part alone', async () => {
  const { Providers } = openMonitoredClient(monitored)
  const renders: unknown[] = []
  const { result } = renderHook(
    () => {
      const titles = hooks.useService('checkout', { select: ({ title, service: { tags } }) => ({ title, tags }) })
      renders.push(titles.data)
      return { titles, detail: null }
    },
    { wrapper: Providers },
  )
  await waitFor(() => expect(result.current.titles.data).toEqual({ title: 'checkout', tags: ['shop'] }), patience)
  const before = renders.length
  await act(() => monitored.clock.advance(10_000))
  expect(renders.length).toBe(before)
  const { result: whole } = renderHook(() => hooks.useService('checkout'), { wrapper: Providers })
  await waitFor(
    () =>
      expect(whole.current.data?.regions.map(({ region, status }) => [region, status])).toEqual([
        ['us', 'up'],
        ['eu', 'up'],
      ]),
    patience,
  )
  expect(Object.keys(whole.current.data?.values ?? {}).sort()).toEqual(['eu', 'us'])
})

test('useService of one that is not there has its error', async () => {
  const { Providers } = openMonitoredClient(monitored)
  const { result } = renderHook(() => hooks.useService('nothing'), { wrapper: Providers })
  await waitFor(() => expect(result.current.error?.code).toBe('NOT_FOUND'), patience)
  expect(result.current.isLoaded).toBe(false)
})

test('an incident is shown as it opens, is commented before the answer, and ends; its alerts are shown', async () => {
  const { Providers } = openMonitoredClient(monitored)
  const { result } = renderHook(
    () => ({
      open: hooks.useIncidents({ select: (all) => all.filter(({ status }) => status !== 'resolved').map(({ id }) => id) }),
      alerts: hooks.useAlerts({ select: (all) => all.map(({ kind, service }) => `${kind} ${service}`) }),
    }),
    { wrapper: Providers },
  )
  await waitFor(() => expect(result.current.open.data).toEqual([]), patience)
  monitored.probe('mailer').fails(new Error('gone'))
  await act(() => monitored.clock.advance(5_000))
  await waitFor(() => expect(result.current.open.data).toHaveLength(1), patience)
  await waitFor(() => expect(result.current.alerts.data).toEqual(['firing mailer']), patience)

  const id = result.current.open.data?.[0] ?? ''
  const seen: (readonly string[])[] = []
  const { result: one } = renderHook(
    () => {
      const incident = hooks.useIncident(id)
      const comments = incident.data?.timeline.filter(({ kind }) => kind === 'commented').map((event) => event.text)
      if (comments !== undefined) seen.push(comments)
      return {
        incident,
        comment: hooks.useMutation('incidents.comment', {
          optimistic: (draft, { text }) =>
            draft.topic('incident', { id }, (before) => ({
              ...before,
              timeline: [...before.timeline, { id: 'soon', at: 0, kind: 'commented' as const, by: null, text: `${text} …` }],
            })),
        }),
      }
    },
    { wrapper: Providers },
  )
  await waitFor(() => expect(one.current.incident.data?.service).toBe('mailer'), patience)
  act(() => one.current.comment.mutate({ id, text: 'looking' }))
  await waitFor(() => expect(seen.at(-1)).toEqual(['looking']), patience)
  expect(seen).toContainEqual(['looking …'])

  monitored.probe('mailer').returns({ ok: true })
  await act(() => monitored.clock.advance(180_000))
  await waitFor(() => expect(one.current.incident.data?.status).toBe('resolved'), patience)
  await waitFor(() => expect(result.current.open.data).toEqual([]), patience)
})

test('useLogs tails what comes in, and only what was asked for', async () => {
  const { client, Providers } = openMonitoredClient(monitored)
  const { result, rerender } = renderHook(
    ({ minSeverity }: { minSeverity?: 'error' }) =>
      hooks.useLogs(minSeverity === undefined ? { service: 'checkout' } : { service: 'checkout', minSeverity }, {
        select: (lines) => lines.map(({ message }) => message),
      }),
    { wrapper: Providers, initialProps: {} },
  )
  await waitFor(() => expect(result.current.data).toEqual([]), patience)
  await act(async () => {
    await client.call('logs.ingest', {
      entries: [
        { service: 'checkout', message: 'one' },
        { service: 'mailer', message: 'another’s' },
        { service: 'checkout', severity: 'error', message: 'two' },
      ],
    })
    await monitored.clock.advance(2_000)
  })
  await waitFor(() => expect(result.current.data).toEqual(['one', 'two']), patience)
  rerender({ minSeverity: 'error' })
  await waitFor(() => expect(result.current.data).toEqual(['two']), patience)
})

test('useMetrics draws a number of a service; another range is loading until it is there', async () => {
  const { Providers, calls } = openMonitoredClient(monitored)
  await act(() => monitored.clock.advance(60_000))
  const to = monitored.clock.now() + 1
  const { result, rerender } = renderHook(
    ({ from }) => hooks.useMetrics({ service: 'checkout', values: ['latencyMs'], region: 'us', range: { from, to }, points: 20 }),
    { wrapper: Providers, initialProps: { from: to - 60_000 } },
  )
  expect(result.current).toEqual({ charts: undefined, isLoading: true, error: null })
  await waitFor(() => expect(result.current.isLoading).toBe(false), patience)
  const [chart] = result.current.charts ?? []
  expect(chart).toMatchObject({ service: 'checkout', region: 'us', value: 'latencyMs' })
  expect(chart?.count.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(30)
  expect(chart?.mean.length).toBeLessThanOrEqual(20)
  // The same range as a new object is no new question.
  const asked = calls.length
  rerender({ from: to - 60_000 })
  expect(calls.length).toBe(asked)
  rerender({ from: to - 30_000 })
  expect(result.current.isLoading).toBe(true)
  await waitFor(
    () => expect(result.current.charts?.[0]?.count.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(31),
    patience,
  )
})

test('useMetrics tells why a number cannot be had', async () => {
  const { Providers } = openMonitoredClient(monitored)
  const { result } = renderHook(
    () => hooks.useMetrics({ service: 'checkout', values: ['latencyMs'], range: { from: 2, to: 1 } }),
    { wrapper: Providers },
  )
  await waitFor(() => expect(result.current.error?.code).toBe('INVALID_INPUT'), patience)
  expect(result.current.charts).toBeUndefined()
})
