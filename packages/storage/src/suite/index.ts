export { storageSuite } from './storage-suite.ts'
export type { StorageUnderTest, SuiteOptions } from './storage-suite.ts'
export { ModelStorage, STALE_BITS, bitsOf } from './model-storage.ts'
