import { type FieldFault, SightlineError } from './errors.ts'

/** The error for faults found, here or by an adapter's own checks. */
export const invalidConfig = (faults: readonly FieldFault[], what = 'The configuration'): SightlineError =>
  new SightlineError(
    'INVALID_CONFIG',
    [`${what} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}.`, ...faults.map(spellFault)].join('\n  '),
    {
      fields: faults,
    },
  )

const spellFault = ({ path, message }: FieldFault): string => (path === '' ? message : `${path}: ${message}`)
