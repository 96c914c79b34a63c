export type { Contract, ErrorCode, Mark } from '@sightline/core/protocol'
export { SightlineError } from '@sightline/core/protocol'
export type { CallOptions } from './calls.ts'
export { type Client, type ClientCallOptions, type ClientOptions, createClient, type Draft } from './client.ts'
export type {
  DataOf,
  InputOf,
  MutationName,
  OperationName,
  OutputOf,
  ParamsOf,
  PlainTopicName,
  QueryName,
  TopicName,
} from './client-types.ts'
export type { ConnectionState, ConnectionStatus } from './connection/connection.ts'
export { createSharedSockets, type SharedSockets, type SocketIdentity, sharedSockets } from './connection/shared-sockets.ts'
export { type Auth, type SocketTransportOptions, socketTransport } from './connection/socket-transport.ts'
export type { TopicHandle } from './topic-handle.ts'
export { shareStructure } from './topics/share-structure.ts'
export type { Dehydrated, ResyncEvent } from './topics/topic-store.ts'
export { type TopicStatus, type TopicView, toPicture } from './topics/topic-view.ts'
