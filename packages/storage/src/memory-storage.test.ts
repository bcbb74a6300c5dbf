import { storageSuite } from '@haechi/storage/suite'
import { MemoryStorage } from './memory-storage.ts'

storageSuite('memory', () => Promise.resolve(Object.assign(new MemoryStorage(), { close: () => Promise.resolve() })))
