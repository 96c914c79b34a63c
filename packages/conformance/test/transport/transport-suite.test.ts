import { describe, test } from 'vitest'
import { transportConformance } from '../../src/index.ts'
import { lineSubject } from './line-subject.ts'

transportConformance({ name: 'lines over TCP', runner: { describe, test }, open: () => lineSubject() })
