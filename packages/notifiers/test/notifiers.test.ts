import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openHttpPlace } from '@sightline/conformance'
import { SightlineError } from '@sightline/core'
import type { Notification } from '@sightline/core/ports'
import { describe, expect, onTestFinished, test } from 'vitest'
import { consoleNotifier, discord, email, fileNotifier, slack, verifyWebhook, webhook } from '../src/index.ts'
import { mailParts } from './support/mail-parts.ts'
import { openSmtpPlace } from './support/smtp-place.ts'

const note: Notification = {
  status: 'firing',
  title: 'checkout is down and 499 more',
  severity: 'critical',
  team: 'default',
  channel: 'ops',
  at: 0,
  facts: [{ name: 'Rule', value: 'service-down' }],
  items: Array.from({ length: 12 }, (_, index) => ({ title: `s${index} is down`, text: 'no answer', severity: 'high', at: 0 })),
  more: 488,
  links: [{ text: 'Open the incident', url: 'https://sightline.example/i/1?a=1&b=2' }],
}
const longest: Notification = {
  ...note,
  title: '*'.repeat(250),
  facts: Array.from({ length: 20 }, () => ({ name: '<'.repeat(100), value: '&'.repeat(500) })),
  items: Array.from({ length: 50 }, () => ({ title: '*'.repeat(250), text: '<'.repeat(500), severity: 'low', at: 0 })),
}

const options = () => ({ signal: new AbortController().signal, idempotencyKey: 'key-1' })

const openPlace = async () => {
  const place = await openHttpPlace({ answer: '{"type":0,"id":"1234567890"}' })
  onTestFinished(place.dispose)
  const bodies = async () => (await place.received()).map(({ body }) => JSON.parse(body))
  return { place, bodies }
}

describe('lengths', () => {
  test("Slack's: 150 in a header, 3,000 in a section, 2,000 in a field, ten fields, fifty blocks", async () => {
    const { place, bodies } = await openPlace()
    await slack({ webhookUrl: place.url }).send(longest, options())
    const [{ attachments }] = await bodies()
    const blocks: { type: string; text?: { text: string }; fields?: { text: string }[] }[] = attachments[0].blocks
    expect(blocks.length).toBeLessThanOrEqual(50)
    for (const { type, text, fields } of blocks) {
      expect(text?.text.length ?? 1).toBeLessThanOrEqual(type === 'header' ? 150 : 3_000)
      expect(text?.text.length ?? 1).toBeGreaterThan(0)
      expect(fields?.length ?? 1).toBeLessThanOrEqual(10)
      for (const field of fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000)
    }
  })

  test("Discord's: 256 in a title, 4,096 in a description, 1,024 in a field, 6,000 in all", async () => {
    const { place, bodies } = await openPlace()
    expect(await discord({ webhookUrl: place.url }).send(longest, options())).toEqual({ receipt: '1234567890' })
    const [{ embeds }] = await bodies()
    const [embed] = embeds
    const fields: { name: string; value: string }[] = embed.fields
    expect(embed.title.length).toBeLessThanOrEqual(256)
    expect(embed.description.length).toBeLessThanOrEqual(4_096)
    for (const { name, value } of fields) {
      expect(name.length).toBeLessThanOrEqual(256)
      expect(value.length).toBeLessThanOrEqual(1_024)
    }
    const all = [embed.title, embed.description, ...fields.flatMap(({ name, value }) => [name, value])].join('')
    expect(all.length).toBeLessThanOrEqual(6_000)
    expect(embed.description).toMatch(/and 5\d\d more$/)
  })
})

describe('a signed webhook', () => {
  const secret = 'a-secret-of-sixteen'
  const now = 1_767_225_600_000

  test('can be checked by anybody who knows the secret', async () => {
    const { place } = await openPlace()
    await webhook({ url: place.url, secret, now: () => now, headers: { 'x-mine': 'yes' } }).send(note, options())
    const [received] = await place.received()
    const timestamp = String(received?.headers['x-sightline-timestamp'])
    const signature = String(received?.headers['x-sightline-signature'])
    const body = received?.body ?? ''
    expect(timestamp).toBe('1767225600')
    expect(signature).toBe(`v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`)
    expect(received?.headers['x-mine']).toBe('yes')
    expect(JSON.parse(body)).toEqual({ id: 'key-1', notification: note })
    const check = { secret, timestamp, signature, body, now }
    expect(verifyWebhook(check)).toBe(true)
    expect(verifyWebhook({ ...check, body: `${body} ` })).toBe(false)
    expect(verifyWebhook({ ...check, secret: 'another-secret-of-sixteen' })).toBe(false)
    expect(verifyWebhook({ ...check, signature: signature.slice(0, -1) })).toBe(false)
    expect(verifyWebhook({ ...check, timestamp: 'soon' })).toBe(false)
    expect(verifyWebhook({ ...check, timestamp: undefined })).toBe(false)
    expect(verifyWebhook({ ...check, signature: undefined })).toBe(false)
    expect(verifyWebhook({ ...check, signature: [signature, signature] })).toBe(false)
    expect(verifyWebhook({ ...check, now: now + 300_001 })).toBe(false)
    expect(verifyWebhook({ ...check, now: now + 300_000 })).toBe(true)
  })

  test('of a short secret is refused', () => {
    expect(() => webhook({ url: 'https://x.example', secret: 'short' })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    )
  })
})

