import type { Kysely, Selectable } from 'kysely'
import type { StateTables } from './tables.ts'

/** A remark about a moment or a span of time, on one panel, one dashboard or (with neither) everywhere. */
export interface Annotation {
  readonly id: number
  /** `''`: on no dashboard of its own. */
  readonly dashboardUid: string
  /** 0: on the whole dashboard. */
  readonly panelId: number
  /** Unix ms; the same for a moment. */
  readonly fromMs: number
  readonly toMs: number
  readonly text: string
  readonly tags: readonly string[]
  /** Who wrote it; `''` where nobody signs in. */
  readonly author: string
  readonly createdMs: number
  readonly updatedMs: number
}

/** What is written; the store adds the rest. */
export type AnnotationDraft = Omit<Annotation, 'id' | 'createdMs' | 'updatedMs'>

/** Which annotations are looked for; everything given must hold. */
export interface AnnotationFilter {
  /** Those that touch this span, Unix ms, both inclusive. */
  readonly fromMs?: number
  readonly toMs?: number
  readonly dashboardUid?: string
  readonly panelId?: number
  readonly tags?: readonly string[]
  /** One tag of them is enough. */
  readonly matchAny?: boolean
  readonly limit: number
}

/** The annotations that people and scripts wrote. */
export interface AnnotationStore {
  /** Newest first. */
  find(filter: AnnotationFilter): Promise<Annotation[]>
  get(id: number): Promise<Annotation | undefined>
  /** @returns the id */
  add(draft: AnnotationDraft): Promise<number>
  /** False when there is none. */
  change(id: number, draft: AnnotationDraft): Promise<boolean>
  remove(id: number): Promise<boolean>
  /** Every tag with its number of annotations, sorted by tag. */
  tags(): Promise<readonly { readonly tag: string; readonly count: number }[]>
}

/** The annotations of an open, migrated database. */
export function annotationStore(db: Kysely<StateTables>, nowMs: () => number): AnnotationStore {
  const read = (r: Selectable<StateTables['annotations']>): Annotation => ({
    id: r.id, dashboardUid: r.dashboard_uid, panelId: r.panel_id, fromMs: r.from_ms, toMs: r.to_ms, text: r.text, tags: JSON.parse(r.tags_json) as string[], author: r.author,
    createdMs: r.created_ms, updatedMs: r.updated_ms,
  })
  const row = (a: AnnotationDraft): Pick<StateTables['annotations'], 'dashboard_uid' | 'panel_id' | 'from_ms' | 'to_ms' | 'text' | 'tags_json' | 'author'> => ({
    dashboard_uid: a.dashboardUid, panel_id: a.panelId, from_ms: a.fromMs, to_ms: a.toMs, text: a.text, tags_json: JSON.stringify(a.tags), author: a.author,
  })
  return {
    async find({ fromMs, toMs, dashboardUid, panelId, tags = [], matchAny = false, limit }) {
      let query = db.selectFrom('annotations').selectAll().orderBy('from_ms', 'desc').orderBy('id', 'desc')
      if (toMs !== undefined) query = query.where('from_ms', '<=', toMs)
      if (fromMs !== undefined) query = query.where('to_ms', '>=', fromMs)
      if (dashboardUid !== undefined) query = query.where('dashboard_uid', '=', dashboardUid)
      if (panelId !== undefined) query = query.where('panel_id', '=', panelId)
      // Tags are few and short: they are compared here, before the limit counts.
      const out: Annotation[] = []
      for (const r of await query.execute()) {
        const a = read(r)
        if (tags.length > 0 && !(matchAny ? tags.some(t => a.tags.includes(t)) : tags.every(t => a.tags.includes(t)))) continue
        if (out.push(a) >= limit) break
      }
      return out
    },
    async get(id) {
      const found = await db.selectFrom('annotations').selectAll().where('id', '=', id).executeTakeFirst()
      return found === undefined ? undefined : read(found)
    },
    async add(draft) {
      const t = nowMs()
      const { id } = await db.insertInto('annotations').values({ ...row(draft), created_ms: t, updated_ms: t }).returning('id').executeTakeFirstOrThrow()
      return id
    },
    async change(id, draft) {
      return (await db.updateTable('annotations').set({ ...row(draft), updated_ms: nowMs() }).where('id', '=', id).executeTakeFirst()).numUpdatedRows > 0n
    },
    async remove(id) {
      return (await db.deleteFrom('annotations').where('id', '=', id).executeTakeFirst()).numDeletedRows > 0n
    },
    async tags() {
      const counts = new Map<string, number>()
      for (const r of await db.selectFrom('annotations').select('tags_json').execute()) for (const tag of JSON.parse(r.tags_json) as string[]) counts.set(tag, (counts.get(tag) ?? 0) + 1)
      return [...counts].map(([tag, count]) => ({ tag, count })).sort((a, b) => (a.tag < b.tag ? -1 : 1))
    },
  }
}
