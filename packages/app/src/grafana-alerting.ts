import { randomBytes } from 'node:crypto'
import { GrafanaAlertingError, NO_GRAFANA_ALERTING, grafanaContactPoint, isUnsupportedType, muteTimeOfJson, policyOfJson, restoredSettings, templateFile, templateSet } from '@haechi/alerting'
import type { ContactPoint, GrafanaAlerting, GrafanaMuteTime, GrafanaPolicy, GrafanaReceiver, GrafanaTemplate } from '@haechi/alerting'
import { ConfigError } from '@haechi/model'
import { ProvisioningError } from '@haechi/server'
import type { GrafanaAlertingApi, StateStore } from '@haechi/server'
import { ENV_CONTACT_POINT } from './contact-points.ts'
import type { ContactPoints } from './contact-points.ts'
import { ROUTE } from './direct-routes.ts'

/** What was made over Grafana's HTTP API, as it is kept. */
interface Kept {
  readonly policies?: GrafanaPolicy
  readonly muteTimes: readonly GrafanaMuteTime[]
  readonly templates: readonly GrafanaTemplate[]
}
const SETTING = 'grafana.alerting'
const NOTHING: Kept = { muteTimes: [], templates: [] }

/** Contact points, policies, mute timings and templates in Grafana's form: those of files, which can't be changed here, and those made over its HTTP API. */
export class GrafanaAlertingStore implements GrafanaAlertingApi {
  readonly #state: StateStore
  readonly #points: ContactPoints
  /** Hands what now holds to the pipeline. */
  readonly #apply: () => void
  #files: GrafanaAlerting = NO_GRAFANA_ALERTING
  #kept: Kept = NOTHING

  constructor(state: StateStore, points: ContactPoints, apply: () => void) {
    this.#state = state
    this.#points = points
    this.#apply = apply
  }

