// @vitest-environment jsdom

import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { expect, test } from 'vitest'

test('this run is of the React it says it is of', () => {
  const major = process.env.REACT_MAJOR ?? '19'
  expect([version.split('.')[0], domVersion.split('.')[0]]).toEqual([major, major])
})
