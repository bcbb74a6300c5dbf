import { createHash } from 'node:crypto'
import { ExpressionError } from '@haechi/rules'
import type { FileGroup, GrafanaGroup, GrafanaRule, GrafanaRuleManager, GrafanaRuleView, Provenance, RuleProvisioning } from '@haechi/rules'
import { ProvisioningError } from '@haechi/server'
import type { GrafanaRulesApi, KeptGrafanaRule, StateStore, StoredGrafanaRule } from '@haechi/server'
import { StartError } from './options.ts'

/** What the rules of a new group are evaluated every, ms. */
const DEFAULT_INTERVAL_MS = 60_000
/** Rules of files have no row, and so no number, of their own. */
const FILE_ID = 0

/** What the rules need to know about who can be told. */
export interface DirectRoutes {
  /** Names of contact points that exist. */
  names(): ReadonlySet<string>
  /** Takes the rules that name a contact point of their own. */
  setDirect(rules: readonly GrafanaRule[]): void
}

/** Grafana-managed rules: those of provisioning files, which can't be changed here, and those made over the HTTP API, kept in the state database. */
export class GrafanaRules implements GrafanaRulesApi {
  readonly #state: StateStore
  readonly #manager: GrafanaRuleManager
  readonly #routes: DirectRoutes
  /** Hands the routes that now hold to the pipeline. */
  readonly #applyRoutes: () => void
  readonly #nowMs: () => number
  #files: readonly GrafanaGroup[] = []
  /** The file of each rule of files, by its uid. */
  #fileOf: ReadonlyMap<string, string> = new Map()
  #filesReadMs = 0
  #kept: readonly StoredGrafanaRule[] = []
  #folders: ReadonlyMap<string, string> = new Map()
  #groups: readonly GrafanaGroup[] = []
  /** Changes wait for each other: each is checked against what the one before left. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(state: StateStore, manager: GrafanaRuleManager, routes: DirectRoutes, applyRoutes: () => void, nowMs: () => number = Date.now) {
    this.#state = state
    this.#manager = manager
    this.#routes = routes
    this.#applyRoutes = applyRoutes
    this.#nowMs = nowMs
  }

  /** Takes what the files say, and reads what is kept. @throws Error naming file and rule; then what was before goes on */
  async load(files: RuleProvisioning): Promise<void> {
    for (const g of files.groups) {
      for (const r of g.rules) {
        const receiver = r.notificationSettings?.receiver
        if (receiver !== undefined && !this.#routes.names().has(receiver)) throw new StartError(`${g.file}: rule ${JSON.stringify(r.title)}: notification_settings.receiver: there is no contact point ${JSON.stringify(receiver)}`)
      }
    }
    const kept = await this.#state.grafanaRules.rules()
    const gone = kept.filter(k => files.deleteRules.includes(k.rule.uid)).map(k => k.rule.uid)
    if (gone.length > 0) await this.#state.grafanaRules.change([], gone)
    await this.#readFolders(files.groups)
    const uids = new Map([...this.#folders].map(([uid, title]) => [title, uid]))
    const before = this.#files
    this.#files = files.groups.map(g => {
      const folderUid = uids.get(g.folder)!
      return { name: g.name, folderUid, folderTitle: g.folder, intervalMs: g.intervalMs, rules: g.rules.map(r => ({ ...r, folderUid, group: g.name })) }
    })
    this.#fileOf = new Map(files.groups.flatMap(g => g.rules.map(r => [r.uid, g.file])))
    this.#filesReadMs = this.#nowMs()
    this.#kept = kept.filter(k => !gone.includes(k.rule.uid))
    try {
      this.#apply()
    } catch (err) {
      this.#files = before
      throw err
    }
  }

  /** Folders of files that do not exist are made, as Grafana does. */
  async #readFolders(groups: readonly FileGroup[]): Promise<void> {
    const { folders } = this.#state
    const titles = new Set((await folders.list()).map(f => f.title))
    for (const title of new Set(groups.map(g => g.folder))) {
      if (!titles.has(title)) await folders.put(`f${createHash('sha256').update(title).digest('hex').slice(0, 13)}`, title, '')
    }
    this.#folders = new Map((await folders.list()).map(f => [f.uid, f.title]))
  }

