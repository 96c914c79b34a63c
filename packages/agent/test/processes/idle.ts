import { createAgent } from '../../src/index.ts'

// Ends by itself although the agent was never closed, and although its server never answers.
const agent = createAgent({ url: process.argv[2] ?? '', service: 'idle', intervalMs: 1_000, timeoutMs: 60_000 })
agent.log({ message: 'begun' })
setTimeout(() => agent.log({ message: 'over' }), 1_500)
