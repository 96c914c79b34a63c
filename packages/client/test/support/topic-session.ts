import type { Frame, KeyedPut, SubscribeAck } from '@sightline/core/protocol'
import { testClock } from '@sightline/core/testing'
import { createSession } from '../../src/session.ts'
import type { ResyncEvent } from '../../src/topics/topic-store.ts'
import { at, patchTo, whole } from './frames.ts'
import { scriptedServer } from './scripted-server.ts'

/** The topics of a session with a scripted server and a clock that a test moves. */
export const setup = ({ maxIdleTopics = 10 } = {}) => {
  const server = scriptedServer()
  const clock = testClock()
  const resyncs: ResyncEvent[] = []
  const { topics, connection } = createSession({
    transport: server.transport,
    clock,
    random: () => 0.5,
    idleMs: 1_000,
    keepMs: 5_000,
    maxLogEntries: 10,
    maxIdleTopics,
    onResync: (event) => resyncs.push(event),
  })
  return { server, clock, topics, connection, resyncs, topic: topics.open('t', undefined) }
}

export const answerWith = (frame: Frame) => (): SubscribeAck => ({ topic: frame.topic, frame })
export const five = whole(at(5), { open: 5 })
export const raise = patchTo(at(5), at(6), { open: 6 }, [{ op: 'replace', path: '/open', value: 6 }])
export const put = (key: string, revision: number): KeyedPut => [key, at(revision), { key, revision }]
