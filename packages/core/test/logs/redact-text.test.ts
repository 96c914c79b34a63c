import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLuhn } from '../../src/logs/card-numbers.ts'
import { toSafeFields } from '../../src/logs/redact-fields.ts'
import { REDACTED, redactText } from '../../src/logs/redact-text.ts'

const letters = (alphabet: string, range: { minLength: number; maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), ...range })
const ALPHANUMERIC = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789'

/** Words that are no secret, nor the name of one. */
const prose = fc.array(fc.constantFrom('login', 'of', 'user', 'failed', '日本', 'naïve', 'a-b', 'x.y', '->', '(', '17'), {
  maxLength: 8,
})

const secret = letters(ALPHANUMERIC, { minLength: 12, maxLength: 40 }).filter((text) => /\d/.test(text) && /[A-Z]/.test(text))

const withCheckDigit = (digits: string): string => {
  const check = [...'0123456789'].find((digit) => isLuhn(digits + digit))
  return digits + check
}
const card = fc
  .tuple(fc.constantFrom('4', '51', '55', '2221', '6011', '35', '62'), letters('0123456789', { minLength: 15, maxLength: 15 }))
  .map(([issuer, rest]) => withCheckDigit((issuer + rest).slice(0, 15)))
const grouped = (number: string, separator: string): string => (number.match(/.{1,4}/g) ?? []).join(separator)

