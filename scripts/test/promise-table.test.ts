import { expect, test } from 'vitest'
import { readPromises, writeTables } from '../promise-table.ts'

const assertion = (suite: string, group: string, title: string, status = 'passed') => ({
  ancestorTitles: [suite, group],
  title,
  status,
})

test('a table says how many promises of each group hold on which adapter, and names the exceptions', () => {
  const report = {
    testResults: [
      {
        assertionResults: [
          assertion('storage: memory', 'fences', 'a'),
          assertion('storage: memory', 'fences', 'b'),
          assertion('storage: mongo', 'fences', 'a', 'failed'),
          assertion('storage: mongo', 'fences', 'exception: b (no backups)'),
          assertion('storage: mongo', 'epochs', 'c'),
          assertion('something else', 'fences', 'd'),
        ],
      },
    ],
  }
  expect(writeTables(readPromises(report))).toBe(
    [
      '### Storage',
      '',
      '| promises | memory | mongo |',
      '| --- | --- | --- |',
      '| fences | 2 | **0 of 1** [1] |',
      '| epochs | – | 1 |',
      '',
      '[1] b (no backups)  ',
    ].join('\n'),
  )
})
