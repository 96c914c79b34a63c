import type { Frame, KeyedPut, StateFrame, SubscribeAck } from '@sightline/core/protocol'
import { testClock } from '@sightline/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSession } from '../../src/session.ts'
import { at, keyed, list, listDigest, whole } from '../support/frames.ts'
import { type ScriptedServer, scriptedServer, settle } from '../support/scripted-server.ts'

/** What a network or a careless server may do to a frame on its way. */
const fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'is lost', 'comes twice', 'comes late', 'is corrupt')

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('change' as const), key: fc.constantFrom('a', 'b', 'c'), fate }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'wipe' as const, 'provisional' as const) }) },
)

const client = (server: ScriptedServer) => {
  const clock = testClock()
  const { topics } = createSession({
    transport: server.transport,
    clock,
    random: () => 0.5,
    idleMs: 1_000,
    keepMs: 1_000,
    maxLogEntries: 10,
    maxIdleTopics: 10,
    onResync: () => {},
  })
  const topic = topics.open('t', undefined)
  return { clock, topic }
}

/** Sends frames as their fates will have it. */
const lossyLine = (server: ScriptedServer) => {
  let late: Frame[] = []
  return (frame: Frame, fate: string, corrupt: (frame: Frame) => Frame) => {
    const overtaken = late
    late = fate === 'comes late' ? [frame] : []
    if (fate === 'is corrupt') server.send(corrupt(frame))
    else if (fate !== 'is lost' && fate !== 'comes late') server.send(frame)
    if (fate === 'comes twice') server.send(frame)
    for (const each of overtaken) server.send(each)
  }
}

/** What a later, undisturbed frame brings about in any case: the client has seen that something is missing, and asked. */
const heal = async (clock: { advance(ms: number): Promise<void> }, undisturbed: () => void) => {
  await clock.advance(20_000)
  undisturbed()
  await clock.advance(20_000)
}

test('a state: whatever happens on the way, nothing older or made up is shown, and the end is the server’s', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, takesPatches) => {
      const server = scriptedServer()
      let epoch = 1
      let revision = 1
      let data: Record<string, number> = { a: 0, b: 0, c: 0 }
      const written = new Map<string, unknown>([['e1@1', data]])
      const present = (extra: Partial<StateFrame> = {}) => whole(at(revision, `e${epoch}`), data, extra)
      server.onSubscribe(({ since }): SubscribeAck => {
        const frame = present()
        if (since?.version?.epoch !== undefined && since.version.epoch !== frame.version.epoch)
          return { topic: 't', frame: present({ reset: true }) }
        return since?.digest === frame.digest && since.version?.revision === revision
          ? { topic: 't', upToDate: true }
          : { topic: 't', frame }
      })
      const change = (key: string): StateFrame => {
        const base = at(revision, `e${epoch}`)
        data = { ...data, [key]: (data[key] ?? 0) + 1 }
        revision++
        written.set(`e${epoch}@${revision}`, data)
        const { data: _, ...frame } = present()
        return takesPatches ? { ...frame, base, patch: [{ op: 'replace', path: `/${key}`, value: data[key] }] } : present()
      }
      const { clock, topic } = client(server)
      const shown = new Map<string, number>()
      const wrong: string[] = []
      topic.subscribe(() => {
        const { mark, data: seen, isProvisional } = topic.view()
        if (!mark?.version) return
        const { version } = mark
        const name = `${version.epoch}@${version.revision}`
        if (!isProvisional && JSON.stringify(seen) !== JSON.stringify(written.get(name))) wrong.push(`${name} was never that`)
        if (version.revision < (shown.get(version.epoch) ?? 0)) wrong.push(`${name} after revision ${shown.get(version.epoch)}`)
        shown.set(version.epoch, version.revision)
      })
      const send = lossyLine(server)
      const corrupt = (frame: Frame) => ({ ...frame, digest: '0'.repeat(40) }) as Frame
      for (const each of steps) {
        if (each.do === 'change') send(change(each.key), each.fate, corrupt)
        else if (each.do === 'pass') await clock.advance(each.ms)
        else if (each.do === 'cut') server.cut()
        else if (each.do === 'provisional')
          server.send(whole(at(revision, `e${epoch}`), { ...data, a: -1 }, { provisional: true }))
        else {
          epoch++
          revision = 1
          data = { a: -epoch, b: 0, c: 0 }
          written.set(`e${epoch}@1`, data)
          server.send(present({ reset: true }))
        }
      }
      await heal(clock, () => server.send(change('a')))
      expect(wrong).toEqual([])
      expect(topic.view()).toMatchObject({
        status: 'live',
        isProvisional: false,
        data,
        mark: { version: at(revision, `e${epoch}`), digest: present().digest },
      })
    }),
    { numRuns: 60 },
  )
})