test.each([
  ['slack', () => slack({ webhookUrl: 'not-a-url-s3cret' })],
  ['discord', () => discord({ webhookUrl: 'ftp://s3cret.example' })],
  ['webhook', () => webhook({ url: 'javascript:s3cret', secret: 'a-secret-of-sixteen' })],
  ['from', () => email({ smtp: { host: 'h' }, from: 's3cret', to: 'a@example.org' })],
  [
    'to',
    () => email({ smtp: { host: 'h' }, from: 'a@example.org', to: ['a@example.org', 'b@example.org\r\nBcc: s3cret@x.org'] }),
  ],
  ['nobody', () => email({ smtp: { host: 'h' }, from: 'a@example.org', to: [] })],
])('%s that cannot be is refused when it is made, without naming it', (_, make) => {
  expect(make).toThrow(SightlineError)
  expect(make).not.toThrow('s3cret')
})

test('a mail has its recipients, a subject of one line, both forms, and a key that stays the same', async () => {
  const place = await openSmtpPlace()
  onTestFinished(place.dispose)
  const notifier = email({
    smtp: { host: '127.0.0.1', port: place.port },
    from: 'Sightline <alerts@example.org>',
    to: ['ops@example.org', 'On Call <oncall@example.org>'],
  })
  const { receipt } = await notifier.send({ ...note, title: 'ünïcode\r\nBcc: victim@example.org' }, options())
  await notifier.send(note, options())
  const [first, second] = await place.received()
  expect(first?.recipients).toEqual(['ops@example.org', 'oncall@example.org'])
  expect(receipt).toBe('<key-1@sightline.invalid>')
  expect([first?.key, second?.key]).toEqual(['key-1', 'key-1'])
  const { headers, text, html } = mailParts(first?.raw ?? '')
  expect(headers.map(([name]) => name)).not.toContain('bcc')
  expect(headers.filter(([name]) => name === 'subject')).toHaveLength(1)
  expect(text).toContain('ünïcode Bcc: victim@example.org')
  expect(html).toContain('and 488 more')
  expect(html).toContain('href="https://sightline.example/i/1?a=1&amp;b=2"')
})

test('who gives up on a mail leaves no connection behind', async () => {
  const place = await openSmtpPlace()
  onTestFinished(place.dispose)
  await place.behave('hangs')
  const waiting = new AbortController()
  const notifier = email({ smtp: { host: '127.0.0.1', port: place.port }, from: 'a@example.org', to: 'b@example.org' })
  const sending = notifier.send(note, { signal: waiting.signal, idempotencyKey: 'k' })
  sending.catch(() => {})
  await expect.poll(() => place.openConnections).toBe(1)
  waiting.abort()
  await expect(sending).rejects.toMatchObject({ code: 'ABORTED' })
  await expect.poll(() => place.openConnections).toBe(0)
})

test('texts of a mail keep to their own direction, and lose what would turn that of others', async () => {
  const place = await openSmtpPlace()
  onTestFinished(place.dispose)
  const notifier = email({ smtp: { host: '127.0.0.1', port: place.port }, from: 'a@example.org', to: 'b@example.org' })
  const title = 'שירות\u202e התשלומים 👩\u200d💻'
  await notifier.send({ ...note, title, items: [{ title, text: title, severity: 'low', at: 0 }], more: 0 }, options())
  const [received] = await place.received()
  const { text, html } = mailParts(received?.raw ?? '')
  const shown = 'שירות  התשלומים 👩\u200d💻'
  expect(html.split(`<bdi>${shown}</bdi>`)).toHaveLength(4)
  expect(html).toContain('FIRING (critical): <bdi>')
  expect(text).toContain(`FIRING (critical): ${shown}`)
})

test('a file of notifications can be looked at in a terminal, and holds them as they were', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'alerts.ndjson')
  const title = 'a\u009b2J\u001b]0;x\u0007\u202e\u2028\u007f'
  await fileNotifier({ file }).send({ ...note, title }, options())
  const text = await readFile(file, 'utf8')
  expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
  expect(JSON.parse(text)).toMatchObject({ id: 'key-1', notification: { title } })
})

test('the console gets lines of text in which nothing moves the cursor', async () => {
  const written: string[] = []
  const notifier = consoleNotifier({ write: (text) => void written.push(text) })
  await notifier.send({ ...note, title: 'a\u001b[2J\u009b2J\nb\u202ec', items: note.items.slice(0, 1), more: 0 }, options())
  expect(written).toEqual([
    [
      'FIRING (critical): a [2J 2J b c',
      'Rule: service-down',
      '- [high] s0 is down: no answer',
      'Open the incident: https://sightline.example/i/1?a=1&b=2',
    ].join('\n'),
  ])
})
