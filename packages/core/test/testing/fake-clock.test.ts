import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { testClock } from '../../src/testing/fake-clock.ts'

test('runs timers at their times, in order, first set first', async () => {
  const clock = testClock()
  const ran: string[] = []
  const note = (name: string) => () => ran.push(`${name}@${clock.monotonic()}`)
  clock.setTimer(30, note('c'))
  clock.setTimer(10, note('a'))
  clock.setTimer(10, note('b'))
  const cancel = clock.setTimer(20, note('cancelled'))
  cancel()
  cancel()
  await clock.advance(29)
  expect(ran).toEqual(['a@10', 'b@10'])
  await clock.advance(1)
  expect(ran).toEqual(['a@10', 'b@10', 'c@30'])
  expect(clock.pending).toBe(0)
})

test('runs the timers that timers set, after whatever they wait for', async () => {
  const clock = testClock()
  const ran: number[] = []
  const again = (): void => {
    clock.setTimer(10, () => {
      void (async () => {
        ran.push(clock.monotonic())
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
        await new Promise((resolve) => setImmediate(resolve))
        again()
      })()
    })
  }
  again()
  await clock.advance(50)
  expect(ran).toEqual([10, 20, 30, 40, 50])
})

test('lets real sockets answer between two timers', async () => {
  const server = createServer((socket) => void socket.pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const clock = testClock()
  const echoes: string[] = []
  socket.on('data', (data) => echoes.push(String(data)))
  clock.setTimer(10, () => void socket.write('ping'))
  await clock.advance(10)
  for (let turn = 0; turn < 100 && echoes.length === 0; turn++) await clock.advance(1)
  expect(echoes).toEqual(['ping'])
  socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

test('both clocks advance; a step moves the wall clock alone', async () => {
  const clock = testClock({ now: 1_000_000 })
  await clock.advance(500)
  expect([clock.now(), clock.monotonic()]).toEqual([1_000_500, 500])
  clock.step(-3_600_000)
  expect([clock.now(), clock.monotonic()]).toEqual([1_000_500 - 3_600_000, 500])
})

test('a stall passes time without running anything; what fell due runs late', async () => {
  const clock = testClock()
  const ran: number[] = []
  clock.setTimer(10, () => ran.push(clock.monotonic()))
  clock.stall(100)
  expect(ran).toEqual([])
  await clock.advance(0)
  expect(ran).toEqual([100])
})

test('moves that are asked for at once follow one another', async () => {
  const clock = testClock()
  const ran: number[] = []
  for (const at of [5, 15, 25]) clock.setTimer(at, () => ran.push(clock.monotonic()))
  await Promise.all([clock.advance(10), clock.advance(10), clock.advance(10)])
  expect([clock.monotonic(), ran]).toEqual([30, [5, 15, 25]])
})

test('a callback that throws fails the move that ran it, and no later one', async () => {
  const clock = testClock()
  clock.setTimer(5, () => {
    throw new Error('in a timer')
  })
  await expect(clock.advance(10)).rejects.toThrow('in a timer')
  await clock.advance(10)
  expect(clock.monotonic()).toBeGreaterThanOrEqual(10)
})
