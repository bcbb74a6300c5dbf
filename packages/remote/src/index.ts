export { REMOTE_WRITE_LIMITS, RemoteWriteReceiver, receiveRemoteWrite } from './remote-write.ts'
export type { RemoteWriteLimits, RemoteWriteResult, SkippedParts } from './remote-write.ts'
export { RemoteWriteV2Receiver } from './remote-write-v2.ts'
export type { RemoteWriteV2Result } from './remote-write-v2.ts'
