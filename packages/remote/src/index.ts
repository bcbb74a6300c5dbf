export { REMOTE_WRITE_LIMITS, RemoteWriteReceiver, receiveRemoteWrite } from './remote-write.ts'
export type { RemoteWriteLimits, RemoteWriteResult, SkippedParts } from './remote-write.ts'
