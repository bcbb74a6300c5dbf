export { MemoryStorage } from '@haechi/storage'
export { REFERENCE_FOLDER, peerRun, referencePath } from './reference.ts'
export { VirtualClock, settled } from './virtual-clock.ts'
