import type { Sample } from '../domain/sample.ts'
import type { RuleInForce } from './rule.ts'

const spell = (number: number): string => String(Math.round(number * 100) / 100)

const LONGEST = 300

/** Why a rule is in breach, in one line. `sample` null: time alone did it. */
export const describeBreach = ({ condition, name }: RuleInForce, sample: Sample | null, lastReason: string | null): string => {
  switch (condition.kind) {
    case 'verdict':
      return (sample?.reason ?? lastReason ?? `The check says ${condition.is}.`).slice(0, LONGEST)
    case 'above':
    case 'below': {
      const found = sample?.values[condition.value]
      const limit = `${spell(condition.enter)} or ${condition.kind === 'above' ? 'more' : 'less'}`
      return found === undefined ? `${condition.value} was ${limit}.` : `${condition.value} is ${spell(found)}: ${limit}.`
    }
    case 'silence':
      return 'Nothing is heard any more.'
    case 'availability':
      return `Availability is below ${condition.objectivePercent} %.`
    case 'burn-rate':
      return `The error budget of ${condition.objectivePercent} % is used up too fast.`
    case 'code':
      return `The rule ${name} is in breach${spellValues(sample)}.`
  }
}

const spellValues = (sample: Sample | null): string => {
  const values = Object.entries(sample?.values ?? {}).slice(0, 5)
  return values.length === 0 ? '' : `: ${values.map(([name, value]) => `${name} ${spell(value)}`).join(', ')}`.slice(0, LONGEST)
}
