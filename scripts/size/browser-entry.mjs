// All that a browser could load of the two packages, as published: the worst case that .size-limit.json weighs.
export * from '../../packages/client/dist/index.js'
export * from '../../packages/react-hooks/dist/index.js'
