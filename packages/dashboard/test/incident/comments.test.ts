import type { IncidentDetail } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { mentionParts } from '../../page/incident/mention-parts.ts'
import { isUnconfirmed, withComment } from '../../page/incident/optimistic-comment.ts'
import { typingLine } from '../../page/incident/typing-line.ts'

const marked = (text: string, mentions: readonly string[]) =>
  mentionParts(text, mentions).map((part) => (part.isMention ? `[${part.text}]` : part.text))

it('mentions are marked where they stand, the longer name first; the text stays whole', () => {
  expect(marked('@ann ask @anna, a@b', ['ann', 'anna'])).toEqual(['[@ann]', ' ask ', '[@anna]', ', a@b'])
  expect(marked('nobody', [])).toEqual(['nobody'])
  expect(marked('@ann', ['ann'])).toEqual(['[@ann]'])
  expect(marked('@bob', ['ann'])).toEqual(['@bob'])
})

it('who writes is told of others alone, for as long as they write', () => {
  const typist = (who: string, until = 10) => ({ who, until })
  const line = (typists: readonly { who: string; until: number }[], isMine = false) => typingLine(typists, { now: 5, isMine })
  expect(line([])).toBe('')
  expect(line([typist('ann', 5)])).toBe('')
  expect(line([typist('ann')])).toBe('ann is writing …')
  expect(line([typist('ann'), typist('anonymous')])).toBe('ann and Somebody are writing …')
  expect(line([typist('ann'), typist('bob'), typist('eve')])).toBe('3 people are writing …')
  expect(line([typist('anonymous')], true)).toBe('')
  expect(line([typist('ann'), typist('anonymous')], true)).toBe('ann is writing …')
})

it('a comment is there before it is stored, and known not to be', () => {
  const before = {
    commentCount: 1,
    timeline: [{ id: '1', at: 1, kind: 'opened', by: 'rule', text: '' }],
  } as unknown as IncidentDetail
  const after = withComment(before, { text: 'hello', at: 7 })
  expect(after.commentCount).toBe(2)
  expect(after.timeline.at(-1)).toMatchObject({ kind: 'commented', text: 'hello', at: 7 })
  expect(after.timeline.map(isUnconfirmed)).toEqual([false, true])
  expect(before.timeline).toHaveLength(1)
})
