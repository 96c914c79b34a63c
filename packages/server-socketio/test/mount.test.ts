import { expect, test } from 'vitest'
import { createMount } from '../src/mount.ts'

test.each([
  ['/sightline', '/sightline', '/'],
  ['/sightline', '/sightline/', '/'],
  ['/sightline', '/sightline?x=1', '/?x=1'],
  ['/sightline', '/sightline/api/v1/info?x=/sightline', '/api/v1/info?x=/sightline'],
  ['/sightline', '/sightlines', null],
  ['/sightline', '/', null],
  ['/sightline', '/other/sightline', null],
  ['/sightline', '/%73ightline', null],
  ['/sightline/', '/sightline/x', '/x'],
  ['/a/b', '/a/b/c', '/c'],
  [undefined, '/anything?q', '/anything?q'],
  ['/', '/anything', '/anything'],
])('mounted at %s, %s is %s', (path, url, inside) => {
  expect(createMount(path).within(url)).toBe(inside)
})

test.each(['sightline', '/a//b', '/a b', '/:param', '/*', '//'])('%j is no path', (path) => {
  expect(() => createMount(path)).toThrow(/no path/)
})