  /** Reads what is kept, and takes what the files say; what they ask to delete is deleted. Checks the whole. @throws Error naming what does not fit together */
  async load(files: GrafanaAlerting): Promise<void> {
    const before = this.#files
    this.#files = files
    const kept = ((await this.#state.settings.get(SETTING)) as Kept | undefined) ?? NOTHING
    const { deletes } = files
    const next: Kept = {
      muteTimes: kept.muteTimes.filter(m => !deletes.muteTimes.includes(m.name)), templates: kept.templates.filter(t => !deletes.templates.includes(t.name)),
      ...(kept.policies === undefined || deletes.policies ? {} : { policies: kept.policies }),
    }
    for (const uid of deletes.contactPoints) if (this.#points.own().some(p => p.uid === uid)) await this.#points.remove(uid)
    this.#kept = next
    this.#hand()
    try {
      this.#points.alerting()
    } catch (err) {
      this.#files = before
      this.#hand()
      throw err
    }
    if (JSON.stringify(next) !== JSON.stringify(kept)) await this.#state.settings.set(SETTING, next)
  }

  #hand(): void {
    this.#points.setGrafana({ receivers: this.#files.contactPoints, policies: this.#files.policies ?? this.#kept.policies, policiesOfFile: this.#files.policies !== undefined, muteTimes: this.#muteTimes(), templates: this.#templates(), ...(this.#files.places === undefined ? {} : { places: this.#files.places }) })
  }

  async #keep(next: Kept): Promise<void> {
    await this.#state.settings.set(SETTING, next)
    this.#kept = next
    this.#hand()
    this.#apply()
  }

  contactPoints(): readonly GrafanaReceiver[] {
    const made = this.#points.all().filter(p => p.origin !== 'file').map((p): GrafanaReceiver => (
      p.grafana === undefined ? { uid: p.uid, name: p.name, type: p.type, settings: { url: p.url }, disableResolveMessage: p.sendResolved === false, ...(p.origin === 'env' ? { provenance: 'file' as const } : {}) }
        : { uid: p.uid, name: p.name, type: p.grafana.type, settings: p.grafana.settings, disableResolveMessage: p.grafana.disableResolveMessage, ...(p.grafana.provenance === undefined ? {} : { provenance: p.grafana.provenance }) }
    ))
    return [...this.#files.contactPoints, ...made].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  async putContactPoint(given: GrafanaReceiver, isNew: boolean): Promise<GrafanaReceiver> {
    const uid = given.uid === '' ? randomBytes(7).toString('hex') : given.uid
    if (!/^[\w-]{1,40}$/.test(uid)) throw new ProvisioningError(400, 'uid: at most 40 letters, digits, - and _')
    if (given.name.trim() === '') throw new ProvisioningError(400, 'name: a contact point needs a name')
    const old = this.contactPoints().find(c => c.uid === uid)
    if (isNew && old !== undefined) throw new ProvisioningError(409, `there is a contact point with the uid ${uid} already`)
    if (!isNew && old === undefined) throw new ProvisioningError(404, 'contact point not found')
    this.#refuseFile(this.#files.contactPoints.some(c => c.uid === uid) || uid === ENV_CONTACT_POINT, 'contact point')
    const receiver: GrafanaReceiver = { ...given, uid, name: given.name.trim(), settings: restoredSettings(given.settings, old?.settings ?? {}) }
    if (isUnsupportedType(receiver.type)) throw new ProvisioningError(400, `Haechi does not deliver to the type ${receiver.type}`)
    let point: ContactPoint
    try {
      point = grafanaContactPoint(receiver, this.#points.context('ui'))
    } catch (err) {
      if (err instanceof GrafanaAlertingError) throw new ProvisioningError(400, err.message)
      throw err
    }
    if (old !== undefined && old.name !== receiver.name && this.contactPoints().filter(c => c.name === old.name).length === 1 && this.#isUsed('receiver', old.name)) throw new ProvisioningError(409, `the contact point ${old.name} is used by a policy`)
    await this.#points.put(point)
    this.#apply()
    return receiver
  }

  async deleteContactPoint(uid: string): Promise<void> {
    const old = this.contactPoints().find(c => c.uid === uid)
    if (old === undefined) throw new ProvisioningError(404, 'contact point not found')
    this.#refuseFile(this.#files.contactPoints.some(c => c.uid === uid) || uid === ENV_CONTACT_POINT, 'contact point')
    if (this.contactPoints().filter(c => c.name === old.name).length === 1 && this.#isUsed('receiver', old.name)) throw new ProvisioningError(409, `the contact point ${old.name} is used by a policy`)
    await this.#points.remove(uid)
    this.#apply()
  }

  policies(): GrafanaPolicy {
    const held = this.#files.policies ?? this.#kept.policies
    if (held !== undefined) {
      const { orgId: _orgId, ...tree } = held
      return this.#files.policies === undefined ? tree : { ...tree, provenance: 'file' }
    }
    // Without a tree everybody gets everything; Grafana's clients see the route that stands for it.
    return { receiver: this.contactPoints()[0]?.name ?? 'empty', group_by: ['alertname'], group_wait: `${ROUTE.groupWaitMs! / 1000}s`, group_interval: `${ROUTE.groupIntervalMs! / 60_000}m`, repeat_interval: '4h' }
  }

  async setPolicies(policies: GrafanaPolicy | undefined): Promise<void> {
    this.#refuseFile(this.#files.policies !== undefined, 'policy tree')
    const { policies: _old, ...others } = this.#kept
    if (policies === undefined) return this.#keep(others)
    try {
      policyOfJson(policies, new Set([...this.contactPoints().map(c => c.name), 'empty', 'grafana-default-email']), new Set(this.#muteTimes().map(m => m.name)))
    } catch (err) {
      throw refusal(err)
    }
    await this.#keep({ ...others, policies })
  }

  muteTimes(): readonly GrafanaMuteTime[] {
    return this.#muteTimes()
  }

  async putMuteTime(m: GrafanaMuteTime, isNew: boolean): Promise<void> {
    const exists = this.#muteTimes().some(o => o.name === m.name)
    if (isNew && exists) throw new ProvisioningError(409, `there is a mute timing ${m.name} already`)
    if (!isNew && !exists) throw new ProvisioningError(404, 'mute timing not found')
    this.#refuseFile(this.#files.muteTimes.some(o => o.name === m.name), 'mute timing')
    try {
      muteTimeOfJson(m)
    } catch (err) {
      throw refusal(err)
    }
    await this.#keep({ ...this.#kept, muteTimes: [...this.#kept.muteTimes.filter(o => o.name !== m.name), m] })
  }

  async deleteMuteTime(name: string): Promise<void> {
    this.#refuseFile(this.#files.muteTimes.some(o => o.name === name), 'mute timing')
    if (this.#isUsed('interval', name)) throw new ProvisioningError(409, `the mute timing ${name} is used by a policy`)
    // As in Grafana: what is not there is deleted already.
    if (this.#kept.muteTimes.some(m => m.name === name)) await this.#keep({ ...this.#kept, muteTimes: this.#kept.muteTimes.filter(m => m.name !== name) })
  }

  templates(): readonly GrafanaTemplate[] {
    return this.#templates()
  }

  async putTemplate(t: GrafanaTemplate): Promise<void> {
    this.#refuseFile(this.#files.templates.some(o => o.name === t.name), 'template')
    try {
      templateSet([templateFile(t)], 0, true)
    } catch (err) {
      throw new ProvisioningError(400, (err as Error).message)
    }
    await this.#keep({ ...this.#kept, templates: [...this.#kept.templates.filter(o => o.name !== t.name), t] })
  }

  async deleteTemplate(name: string): Promise<void> {
    this.#refuseFile(this.#files.templates.some(o => o.name === name), 'template')
    if (this.#kept.templates.some(t => t.name === name)) await this.#keep({ ...this.#kept, templates: this.#kept.templates.filter(t => t.name !== name) })
  }

  #muteTimes(): GrafanaMuteTime[] {
    const ofFiles = new Set(this.#files.muteTimes.map(m => m.name))
    return [...this.#files.muteTimes, ...this.#kept.muteTimes.filter(m => !ofFiles.has(m.name))]
  }

  #templates(): GrafanaTemplate[] {
    const ofFiles = new Set(this.#files.templates.map(t => t.name))
    return [...this.#files.templates, ...this.#kept.templates.filter(t => !ofFiles.has(t.name))]
  }

  #isUsed(kind: 'receiver' | 'interval', name: string): boolean {
    const policies = this.#files.policies ?? this.#kept.policies
    const uses = (p: GrafanaPolicy): boolean => {
      const lists = [p['mute_time_intervals'], p['active_time_intervals']].flatMap(l => (Array.isArray(l) ? (l as unknown[]) : []))
      if (kind === 'receiver' ? p['receiver'] === name : lists.includes(name)) return true
      return Array.isArray(p['routes']) && (p['routes'] as GrafanaPolicy[]).some(uses)
    }
    return policies !== undefined && uses(policies)
  }

  #refuseFile(isFile: boolean, what: string): void {
    if (isFile) throw new ProvisioningError(409, `cannot change this ${what}: it comes from a file`)
  }
}

function refusal(err: unknown): Error {
  return err instanceof ConfigError ? new ProvisioningError(400, `${err.place.path === '' ? '' : `${err.place.path}: `}${err.reason}${err.hint === undefined ? '' : ` (${err.hint})`}`) : (err as Error)
}
