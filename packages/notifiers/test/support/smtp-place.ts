import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import type { PlaceBehaviour, Received } from '@sightline/conformance'

/** A mail server on the loopback that takes mails from who knows its password, or misbehaves. */
export interface SmtpPlace {
  readonly port: number
  received(): Promise<readonly (Received & { readonly recipients: readonly string[] })[]>
  behave(behaviour: PlaceBehaviour): Promise<void>
  readonly openConnections: number
  dispose(): Promise<void>
}

/** All that this server can be brought to do. */
export const SMTP_BEHAVIOURS: readonly PlaceBehaviour[] = ['takes', 'fails', 'refuses', 'hangs', 'breaks']

export const openSmtpPlace = async (): Promise<SmtpPlace> => {
  const received: (Received & { recipients: readonly string[] })[] = []
  const sockets = new Set<Socket>()
  let behaviour: PlaceBehaviour = 'takes'

  const talk = (socket: Socket): void => {
    let text = ''
    let mail: string | null = null
    let recipients: string[] = []
    let login = 0
    const say = (line: string): void => void socket.write(`${line}\r\n`)

    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase()
      if (login > 0) {
        // What it says of its own names what it was told.
        if (behaviour === 'refuses') say(`535 5.7.8 no: ${Buffer.from(line, 'base64').toString()}`)
        else say(login === 1 ? '334 UGFzc3dvcmQ6' : '235 2.7.0 welcome')
        login = behaviour === 'refuses' || login === 2 ? 0 : 2
      } else if (verb === 'EHLO') {
        if (behaviour === 'breaks') socket.destroy()
        else socket.write('250-place\r\n250-AUTH LOGIN\r\n250 8BITMIME\r\n')
      } else if (verb === 'AUTH') {
        login = 1
        say('334 VXNlcm5hbWU6')
      } else if (verb === 'MAIL') say(behaviour === 'fails' ? `451 4.3.0 later: ${line}` : '250 2.1.0 yes')
      else if (verb === 'RCPT') {
        recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '')
        say('250 2.1.5 yes')
      } else if (verb === 'DATA') {
        mail = ''
        say('354 go on')
      } else if (verb === 'RSET') {
        recipients = []
        say('250 2.0.0 yes')
      } else if (verb === 'QUIT') {
        say('221 2.0.0 bye')
        socket.end()
      } else say('502 5.5.2 what?')
    }

    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (mail === null) command(line)
        else if (line === '.') {
          received.push({ key: /^message-id: <([^@>]+)@/im.exec(mail)?.[1] ?? null, raw: mail, recipients })
          mail = null
          recipients = []
          say('250 2.0.0 taken')
        } else mail += `${line.startsWith('..') ? line.slice(1) : line}\r\n`
      }
    })
    if (behaviour !== 'hangs') say('220 place ESMTP')
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    talk(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received: async () => received,
    behave: async (next) => {
      behaviour = next
    },
    get openConnections() {
      return sockets.size
    },
    dispose: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
