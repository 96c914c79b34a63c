import type { Bind, BindData, Contract } from '@sightline/core/protocol'

/** The names of a contract's topics, those of its plugins included. */
export type TopicName<C extends Contract> = keyof C['topics'] & string
/** The names of a contract's operations, those of its plugins included. */
export type OperationName<C extends Contract> = keyof C['operations'] & string

/** What names one topic of a name: the configured pairs of api and region, where the topic asks for those. */
export type ParamsOf<C extends Contract, N extends TopicName<C>> = Bind<C['topics'][N]['~topic']['params'], C['apis']>

/** A topic's data, with the api's own document type where the params name an api. */
export type DataOf<C extends Contract, N extends TopicName<C>, P = ParamsOf<C, N>> = BindData<
  C['topics'][N]['~topic']['data'],
  P,
  C['apis']
>

/** Topics that take no params. */
export type PlainTopicName<C extends Contract> = {
  // biome-ignore lint/suspicious/noConfusingVoidType: it is how a definition without params is typed
  [N in TopicName<C>]: [ParamsOf<C, N>] extends [void] ? N : never
}[TopicName<C>]

/**
 * What an operation takes: the configured pairs of api and region, where it asks for those.
 *
 * @example
 * type Target = InputOf<App, 'metrics.get'>
 */
export type InputOf<C extends Contract, N extends OperationName<C>> = Bind<C['operations'][N]['~op']['input'], C['apis']>

/** An operation's output, with the api's own document type where the input names an api. */
export type OutputOf<C extends Contract, N extends OperationName<C>, I = InputOf<C, N>> = BindData<
  C['operations'][N]['~op']['output'],
  I,
  C['apis']
>

/** Operations that change nothing. */
export type QueryName<C extends Contract> = {
  [N in OperationName<C>]: C['operations'][N]['~op']['kind'] extends 'query' ? N : never
}[OperationName<C>]

/** Operations that change something. */
export type MutationName<C extends Contract> = {
  [N in OperationName<C>]: C['operations'][N]['~op']['kind'] extends 'mutation' ? N : never
}[OperationName<C>]
