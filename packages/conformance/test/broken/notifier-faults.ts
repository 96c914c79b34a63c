import { SightlineError } from '@sightline/core'
import { HTTP_BEHAVIOURS, notifierConformance, openHttpPlace } from '../../src/index.ts'
import { plainNotifier, type Quirks } from './plain-notifier.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

export interface NotifierFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  readonly quirks: Quirks
}

export const notifierFaults: readonly NotifierFault[] = [
  { breaks: 'it has no name', noticedBy: ['messages: a notifier has a name'], quirks: { name: '' } },
  {
    breaks: 'how much is left out is left out',
    noticedBy: ['messages: what is sent arrives, with its title, its lines, its facts and how much is left out'],
    quirks: { render: (notification) => ({ ...notification, more: 0 }) },
  },
  {
    breaks: 'facts are not sent',
    noticedBy: ['messages: what is sent arrives, with its title, its lines, its facts and how much is left out'],
    quirks: { render: (notification) => ({ ...notification, facts: [] }) },
  },
  {
    breaks: 'a resolve reads as what it resolves',
    noticedBy: ['messages: each status reads differently'],
    quirks: {
      render: (notification) => ({
        ...notification,
        status: notification.status === 'resolved' ? 'firing' : notification.status,
      }),
    },
  },
  {
    breaks: 'each attempt has a key of its own',
    noticedBy: ['messages: the key is on every attempt, and another message has another'],
    quirks: { key: (key, attempt) => `${key}-${attempt}` },
  },
  {
    breaks: 'every message has one key',
    noticedBy: ['messages: the key is on every attempt, and another message has another'],
    quirks: { key: () => 'sightline' },
  },
  { breaks: 'a receipt is a number', noticedBy: ['messages: a receipt is a text'], quirks: { receipt: () => 7 } },
  {
    breaks: 'texts are sent as they come',
    noticedBy: ['texts from outside: change nothing but the text'],
    quirks: { write: (text) => text },
  },
  {
    breaks: 'line breaks of texts begin new lines',
    noticedBy: ['texts from outside: change nothing but the text'],
    quirks: { write: (text) => text.replaceAll('<', '&lt;').replaceAll('>', '&gt;') },
  },
  {
    breaks: 'texts are sent however long they are',
    noticedBy: ['texts from outside: of ten megabytes are cut'],
    quirks: {
      limit: 400_000,
      // One of them is enough, and what memory bears.
      render: (notification) => ({
        ...notification,
        facts: [],
        items: notification.items.slice(0, 2).map((item) => ({ ...item, text: '' })),
      }),
    },
  },
  {
    breaks: 'trouble of the place reads as a refusal',
    noticedBy: ['failures: a place in trouble reads as that'],
    quirks: { failure: (status) => new SightlineError('FORBIDDEN', `It said ${status}.`) },
  },
  {
    breaks: 'a refusal reads as trouble',
    noticedBy: ['failures: a refusal reads as one'],
    quirks: { failure: (status) => new SightlineError('UNAVAILABLE', `It said ${status}.`) },
  },
  {
    breaks: 'how long to wait is forgotten',
    noticedBy: ['failures: how long to wait is handed on'],
    quirks: { failure: (status) => new SightlineError(status === 429 ? 'TOO_MANY_REQUESTS' : 'UNAVAILABLE', 'No.') },
  },
  {
    breaks: 'after one failure it never works again',
    noticedBy: ['failures: after trouble it works again'],
    quirks: { afterFailure: 'gone' },
  },
  {
    breaks: 'it waits for the place, whoever gave up',
    noticedBy: ['failures: it gives up when nobody waits any more', 'failures: errors name no secret'],
    quirks: { isDeaf: true },
  },
  {
    breaks: 'what nobody waits for is sent',
    noticedBy: ['failures: where nobody waits from the start nothing is sent'],
    quirks: { startsAnyway: true },
  },
  {
    breaks: 'answers are read to their end',
    noticedBy: ['failures: an answer without end is not read to its end'],
    quirks: { readsAll: true },
  },
  {
    breaks: 'messages name the URL',
    noticedBy: ['failures: errors name no secret'],
    quirks: { failure: (status, url) => new SightlineError('UNAVAILABLE', `${url} said ${status}.`) },
  },
  { breaks: 'causes name the URL', noticedBy: ['failures: errors name no secret'], quirks: { keepsReason: true } },
  {
    breaks: 'its errors are of no known kind',
    noticedBy: ['failures: a place in trouble reads as that', 'failures: a refusal reads as one'],
    quirks: { failure: (status) => new RangeError(String(status)) },
  },
]

/** The tests of the notifier suite over a notifier in order, or over one with the fault. */
export const notifierTests = (fault: NotifierFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  notifierConformance({
    name: 'plain',
    runner,
    can: HTTP_BEHAVIOURS,
    open: async () => {
      const place = await openHttpPlace()
      const bodyOf = (raw: string): string => raw.split('\n').slice(2).join('\n')
      return {
        ...place,
        notifier: plainNotifier(place.url, fault?.quirks),
        secrets: ['s3cret-path'],
        shown: ({ raw }) => bodyOf(raw),
        acts: ({ raw }) => bodyOf(raw).match(/[<>\n]/g) ?? [],
      }
    },
  })
  return tests
}
