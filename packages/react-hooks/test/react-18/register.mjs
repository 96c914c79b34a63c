import { registerHooks } from 'node:module'

// React 18 wherever React is asked for, by whoever it is: one copy, or hooks do not work.
registerHooks({
  resolve: (specifier, context, next) => {
    const match = /^(react|react-dom)(\/.*)?$/.exec(specifier)
    return match ? next(`${match[1]}-18${match[2] ?? ''}`, { ...context, parentURL: import.meta.url }) : next(specifier, context)
  },
})
