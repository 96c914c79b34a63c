/**
 * A value of a row as PostgreSQL sends it, by the oid of its type: numbers as numbers, whatever the host has taught its own pg. Identities
 * and counts are far below 2^53. https://www.postgresql.org/docs/current/catalog-pg-type.html
 */
export const parseValue = (oid: number, text: string): unknown => {
  switch (oid) {
    case 16: // bool
      return text === 't'
    case 17: // bytea, in hex
      // A copy: a small buffer is a window on one that it shares.
      return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
    case 20: // int8
    case 21: // int2
    case 23: // int4
    case 700: // float4
    case 701: // float8
    case 1700: // numeric
      return Number(text)
    default:
      return text
  }
}
