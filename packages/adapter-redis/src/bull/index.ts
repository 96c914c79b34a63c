export { type BullSchedulerOptions, bullScheduler } from './bull-scheduler.ts'