const names = [
  'password',
  'PASSWD',
  'db_password',
  'api_key',
  'apiKey',
  'X-Api-Key',
  'client_secret',
  'access_token',
  'refreshToken',
  'sessionId',
]
const coded = (text: string): string => encodeURIComponent(text).replaceAll('_', '%5F')
const twiceCoded = (text: string): string => encodeURIComponent(coded(text))
const entities = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&#62;')
const escapes = (text: string): string =>
  text.replace(/["<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** Ways in which a secret stands in a log line; each answers with the text and what must not be left of it. */
const placed = fc.oneof(
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('=', ': ', ' = ', '=>', ':'), secret)
    .map(([name, sign, value]) => [`${name}${sign}${value}`, value]),
  fc
    .tuple(fc.constantFrom(...names), secret)
    .map(([name, value]) => [JSON.stringify({ a: 1, [name]: `${value} "x" ${value}` }), value]),
  fc
    .tuple(fc.constantFrom(...names), secret)
    .map(([name, value]) => [JSON.stringify(JSON.stringify({ [name]: value, b: 2 })), value]),
  fc.tuple(fc.constantFrom(...names), secret).map(([name, value]) => [`GET /x?${name}=${value}&page=2 200`, value]),
  fc
    .tuple(fc.constantFrom('Bearer', 'bearer', 'Basic', 'Token', 'Negotiate'), secret)
    .map(([scheme, value]) => [`Authorization: ${scheme} ${value}`, value]),
  fc.tuple(fc.constantFrom('Bearer', 'Basic'), secret).map(([scheme, value]) => [`header was ${scheme} ${value}`, value]),
  secret.map((value) => [`authorization: Digest username="u", response="${value}"`, value]),
  secret.map((value) => [`Cookie: theme=dark; sid=${value}; lang=en`, value]),
  secret.map((value) => [`postgres://app:${value}@db.internal:5432/app`, value]),
  secret.map((value) => [`postgres://app:a/${value}@db.internal/app`, value]),
  secret.map((value) => [`https://${value}@git.example.com/x.git`, value]),
  secret.map((value) => [
    `${base64url('{"alg":"HS256"}')}.${base64url(`{"sub":"${value}"}`)}.${base64url(value)}`,
    base64url(value),
  ]),
  secret.map((value) => [`ghp_${value}${value}`, value]),
  secret.map((value) => [`-----BEGIN RSA PRIVATE KEY-----\n${value}\n${value}\n-----END RSA PRIVATE KEY-----`, value]),
  secret.map((value) => [`-----BEGIN OPENSSH PRIVATE KEY-----\n${value}`, value]),
  card.map((number) => [number, number]),
  fc
    .tuple(card, fc.constantFrom(' ', '-'))
    .map(([number, separator]) => [grouped(number, separator), grouped(number, separator)]),
  card.map((number) => [`order 12 ${grouped(number, ' ')} 07`, grouped(number, ' ')]),
  fc
    .tuple(card, fc.constantFrom('.', '+', '\u00a0', '\u202f', '\u2009'))
    .map(([number, separator]) => [grouped(number, separator), grouped(number, separator)]),
  // Names and signs that are coded for a URL, once or twice, for HTML or for JSON.
  fc
    .tuple(fc.constantFrom(...names, 'authorization'), secret, fc.constantFrom(coded, twiceCoded, entities, escapes))
    .chain(([name, value, code]) =>
      fc.constantFrom(
        [code(`{"a":1,"${name}":"${value}","b":2}`), value],
        [code(`<x><${name}>${value}</${name}></x>`), value],
        [`GET /x?q=${code(`${name}=${value}&y=1`)}&z=2 200`, value],
      ),
    ),
  fc
    .tuple(fc.constantFrom('access%5Ftoken', 'api%2Dkey', 'client%5Fsecret', '%70assword'), secret)
    .map(([name, value]) => [`POST /x?page=1&${name}=${value}&y=2`, value]),
  fc
    .tuple(fc.constantFrom(...names), secret, fc.constantFrom('', ' type="text"', ' xmlns:a="urn:b"'))
    .map(([name, value, attributes]) => [`<a:${name}${attributes}>${value} ${value}</a:${name}>`, value]),
  fc.tuple(fc.constantFrom(...names), secret).map(([name, value]) => [`<user id="1" ${name}="${value}"/>`, value]),
  secret.map((value) => [`<credentials><user>ann</user><word>${value}</word></credentials>`, value]),
  secret.map((value) => [`<password>${value}`, value]),
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(' ', '=', '  ', ' "', " '"), secret)
    .map(([name, sign, value]) => [
      `mysql --user ann --${name}${sign}${value}${/["']/.exec(sign)?.[0] ?? ''} --port 3306`,
      value,
    ]),
  fc.tuple(fc.constantFrom('authorization', 'Cookie', 'x-api-key', '--password', ...names), secret).chain(([name, value]) => {
    const list = ['accept', '*/*', name, `x ${value}`, 'host', 'example.com']
    return fc.constantFrom(
      [JSON.stringify(list), value],
      [JSON.stringify({ raw: JSON.stringify(list) }), value],
      [`[\n  '${list.join("',\n  '")}'\n]`, value],
    )
  }),
  fc
    .tuple(fc.constantFrom('authorization', ...names), secret, fc.constantFrom('name', 'key', 'header'))
    .chain(([name, value, as]) =>
      fc.constantFrom(
        [
          JSON.stringify([
            { [as]: 'accept', value: 'x' },
            { [as]: name, value: `x ${value}` },
          ]),
          value,
        ],
        [
          JSON.stringify([
            { value: 'x', [as]: 'accept' },
            { comment: '', value: `x ${value}`, [as]: name },
          ]),
          value,
        ],
        [JSON.stringify({ [as]: name, value: { stringValue: value } }), value],
        [JSON.stringify(JSON.stringify({ [as]: name, more: { a: 1 }, value })), value],
        [`{ ${as}: '${name}', value: 'x ${value}' }`, value],
        [`<header ${as}="${name}" value="${value}"/>`, value],
      ),
    ),
) as fc.Arbitrary<[text: string, secret: string]>

test('no secret survives, wherever in a line it stands', () => {
  fc.assert(
    fc.property(prose, placed, prose, (before, [text, hidden], after) => {
      const safe = redactText([...before, text, ...after].join(' '))
      expect(safe).not.toContain(hidden)
      expect(safe).toContain(REDACTED)
    }),
    { numRuns: 2_000 },
  )
})

