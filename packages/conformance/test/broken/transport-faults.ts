import { type TransportSubject, transportConformance } from '../../src/index.ts'
import { lineSubject } from '../transport/line-subject.ts'
import { endingFaults } from './ending-faults.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'
import { requestFaults } from './request-faults.ts'
import { roomFaults } from './room-faults.ts'
import type { TransportFault } from './transport-fault.ts'

export const transportFaults: readonly TransportFault[] = [...roomFaults, ...requestFaults, ...endingFaults]

/** The tests of the transport suite over lines of JSON, broken or sound. */
export const transportTests = (fault: TransportFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  const wrap = fault?.wrap() ?? ((subject: TransportSubject) => subject)
  transportConformance({ name: 'lines', runner, open: async () => wrap(await lineSubject()) })
  return tests
}
