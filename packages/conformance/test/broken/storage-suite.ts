import { storageConformance } from '../../src/index.ts'
import type { Fault } from './fault.ts'
import { memorySubject } from './memory-subject.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

/** The tests of the storage suite over memory, broken or sound. */
export const storageTests = (fault: Fault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  storageConformance({ name: 'memory', runner, hasBackups: true, open: async () => memorySubject(fault?.wrap()) })
  return tests
}