test('what was redacted stays as it is', () => {
  fc.assert(
    fc.property(fc.array(placed, { maxLength: 4 }), (texts) => {
      const safe = redactText(texts.map(([text]) => text).join('; '))
      expect(redactText(safe)).toBe(safe)
    }),
    { numRuns: 500 },
  )
})

test('any text is taken', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => typeof redactText(text) === 'string'))
})

test.each([
  'basic authentication failed for user 17',
  'the bearer of this message',
  'took 1700000000000 ms at 2026-11-22T03:23:33.000Z',
  'order 6f9619ff-8b86-d011-b42d-00cf4fc964ff of http://shop.example:8080/path/@me?page=2',
  'max_tokens=4096 token_count: 17',
  'ratio 0.12345678901 of 12345678901234',
  'GET /users/17 200 in 12 ms',
  '値段は 4000 円です',
  'called +49 30 901820 and +1 (415) 555-2671, then 0171.2345678',
  'commit 3f786850e387550fdab836ed7e6dc881de23001b of 2026-11-22 03:23:33',
  'span 00f067aa0ba902b7 of 4bf92f3577b34da6a3ce929d0e0e4736',
  'paid to DE89 3704 0044 0532 0130 00 and GB29 NWBK 6016 1331 9268 19',
  'id 01J9ZQ4V7D8K3W2X5Y6Z7A8B9C of 5f4dcc3b5aa765d61d8327de',
  'version 4.1234.5678.9012 at 22.11.2026 10.23.45 from 10.120.33.44',
  'latitude 52.520008123456 longitude 13.404954123456, 4.556737586899855',
  'usage: login --user <user> --password <password> [--port n]',
  'the option --password is required, --token must be given',
  '--password-file /run/secrets/db --token-path /run/token --no-password x',
  'missing fields ["password","email"] of ["id","password","created"]',
  "allowed headers: ['authorization', 'content-type', 'x-api-key', 'cookie']",
  'type Map<Token> of List<Password>(x) in <password> fields',
  '{"name":"password","type":"text","label":"Password"}',
  '[{"name":"password","type":"text"},{"name":"city","value":"Berlin"}]',
  'GET /search?q=100%25+cotton&lang=en&sort=price%3Aasc 200',
  '<p class="note">Tom &amp; Jerry &lt;3</p>',
  'disk 45% full, cpu 12% busy, C:\\u0065\\temp',
])('what is no secret is left: %s', (text) => expect(redactText(text)).toBe(text))

test('the rest of a line is left', () => {
  expect(redactText('login password=hunter2 failed for ann')).toBe('login password=[redacted] failed for ann')
  expect(redactText('connect postgres://app:s3cret@db:5432/app refused')).toBe(
    'connect postgres://app:[redacted]@db:5432/app refused',
  )
  expect(redactText('paid with 4111 1111 1111 1111 twice')).toBe('paid with [redacted] twice')
})

