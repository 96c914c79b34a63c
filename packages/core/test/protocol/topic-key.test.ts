import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roomOf, topicKey, v1Room } from '../../src/protocol/topic-key.ts'
import { anyText, fromPairs, jsonValue, referenceForm } from '../changes/support/json-text.ts'

const name = fc.oneof(anyText(5), fc.constantFrom('metrics', 'a?b=c', 'a&b', 'a:b', '%u', '\ud800', '5', 'null'))
const params = fc.array(fc.tuple(name, fc.oneof(name, jsonValue())), { maxLength: 3 }).map(fromPairs)

describe('topicKey', () => {
  it('reads well', () => {
    expect(topicKey('metrics', { region: 'us-east', api: 'orders' })).toBe('metrics?api=orders&region=us-east')
    expect(topicKey('regions')).toBe('regions')
    expect(topicKey('regions', {})).toBe('regions')
    expect(topicKey('regions', { api: undefined })).toBe('regions')
    expect(topicKey('deploys.log', { limit: 5, live: true, host: '10.0.0.1', tags: ['a'] })).toBe(
      'deploys.log?host=10.0.0.1&limit=5&live=true&tags=%5B%22a%22%5D',
    )
  })

  it('does not depend on the order of the parameters', () => {
    fc.assert(
      fc.property(name, params, (topic, one) => {
        expect(topicKey(topic, fromPairs(Object.entries(one).reverse()))).toBe(topicKey(topic, one))
      }),
    )
  })

  it('is never shared by two topics', () => {
    fc.assert(
      fc.property(name, params, name, params, (topicA, a, topicB, b) => {
        const isSame = topicA === topicB && referenceForm(a) === referenceForm(b)
        expect([topicA, a, topicB, b, topicKey(topicA, a) === topicKey(topicB, b)]).toEqual([topicA, a, topicB, b, isSame])
      }),
      { numRuns: 500 },
    )
    expect(topicKey('m', { n: 5 })).not.toBe(topicKey('m', { n: '5' }))
    expect(topicKey('m', { n: null })).not.toBe(topicKey('m', { n: 'null' }))
    expect(topicKey('m', { n: '"5"' })).not.toBe(topicKey('m', { n: '5' }))
    expect(topicKey('m', { a: 'b&c=d' })).not.toBe(topicKey('m', { a: 'b', c: 'd' }))
    expect(topicKey('m?a=b')).not.toBe(topicKey('m', { a: 'b' }))
  })
})

describe('rooms', () => {
  it('are named as version 1 says', () => {
    expect(v1Room('orders', 'us-east')).toBe('metrics:orders:us-east')
    expect(v1Room('orders', '5')).toBe('metrics:orders:5')
  })

  it('are named by variant, team and topic', () => {
    expect(roomOf({ team: 'acme', topic: topicKey('metrics', { api: 'orders' }), variant: 'patch' })).toBe(
      'patch:acme:metrics?api=orders',
    )
  })

  it('are never shared', () => {
    const room = fc.oneof(
      fc.tuple(name, name).map(([api, region]) => ({ id: JSON.stringify(['v1', api, region]), room: v1Room(api, region) })),
      fc.record({ team: name, name, variant: fc.constantFrom('whole', 'patch', 'v1') }).map((one) => ({
        id: JSON.stringify(one),
        room: roomOf({ team: one.team, topic: topicKey(one.name), variant: one.variant }),
      })),
    )
    fc.assert(
      fc.property(room, room, (a, b) => {
        expect([a, b, a.room === b.room]).toEqual([a, b, a.id === b.id])
      }),
      { numRuns: 500 },
    )
  })
})
