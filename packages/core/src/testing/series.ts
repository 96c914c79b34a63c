import { SightlineError } from '../errors.ts'

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e[+-]?\d+)?`
const PLAIN = new RegExp(`^(${NUMBER}|_)(?:x(\\d+))?$`, 'i')
const LINEAR = new RegExp(`^(${NUMBER})([+-]\\d+(?:\\.\\d+)?)x(\\d+)$`, 'i')
const LONGEST = 1_000_000

/**
 * A series in short: `'900x8 400x4'` is 900 eight times, then 400 four times; `'_x4'` is nothing observed four times; `'0+10x5'` is 0 and five
 * steps of 10 (0 10 20 30 40 50), `'50-10x5'` down again. null is nothing observed.
 *
 * @throws SightlineError `INVALID_INPUT`, naming the part that cannot be read.
 */
export const readSeries = (text: string): readonly (number | null)[] => {
  const points: (number | null)[] = []
  for (const part of text.split(/\s+/).filter((each) => each !== '')) {
    const plain = PLAIN.exec(part)
    const linear = plain === null ? LINEAR.exec(part) : null
    const times = Number(plain?.[2] ?? linear?.[3] ?? 1)
    if ((plain === null && linear === null) || points.length + times > LONGEST) {
      throw new SightlineError('INVALID_INPUT', `${JSON.stringify(part)} is no part of a series, such as 900x8, _x4 or 0+10x5.`)
    }
    if (plain !== null) {
      const value = plain[1] === '_' ? null : Number(plain[1])
      for (let count = 0; count < times; count++) points.push(value)
    } else if (linear !== null) {
      for (let count = 0; count <= times; count++) points.push(Number(linear[1]) + count * Number(linear[2]))
    }
  }
  return points
}