test('a list: whatever happens on the way, no item goes back while connected to one server, and the end is the server’s', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const server = scriptedServer()
      let edition = 0
      let epoch = 1
      let items = new Map<string, KeyedPut>()
      server.onSubscribe(({ since }) =>
        since?.digest === listDigest(items.values())
          ? { topic: 't', upToDate: true }
          : { topic: 't', frame: list([...items.values()]) },
      )
      const change = (key: string): Frame => {
        const version = at(++edition, `e${epoch}`)
        if (items.has(key) && edition % 4 === 0) {
          items.delete(key)
          return keyed(items.values(), { drop: [[key, version]] })
        }
        const put: KeyedPut = [key, version, { key, edition }]
        items.set(key, put)
        return keyed(items.values(), { put: [put] })
      }
      const { clock, topic } = client(server)
      topic.subscribe(() => {})
      const send = lossyLine(server)
      const corrupt = (frame: Frame) =>
        frame.kind === 'keyed'
          ? { ...frame, put: frame.put.map(([key, version]) => [key, version, 'corrupt'] as KeyedPut) }
          : frame
      for (const each of steps) {
        if (each.do === 'change') send(change(each.key), each.fate, corrupt)
        else if (each.do === 'pass') await clock.advance(each.ms)
        else if (each.do === 'cut') server.cut()
        else if (each.do === 'provisional')
          server.send(keyed([], { put: [['a', at(edition, `e${epoch}`), 'provisional']], provisional: true }))
        else {
          epoch++
          edition = 0
          items = new Map()
          server.send(list([]))
        }
      }
      await heal(clock, () => server.send(change('a')))
      expect(topic.view()).toMatchObject({ status: 'live', mark: { digest: listDigest(items.values()) } })
      const keys = [...items.keys()].sort()
      if (!topic.view().isProvisional) expect(topic.view().data).toEqual(keys.map((key) => items.get(key)?.[2]))
    }),
    { numRuns: 60 },
  )
})

test('a log: cuts lose nothing and double nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ cut: fc.boolean(), twice: fc.boolean() }), { maxLength: 10 }), async (steps) => {
      const server = scriptedServer()
      const all: { id: string }[] = []
      server.onSubscribe(({ since }) => {
        const from = Number(since?.cursor ?? 0)
        return {
          topic: 't',
          frame: {
            topic: 't',
            kind: 'log',
            cursor: `${all.length}`,
            entries: all.slice(from),
            ...(since ? {} : { reset: true }),
          },
        }
      })
      const { clock, topic } = client(server)
      topic.subscribe(() => {})
      await settle()
      for (const { cut, twice } of steps) {
        if (cut) server.down()
        all.push({ id: `${all.length}` })
        const frame: Frame = { topic: 't', kind: 'log', cursor: `${all.length}`, entries: all.slice(-1) }
        server.send(frame)
        if (twice) server.send(frame)
        if (cut) server.up()
      }
      await clock.advance(1_000)
      expect(topic.view()).toMatchObject({ status: 'live', data: all })
    }),
    { numRuns: 60 },
  )
})