// Each of these left the secret, or all but its first word, in the line.
test.each([
  ['{"password":["hunter2","hunter3"],"a":1}', '{"password":[redacted],"a":1}'],
  ['{\\"secret\\":{\\"value\\":[\\"hunter2\\"]},\\"a\\":1}', '{\\"secret\\":[redacted],\\"a\\":1}'],
  ["password: [ 'hunter2' ] ann", 'password: [redacted] ann'],
  ['Authorization: SSWS hunter2 done', 'Authorization: [redacted] done'],
  ["curl -H 'Authorization: Key hunter2' x", "curl -H 'Authorization: [redacted]' x"],
  ['req.headers.cookie: a=1; sid=hunter2', 'req.headers.cookie: [redacted]'],
  ['user[password]=hunter2&user[name]=ann', 'user[password]=[redacted]&user[name]=ann'],
  ['password[]=hunter2&password[1]=hunter3&user[pin][]=1', 'password[]=[redacted]&password[1]=[redacted]&user[pin][]=[redacted]'],
  ['DB_PASS=hunter2 bypass=true', 'DB_PASS=[redacted] bypass=true'],
  ['GET /x?access%5Ftoken=hunter2&page=2', 'GET /x?access%5Ftoken=[redacted]&page=2'],
  ['%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1%7D', '%7B%22password%22%3A%22[redacted]%22%2C%22a%22%3A1%7D'],
  ['next=%252Flogin%253Ftoken%253Dhunter2%2526a%253D1', 'next=%252Flogin%253Ftoken%253D[redacted]%2526a%253D1'],
  ['Bearer%20abc.DEF123 x', 'Bearer%20[redacted] x'],
  ['postgres%3A%2F%2Fapp%3Ahunter2%40db%2Fapp', 'postgres%3A%2F%2Fapp%3A[redacted]%40db%2Fapp'],
  ['&lt;password&gt;hunter2&lt;/password&gt; done', '&lt;password&gt;[redacted]&lt;/password&gt; done'],
  ['<Password>hunter2</Password><name>ann</name>', '<Password>[redacted]</Password><name>ann</name>'],
  ['<wsse:Password Type="x"><![CDATA[a<b]]></wsse:Password>!', '<wsse:Password Type="x">[redacted]</wsse:Password>!'],
  ['{"x":"<password>hunter 2<\\/password>"}', '{"x":"<password>[redacted]<\\/password>"}'],
  ['<login password="hunter2" user="ann"/>', '<login password="[redacted]" user="ann"/>'],
  ['mysql --password hunter2 --user ann', 'mysql --password [redacted] --user ann'],
  ["tool --api-key 'hunter 2' run", "tool --api-key '[redacted]' run"],
  ['["mysql","--password","hunter","--user","ann"]', '["mysql","--password","[redacted]","--user","ann"]'],
  ['["authorization","Bearer x1","accept","*/*"]', '["authorization","[redacted]","accept","*/*"]'],
  [
    '{"name":"authorization","value":"hunter"},{"name":"a","value":"b"}',
    '{"name":"authorization","value":"[redacted]"},{"name":"a","value":"b"}',
  ],
  [
    '{"value":"a","name":"b"},{"value":"hunter","name":"cookie"}',
    '{"value":"a","name":"b"},{"value":"[redacted]","name":"cookie"}',
  ],
  ['paid with 4111.1111.1111.1111.', 'paid with [redacted].'],
  ['paid with 3782\u00a0822463\u00a010005 twice', 'paid with [redacted] twice'],
])('%s', (text, safe) => {
  expect(redactText(text)).toBe(safe)
  expect(redactText(safe)).toBe(safe)
})

test('patterns of the host are followed', () => {
  expect(redactText('patient P-123456 came', [/P-\d{6}/g])).toBe('patient [redacted] came')
})

const TEN_MB = 10_000_000
test.each([
  ['letters', 'a'],
  ['digits', '4'],
  ['digits in groups', '4111 '],
  ['signs', '='],
  ['names', 'password'],
  ['names and signs', 'password='],
  ['quotes', '"password":"'],
  ['lists', 'password=['],
  ['lists in lists', 'password=[[]'],
  ['places in lists', 'password[0]='],
  ['escapes', '\\"'],
  ['the beginning of tokens', 'eyJ'],
  ['the beginning of tokens, apart', 'eyJ-'],
  ['the beginning of tokens in parts', 'eyJhbGciOi.'],
  ['addresses', '://'],
  ['addresses with names', '://a:b'],
  ['schemes', 'bearer '],
  ['the beginning of keys', '-----BEGIN PRIVATE KEY-----'],
  ['the beginning of no key', '-----BEGIN '],
  ['prefixes', 'ghp_xoxb-'],
  ['white space', ' '],
  ['a digit and blanks', '1             '],
  ['digits in groups with dots', '4111.'],
  ['coded signs', 'password%3D'],
  ['coded signs, coded again', '%252525253D'],
  ['ampersands', '&amp;amp;'],
  ['escapes of JSON', '\\u0022'],
  ['elements that are never closed', '<password>'],
  ['elements that are never opened', '</password>'],
  ['the beginnings of elements', '<password '],
  ['other elements in one', '<password><a></a>'],
  ['flags', '--password '],
  ['dashes', '-'],
  ['names in a list', '"password","'],
  ['names of entries', '"name":"password",'],
  ['entries whose value is a list', 'name="pin"value=['],
  ['entries whose value stands before', '{"value":"","name":"pin"'],
  ['objects in entries', 'name="pin"{'],
])(
  'ten megabytes of %s take no more than a few seconds',
  (_, unit) => {
    const text = unit.repeat(Math.ceil(TEN_MB / unit.length))
    const startedAt = performance.now()
    redactText(text)
    // Quadratic time would be minutes.
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  },
  60_000,
)

