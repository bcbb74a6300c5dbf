import type { StoredDataSource } from '../state/data-sources.ts'
import { DATASOURCE_UID, OTHER_OWN_UID } from './answers.ts'

/** What our own storage is called: its usual name, unless somebody gave that to another source. */
export function ownSourceName(others: readonly StoredDataSource[]): string {
  return others.some(s => s.name === 'Prometheus') ? 'Haechi' : 'Prometheus'
}

/** The uid of our own storage: Grafana's for a source called Prometheus, unless a file of the user has such a source. */
export function ownSourceUid(others: readonly StoredDataSource[]): string {
  return others.some(s => s.uid === DATASOURCE_UID) ? OTHER_OWN_UID : DATASOURCE_UID
}

/** Uids that are our own storage's, now or where a file takes the first. */
export function isOwnUid(uid: string): boolean {
  return uid === DATASOURCE_UID || uid === OTHER_OWN_UID
}
