export { type Agent, type AgentLogInput, type AgentOptions, createAgent } from './agent.ts'
export { expressMiddleware, type Middleware } from './express-middleware.ts'
export { type FastifyHost, fastifyPlugin, type ReportingPlugin } from './fastify-plugin.ts'
export type { HostReporter } from './reporter.ts'