const limits = { maxFields: 100, maxDepth: 6, maxTextLength: 1_000, redact: [] }

test('no field of a secret name survives, at any depth, whatever its type', () => {
  const value = fc.oneof(
    secret,
    secret.map((text) => ({ inner: [text] })),
    secret.map((text) => [text]),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...names, 'authorization', 'cookie', 'cvv'),
      value,
      fc.integer({ min: 0, max: 4 }),
      (name, hidden, depth) => {
        let fields: Record<string, unknown> = { [name]: hidden, other: 'kept' }
        for (let level = 0; level < depth; level++) fields = { level: [fields] }
        const text = JSON.stringify(toSafeFields(fields, { ...limits, maxDepth: 20 }))
        const [found] = /[A-Za-z0-9]{12,40}/.exec(JSON.stringify(hidden)) ?? ['']
        expect(text).not.toContain(found)
        expect(text).toContain('kept')
      },
    ),
  )
})

test('neighbours in a list, and entries by whichever key they are named', () => {
  const fields = {
    rawHeaders: ['Accept', '*/*', 'Authorization', 'x', 'Cookie', 'a=1'],
    pairs: [['x-api-key', 'abc123']],
    argv: ['mysql', '--password', 'hunter', '--port', '3306', '--token', '--verbose'],
    attributes: [{ key: 'db.password', value: { stringValue: 'hunter' } }],
    headers: [{ header: 'cookie', value: 'a=1' }],
    required: ['password', 'email'],
    allowed: ['authorization', 'content-type'],
    'access%5Ftoken': 'hunter',
  }
  expect(toSafeFields(fields, limits)).toEqual({
    // A credential has more than letters: what has not is a name, as in the lists of names below.
    rawHeaders: ['Accept', '*/*', 'Authorization', 'x', 'Cookie', REDACTED],
    pairs: [['x-api-key', REDACTED]],
    argv: ['mysql', '--password', REDACTED, '--port', '3306', '--token', '--verbose'],
    attributes: [{ key: 'db.password', value: REDACTED }],
    headers: [{ header: 'cookie', value: REDACTED }],
    required: ['password', 'email'],
    allowed: ['authorization', 'content-type'],
    'access%5Ftoken': REDACTED,
  })
})

test('lists of headers and numbers of cards are fields too', () => {
  const fields = {
    headers: [{ name: 'Authorization', value: 'abc123' }],
    raw: ['Authorization', 'Bearer abc.DEF1'],
    card: 4111111111111111,
  }
  expect(toSafeFields(fields, limits)).toEqual({
    headers: [{ name: 'Authorization', value: REDACTED }],
    raw: ['Authorization', REDACTED],
    card: REDACTED,
  })
})

test('fields are bounded in number, depth and length, and need not be JSON', () => {
  const circular: Record<string, unknown> = {
    n: 1n,
    f: () => 1,
    s: Symbol('x'),
    d: new Date(0),
    e: new Error('no'),
    nan: Number.NaN,
  }
  circular.self = circular
  for (let index = 0; index < 500; index++) circular[`field${index}`] = 'x'.repeat(5_000)
  const safe = toSafeFields(circular, limits)
  const text = JSON.stringify(safe)
  expect(text.length).toBeLessThan(150_000)
  expect(safe).toMatchObject({ n: '1', d: '1970-01-01T00:00:00.000Z', nan: 'NaN', e: { message: 'no' } })
})
