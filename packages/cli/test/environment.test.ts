import { SightlineError } from '@sightline/core'
import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../src/index.ts'

const faultsOf = (variables: Record<string, string>, dotenvText?: string) => {
  try {
    readEnvironment(variables, dotenvText)
    return []
  } catch (error) {
    return SightlineError.from(error).fields ?? [error]
  }
}

describe('defaults', () => {
  it('need no variable', () => {
    expect(readEnvironment({})).toEqual({
      port: 5000,
      host: '127.0.0.1',
      databaseUrl: 'sqlite:./data/sightline.db',
      readDatabaseUrl: null,
      redisUrl: null,
      requestsPerMinute: 3_000,
      role: 'all',
      nodeName: null,
      trustedProxies: 0,
      allowedOrigins: [],
      logLevel: 'info',
      mode: 'development',
      isStrict: false,
      apiName: 'external',
      alerts: { slackUrl: null, discordUrl: null, webhook: null, email: null },
      allowedAddresses: [],
      configFile: null,
    })
  })

  it('stand for empty variables', () => {
    expect(readEnvironment({ SERVER_PORT: '', HOST: ' ', CLIENT_URL: '', NODE_ENV: '' })).toEqual(readEnvironment({}))
  })
})

describe('values', () => {
  it('are read', () => {
    expect(
      readEnvironment({
        SERVER_PORT: '0',
        HOST: '::1',
        DATABASE_URL: 'memory:',
        REDIS_HOST: 'rediss://user:secret@redis.example:6380/2',
        RATE_LIMIT: 'off',
        SIGHTLINE_ROLE: 'poller',
        SIGHTLINE_NODE: 'web1',
        TRUSTED_PROXIES: '2',
        CLIENT_URL: 'https://a.example, http://b.example:8080/,https://a.example',
        LOG_LEVEL: 'DEBUG',
        NODE_ENV: 'production',
        EXTERNAL_API_NAME: 'orders',
        SLACK_WEBHOOK_URL: 'https://hooks.slack.example/T/B/x',
        DISCORD_WEBHOOK_URL: 'https://discord.example/api/webhooks/1/x',
        ALERT_WEBHOOK_URL: 'https://pager.example/in',
        ALERT_WEBHOOK_SECRET: '0123456789abcdef',
        SMTP_URL: 'smtps://ann:p%40ss@mail.example:2465',
        ALERT_EMAIL_FROM: 'Sightline <alerts@example.org>',
        ALERT_EMAIL_TO: 'ops@example.org, ann@example.org',
        ALLOW_ADDRESSES: '10.20.0.0/16,db.internal',
        SIGHTLINE_CONFIG: 'my.json',
      }),
    ).toEqual({
      port: 0,
      host: '::1',
      databaseUrl: 'memory:',
      readDatabaseUrl: null,
      redisUrl: 'rediss://user:secret@redis.example:6380/2',
      requestsPerMinute: null,
      role: 'poller',
      nodeName: 'web1',
      trustedProxies: 2,
      allowedOrigins: ['https://a.example', 'http://b.example:8080'],
      logLevel: 'debug',
      mode: 'production',
      isStrict: true,
      apiName: 'orders',
      alerts: {
        slackUrl: 'https://hooks.slack.example/T/B/x',
        discordUrl: 'https://discord.example/api/webhooks/1/x',
        webhook: { url: 'https://pager.example/in', secret: '0123456789abcdef' },
        email: {
          smtp: { host: 'mail.example', secure: true, port: 2465, auth: { user: 'ann', pass: 'p@ss' } },
          from: 'Sightline <alerts@example.org>',
          to: ['ops@example.org', 'ann@example.org'],
        },
      },
      allowedAddresses: ['10.20.0.0/16', 'db.internal'],
      configFile: 'my.json',
    })
  })

  it('of a channel are needed all together, and no secret is repeated', () => {
    const faultsOf = (variables: Readonly<Record<string, string>>) => {
      try {
        readEnvironment(variables)
        return []
      } catch (error) {
        expect(String(error)).not.toContain('hush')
        return (error as { fields: { path: string }[] }).fields.map(({ path }) => path)
      }
    }
    expect(faultsOf({ ALERT_WEBHOOK_URL: 'https://pager.example/in' })).toEqual(['ALERT_WEBHOOK_SECRET'])
    expect(faultsOf({ ALERT_WEBHOOK_URL: 'https://pager.example/in', ALERT_WEBHOOK_SECRET: 'hush' })).toEqual([
      'ALERT_WEBHOOK_SECRET',
    ])
    expect(faultsOf({ SMTP_URL: 'smtp://ann:hush@mail.example' })).toEqual(['ALERT_EMAIL_FROM', 'ALERT_EMAIL_TO'])
    expect(faultsOf({ SMTP_URL: 'mail hush', SLACK_WEBHOOK_URL: 'hush' })).toEqual(
      expect.arrayContaining(['SMTP_URL', 'SLACK_WEBHOOK_URL']),
    )
  })

  it.each([
    ['NODE_ENV=production', {}, 'production'],
    ['ENVIRONMENT=production', {}, 'production'],
    ['NODE_ENV=development\nENVIRONMENT=production', {}, 'development'],
    ['ENVIRONMENT=production', { NODE_ENV: 'test' }, 'test'],
    ['NODE_ENV=production', { NODE_ENV: 'test' }, 'test'],
  ])('%j under %j is %s', (dotenvText, variables, mode) => {
    expect(readEnvironment(variables, dotenvText).mode).toBe(mode)
  })

  it.each([
    [{ REDIS_HOST: 'redis://a' }, 'redis://a'],
    [{ REDIS_URL: 'redis://b:7000' }, 'redis://b:7000'],
    [{ REDIS_HOST: 'redis://a', REDIS_URL: 'redis://b' }, 'redis://a'],
    [{ REDIS_HOST: '', REDIS_URL: 'redis://b' }, 'redis://b'],
    [{ REDIS_HOST: 'redis' }, 'redis://redis'],
    [{ REDIS_HOST: '10.0.0.7:6380' }, 'redis://10.0.0.7:6380'],
  ])('%j name the Redis %s', (variables, redisUrl) => {
    expect(readEnvironment(variables).redisUrl).toBe(redisUrl)
  })

  it('of .env are quoted and commented as such files are', () => {
    expect(readEnvironment({}, '# a comment\nexport SERVER_PORT="6001" # behind\nHOST=\'0.0.0.0\'\n')).toMatchObject({
      port: 6001,
      host: '0.0.0.0',
    })
  })

  it('of the process win over .env', () => {
    expect(readEnvironment({ SERVER_PORT: '1' }, 'SERVER_PORT=2\nHOST=0.0.0.0')).toMatchObject({ port: 1, host: '0.0.0.0' })
  })
})

