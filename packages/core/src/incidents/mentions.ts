/** Names in one comment, at most. */
const MENTIONS = 50
const MENTION = /(?<![\p{L}\p{N}._@/-])@([\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,62}[\p{L}\p{N}])?)/gu

/**
 * Who is mentioned in a text as `@name`, each once, in order, without the `@`. An address (`ann@example.com`) mentions nobody.
 *
 * @example
 * mentionsIn('@ann, look: @bob.smith') // ['ann', 'bob.smith']
 */
export const mentionsIn = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(MENTION)].map(([, name = '']) => name))].slice(0, MENTIONS)
