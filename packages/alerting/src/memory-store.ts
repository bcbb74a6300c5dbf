import type { AlertingStore, DeliveryAttempt, DeliveryQuery, NotificationLogEntry, Silence, StoredAlert, StoredDelivery } from './views.ts'

/** Most attempts that are kept. */
const KEPT_DELIVERIES = 1000

/** A store that lives as long as the process: for tests and trials. A pipeline that is made anew on it sees what the one before kept. */
export function createMemoryStore(): AlertingStore {
  const alerts = new Map<string, StoredAlert>()
  const log = new Map<string, NotificationLogEntry>()
  const deliveries: StoredDelivery[] = []
  const silences = new Map<string, Silence>()
  let lastId = 0
  const logKey = (groupKey: string, uid: string): string => `${groupKey}\xff${uid}`
  return {
    load: async () => ({ alerts: [...alerts.values()], log: [...log.values()] }),
    async putAlerts(list) { for (const a of list) alerts.set(a.fingerprint, a) },
    async deleteAlerts(fingerprints) { for (const f of fingerprints) alerts.delete(f) },
    async putLog(entry) { log.set(logKey(entry.groupKey, entry.contactPointUid), entry) },
    async deleteLog(groupKey, uid) { log.delete(logKey(groupKey, uid)) },
    async addDelivery(attempt: DeliveryAttempt) {
      deliveries.push({ ...attempt, id: ++lastId })
      if (deliveries.length > KEPT_DELIVERIES) deliveries.shift()
      return lastId
    },
    deliveries: async q => deliveries.filter(d => isAsked(d, q)).slice(-q.limit).reverse(),
    loadSilences: async () => [...silences.values()],
    async putSilence(s) { silences.set(s.id, s) },
    async deleteSilences(ids) { for (const id of ids) silences.delete(id) },
  }
}

function isAsked(d: StoredDelivery, q: DeliveryQuery): boolean {
  return (q.beforeId === undefined || d.id < q.beforeId) && (q.contactPoint === undefined || d.contactPoint === q.contactPoint) && (q.status === undefined || d.status === q.status) && (q.ok === undefined || d.ok === q.ok)
    && (q.alertName === undefined || d.alertNames?.includes(q.alertName) === true) && (q.fromMs === undefined || d.tMs >= q.fromMs) && (q.toMs === undefined || d.tMs <= q.toMs)
}
