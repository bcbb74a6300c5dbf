export { storageSuite } from './storage-suite.ts'
export type { StorageUnderTest, SuiteOptions } from './storage-suite.ts'
export { ModelStorage } from './model-storage.ts'
