import type { Notification } from '@sightline/core/ports'

/** A notification whose every text from outside is `text`. */
export const notificationOf = (text: string): Notification => ({
  status: 'firing',
  title: text,
  severity: 'critical',
  team: 'default',
  channel: 'ops',
  at: Date.UTC(2026, 0, 1),
  facts: [
    { name: 'Service', value: text },
    { name: 'Region', value: 'eu-west' },
  ],
  items: [
    { title: text, text, severity: 'critical', at: Date.UTC(2026, 0, 1) },
    { title: 'checkout is slow', text: 'p95 above 900 ms', severity: 'high', at: Date.UTC(2026, 0, 1) },
  ],
  more: 488,
  links: [{ text: 'Open the incident', url: 'https://sightline.example/incidents/1?a=1&b=2' }],
})

export const plainNotification = notificationOf('payments is down')

/** Names that people and their attackers give to services, one for each thing that might be acted on. */
export const hostileTexts: readonly string[] = [
  '<!channel> <!here> <@U024BE7LH> <#C024BE7LR>',
  '@everyone @here <@&165511591545143296> <@80351110224678912>',
  'x\r\nBcc: victim@example.org\r\n\r\n<p>body</p>',
  'x\nSubject: another\n\ttail',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"><a href="https://evil.example">click</a>',
  '[click](https://evil.example) <https://evil.example|click> ~~x~~ **x** `x` ||x||',
  "=cmd|'/c calc'!A1",
  'abc\u202egnp.exe\u2066\u200b\u0000\u001b[2J\u001b]0;title\u0007',
  '&lt;b&gt; &amp; \ud800 \u2028 \u2029 \ufeff',
  '{"id":"forged"}\n{"id":"another"}',
]
