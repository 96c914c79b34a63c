/** Names and shapes of the wire, safe in a browser. */
export type * from './client-transport.ts'
export type * from './contract.ts'
export type * from './frame.ts'
export type * from './standard-schema.ts'
