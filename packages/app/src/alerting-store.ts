import type { AlertingStore, DeliveryAttempt } from '@haechi/alerting'
import { StateWriteError } from '@haechi/server'

/** What the log needs. */
interface Log {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/**
 * The store of alerting that goes on while the state database can't be written (full disk, read-only file system): alerts and what was sent stay in memory, and one line of the log says so, another that it is over.
 * Silences are what people make: they are told.
 */
export function storeThatGoesOn(store: AlertingStore, log: Log): AlertingStore {
  let failing = false
  const kept = async <T>(what: string, write: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      const result = await write()
      if (failing) log.info({}, 'What alerting remembers is kept again')
      failing = false
      return result
    } catch (err) {
      if (!(err instanceof StateWriteError)) throw err
      if (!failing) log.warn({ what, err: err.message, next: 'free space on the disk of the data directory, or make it writable' }, 'What alerting remembers can not be kept: alerts go on, but a restart forgets what came since')
      failing = true
      return otherwise
    }
  }
  return {
    load: () => store.load(),
    putAlerts: alerts => kept('alerts', () => store.putAlerts(alerts), undefined),
    deleteAlerts: fingerprints => kept('alerts', () => store.deleteAlerts(fingerprints), undefined),
    putLog: entry => kept('notification log', () => store.putLog(entry), undefined),
    deleteLog: (groupKey, uid) => kept('notification log', () => store.deleteLog(groupKey, uid), undefined),
    // No delivery has this number.
    addDelivery: (attempt: DeliveryAttempt) => kept('delivery log', () => store.addDelivery(attempt), 0),
    deliveries: query => store.deliveries(query),
    loadSilences: () => store.loadSilences(),
    putSilence: silence => store.putSilence(silence),
    // Its caller tries again later.
    deleteSilences: ids => store.deleteSilences(ids),
  }
}
