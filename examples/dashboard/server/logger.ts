import process from 'node:process'
import type { Environment } from '@sightline/cli'
import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Lines for people at a terminal, JSON for everything else and in production. */
export const createLogger = ({ logLevel, isStrict }: Pick<Environment, 'logLevel' | 'isStrict'>): Logger =>
  process.stdout.isTTY && !isStrict
    ? pino({ level: logLevel }, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }))
    : pino({ level: logLevel }, pino.destination({ sync: true }))