  #assembled(kept: readonly StoredGrafanaRule[]): GrafanaGroup[] {
    const ofFiles = new Set(this.#files.flatMap(g => g.rules.map(r => r.uid)))
    const groups = new Map<string, GrafanaGroup & { rules: GrafanaRule[] }>()
    const key = (folderUid: string, name: string): string => `${folderUid}\xff${name}`
    for (const g of this.#files) groups.set(key(g.folderUid, g.name), { ...g, rules: [...g.rules] })
    for (const { rule, intervalMs } of kept) {
      if (ofFiles.has(rule.uid)) continue
      const k = key(rule.folderUid, rule.group)
      const g = groups.get(k) ?? { name: rule.group, folderUid: rule.folderUid, folderTitle: this.#folders.get(rule.folderUid) ?? rule.folderUid, intervalMs, rules: [] }
      g.rules.push(rule)
      groups.set(k, g)
    }
    return [...groups.values()].sort((a, b) => (a.folderTitle !== b.folderTitle ? (a.folderTitle < b.folderTitle ? -1 : 1) : a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  #apply(): void {
    const groups = this.#assembled(this.#kept)
    this.#manager.load(groups)
    this.#groups = groups
    this.#routes.setDirect(groups.flatMap(g => g.rules).filter(r => r.notificationSettings !== undefined))
    this.#applyRoutes()
  }

  rules(): readonly KeptGrafanaRule[] {
    const kept = new Map(this.#kept.map(k => [k.rule.uid, k]))
    const ofFiles = new Set(this.#files.flatMap(g => g.rules.map(r => r.uid)))
    return this.#groups.flatMap(g => g.rules).map(rule => {
      const k = ofFiles.has(rule.uid) ? undefined : kept.get(rule.uid)
      const file = k === undefined ? this.#fileOf.get(rule.uid) : undefined
      return { rule, id: k?.id ?? FILE_ID, updatedMs: k?.updatedMs ?? this.#filesReadMs, provenance: k === undefined ? 'file' : k.provenance, ...(file === undefined ? {} : { file }) }
    })
  }

  groups(): readonly GrafanaGroup[] {
    return this.#groups
  }

  running(): readonly GrafanaRuleView[] {
    return this.#manager.rules()
  }

  putRule(rule: GrafanaRule, isNew: boolean, provenance: Provenance): Promise<void> {
    return this.#inTurn(() => {
      const old = this.rules().find(k => k.rule.uid === rule.uid)
      if (isNew && old !== undefined) throw new ProvisioningError(409, `there is an alert rule with the uid ${rule.uid} already`)
      if (!isNew && old === undefined) throw new ProvisioningError(404, 'alert rule not found')
      const group = this.#groups.find(g => g.folderUid === rule.folderUid && g.name === rule.group)
      return this.#change([{ rule, intervalMs: group?.intervalMs ?? DEFAULT_INTERVAL_MS, provenance }], [])
    })
  }

  deleteRule(uid: string): Promise<void> {
    // As in Grafana: what is not there is deleted already.
    return this.#inTurn(() => this.#change([], [uid]))
  }

  putGroup(group: Omit<GrafanaGroup, 'folderTitle'>, provenance: Provenance): Promise<void> {
    return this.#inTurn(() => {
      const stay = new Set(group.rules.map(r => r.uid))
      const old = this.#groups.find(g => g.folderUid === group.folderUid && g.name === group.name)
      const gone = (old?.rules ?? []).map(r => r.uid).filter(uid => !stay.has(uid))
      if (stay.size !== group.rules.length) throw new ProvisioningError(400, 'rules: two rules have the same uid')
      return this.#change(group.rules.map(rule => ({ rule, intervalMs: group.intervalMs, provenance })), gone)
    })
  }

  deleteGroup(folderUid: string, name: string): Promise<void> {
    return this.#inTurn(() => {
      const old = this.#groups.find(g => g.folderUid === folderUid && g.name === name)
      if (old === undefined) throw new ProvisioningError(404, 'rule group not found')
      return this.#change([], old.rules.map(r => r.uid))
    })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(run, run)
    this.#last = mine.catch(() => undefined)
    return mine
  }

  /** Checks a change as a whole, keeps it, and lets it run. */
  async #change(put: readonly Omit<StoredGrafanaRule, 'id' | 'updatedMs'>[], remove: readonly string[]): Promise<void> {
    const ofFiles = new Set(this.#files.flatMap(g => g.rules.map(r => r.uid)))
    const touched = [...put.map(p => p.rule.uid), ...remove].find(uid => ofFiles.has(uid))
    if (touched !== undefined) throw new ProvisioningError(409, `cannot change the alert rule ${touched}: it comes from a file`)
    this.#folders = new Map((await this.#state.folders.list()).map(f => [f.uid, f.title]))
    const uids = new Set([...put.map(p => p.rule.uid), ...remove])
    const others = this.#kept.filter(k => !uids.has(k.rule.uid))
    for (const { rule } of put) this.#check(rule, [...others.map(k => k.rule), ...this.#files.flatMap(g => g.rules), ...put.map(p => p.rule)])
    try {
      this.#manager.check(this.#assembled([...others, ...put.map(p => ({ ...p, id: 0, updatedMs: 0 }))]))
    } catch (err) {
      throw err instanceof ExpressionError ? new ProvisioningError(400, err.message) : err
    }
    await this.#state.grafanaRules.change(put, remove)
    this.#kept = await this.#state.grafanaRules.rules()
    this.#apply()
  }

  #check(rule: GrafanaRule, all: readonly GrafanaRule[]): void {
    if (!this.#folders.has(rule.folderUid)) throw new ProvisioningError(400, `folderUID: there is no folder ${JSON.stringify(rule.folderUid)}; make it with POST /api/folders`)
    const twin = all.find(r => r.uid !== rule.uid && r.folderUid === rule.folderUid && r.title === rule.title)
    if (twin !== undefined) throw new ProvisioningError(409, `title: there is a rule ${JSON.stringify(rule.title)} in this folder already (${twin.uid}); rule titles of a folder are unique`)
    const receiver = rule.notificationSettings?.receiver
    if (receiver !== undefined && !this.#routes.names().has(receiver)) throw new ProvisioningError(400, `notification_settings.receiver: there is no contact point ${JSON.stringify(receiver)}`)
  }
}