describe('databases', () => {
  const primary = 'postgres://u@primary/x'
  const replica = 'postgres://u@replica/x'

  it('may be two: one to write to, one to read from', () => {
    expect(readEnvironment({ WRITE_DATABASE_URL: primary, READ_DATABASE_URL: replica })).toMatchObject({
      databaseUrl: primary,
      readDatabaseUrl: replica,
    })
    expect(readEnvironment({ DATABASE_URL: primary, WRITE_DATABASE_URL: 'memory:' }).databaseUrl).toBe(primary)
  })

  it.each([
    ['sqlite:a.db', replica],
    [primary, 'sqlite:a.db'],
  ])('with %s to write to, %s is none to read from', (databaseUrl, readUrl) => {
    expect(faultsOf({ DATABASE_URL: databaseUrl, READ_DATABASE_URL: readUrl })).toMatchObject([{ path: 'READ_DATABASE_URL' }])
  })
})

describe('faults', () => {
  it('are listed all at once, by variable', () => {
    const faults = faultsOf(
      {
        SERVER_PORT: '65536',
        HOST: 'a b',
        DATABASE_URL: 'mysql://u:hunter2@db/x',
        CLIENT_URL: 'https://ok.example,*',
        LOG_LEVEL: 'loud',
        SIGHTLINE_NODE: 'web-1',
        TRUSTED_PROXIES: 'one',
      },
      'NODE_ENV=prod\nEXTERNAL_API_NAME=a:b',
    )
    expect(faults).toEqual([
      { path: 'NODE_ENV', message: 'must be one of development, test, staging, production' },
      {
        path: 'DATABASE_URL',
        message:
          'must be memory:, sqlite:<file> as in sqlite:./data/sightline.db, postgres://<user>@<host>/<database>, or mongodb://<host>/<database>',
      },
      { path: 'SERVER_PORT', message: 'must be a whole number from 0 to 65535' },
      { path: 'HOST', message: 'must be an address or a host name, such as 127.0.0.1 or 0.0.0.0' },
      { path: 'SIGHTLINE_NODE', message: 'must have 1 to 64 letters, digits or "_"' },
      { path: 'TRUSTED_PROXIES', message: 'must be the number of proxies in front, from 0 to 9' },
      { path: 'CLIENT_URL', message: 'must list origins such as https://status.example.com; entry 2 is none' },
      { path: 'LOG_LEVEL', message: 'must be one of trace, debug, info, warn, error, fatal, silent' },
      { path: 'EXTERNAL_API_NAME', message: 'must have 1 to 100 characters, no control characters, no ":"' },
    ])
  })

  it.each([
    'SERVER_PORT',
    'HOST',
    'DATABASE_URL',
    'WRITE_DATABASE_URL',
    'READ_DATABASE_URL',
    'CLIENT_URL',
    'LOG_LEVEL',
    'NODE_ENV',
    'ENVIRONMENT',
    'EXTERNAL_API_NAME',
  ])('never repeat the value of %s', (name) => {
    const faults = faultsOf({ [name]: 'hunter2:\u0001 secret' })
    expect(faults).toHaveLength(1)
    expect(JSON.stringify(faults)).not.toContain('hunter2')
  })

  it.each(['-1', '5000.5', '0x10', '1e3', '99999'])('refuse the port %s', (port) => {
    expect(faultsOf({ SERVER_PORT: port })).toHaveLength(1)
  })

  it.each(['*', 'null', 'https://a.example/path', 'ftp://a.example', 'a.example', 'https://user@a.example'])(
    'refuse the origin %s',
    (origin) => {
      expect(faultsOf({ CLIENT_URL: origin })).toHaveLength(1)
    },
  )
})
