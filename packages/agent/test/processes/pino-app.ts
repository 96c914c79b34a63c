import { pino } from 'pino'

const [, , url = '', target = ''] = process.argv
const transport = pino.transport({ target, options: { url, service: 'shop' } })
const logger = pino(transport)
logger.info({ order: 17, trace_id: '5b8efff798038103d269b633813fc60c' }, 'order taken')
logger.error(new Error('payment failed'))
logger.fatal('out of memory')
// Flushes and waits for the thread to end.
transport.end()
