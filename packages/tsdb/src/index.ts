export { openHeadReader } from './head-reader.ts'
export type { HeadReader } from './head-reader.ts'
export type { HeadHandles } from './shared-memory.ts'
export { HeadMemoryError } from './shared-memory.ts'
