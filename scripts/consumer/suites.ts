import { storageConformance, type TestRunner } from '@sightline/conformance'
import { memoryStorage } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { createTestSightline, testClock } from '@sightline/core/testing'

export const driver: StorageDriver = memoryStorage()
export const suite: typeof storageConformance = storageConformance
export type Runner = TestRunner
export const testing = { createTestSightline, testClock }
