import { randomUUID } from 'node:crypto'
import { GrafanaAlertingError, grafanaContactPoint, isUnsupportedType, mergedRouting, muteTimeOfJson, policyOfJson, templateFile } from '@haechi/alerting'
import type { AlertingConfig, ContactPoint, GrafanaContext, GrafanaMuteTime, GrafanaPlaces, GrafanaPolicy, GrafanaReceiver, GrafanaTemplate, Routing, SmtpServer } from '@haechi/alerting'
import type { AlertmanagerFile } from '@haechi/config'
import type { Secret } from '@haechi/model'
import type { GrafanaRule } from '@haechi/rules'
import { ApiError } from '@haechi/server'
import type { ContactPointView, NewContactPoint, PolicyTreeView, StateStore } from '@haechi/server'
import { ROUTE, withDirectRoutes } from './direct-routes.ts'
import type { PolicyPlaces } from './policy-view.ts'

/** The uid of the contact point that DISCORD_WEBHOOK makes. */
export const ENV_CONTACT_POINT = 'env-discord'


/** Contact points that Grafana's policies may name though nobody made them: they reach nobody. */
const NAMES_WITHOUT_CONTACT = ['grafana-default-email', 'empty'] as const

/** What is in Grafana's form: of files, and made over its HTTP API. */
export interface GrafanaTrees {
  /** Of files. */
  readonly receivers: readonly GrafanaReceiver[]
  readonly policies: GrafanaPolicy | undefined
  /** The policies come from a file. */
  readonly policiesOfFile?: boolean
  readonly muteTimes: readonly GrafanaMuteTime[]
  readonly templates: readonly GrafanaTemplate[]
  /** Which file holds what. */
  readonly places?: GrafanaPlaces
}

/** Everything alerts can be sent to: the one of the environment, those of `alertmanager.yml` and those made in the UI. */
export class ContactPoints {
  readonly #state: StateStore
  readonly #language: 'en' | 'ko'
  #env: ContactPoint | undefined
  #own: readonly ContactPoint[] = []
  #file: AlertmanagerFile | undefined
  #smtp: SmtpServer | undefined
  #direct: readonly GrafanaRule[] = []
  #grafana: GrafanaTrees = { receivers: [], policies: undefined, muteTimes: [], templates: [] }

  constructor(state: StateStore, language: 'en' | 'ko') {
    this.#state = state
    this.#language = language
  }

  /** Reads what is kept, and takes the address of the environment. */
  async load(discordWebhook: Secret | undefined): Promise<void> {
    this.#env = discordWebhook === undefined ? undefined : { uid: ENV_CONTACT_POINT, name: 'Discord', type: 'discord', url: discordWebhook.reveal(), origin: 'env', language: this.#language }
    this.#own = await this.#state.contactPoints.list()
  }

  /** The mail server of those that name none. */
  setSmtp(smtp: SmtpServer | undefined): void {
    this.#smtp = smtp
  }

  /** What contact points in Grafana's form do not say themselves. */
  context(origin: ContactPoint['origin']): GrafanaContext {
    return { origin, language: this.#language, ...(this.#smtp === undefined ? {} : { smtp: this.#smtp }) }
  }

  /** Takes contact points of provisioned files, and the policies, mute timings and templates that hold. */
  setGrafana(trees: GrafanaTrees): void {
    this.#grafana = trees
  }

  /** Names of those that exist. */
  names(): ReadonlySet<string> {
    return new Set(this.all().map(p => p.name))
  }

  /** Takes the rules that name a contact point of their own: their alerts go past the policies. */
  setDirect(rules: readonly GrafanaRule[]): void {
    this.#direct = rules
  }

  /** Those made here, with their secrets. */
  own(): readonly ContactPoint[] {
    return this.#own
  }

  /** Adds or replaces one made here. */
  async put(point: ContactPoint): Promise<void> {
    await this.#state.contactPoints.put(point)
    this.#own = await this.#state.contactPoints.list()
  }

  /** Takes what `alertmanager.yml` says; undefined: there is none. */
  setFile(file: AlertmanagerFile | undefined): void {
    this.#file = file
  }

  /** With their secrets: for the pipeline only. */
  all(): readonly ContactPoint[] {
    const ofFile = (this.#file?.contactPoints ?? []).map((p): ContactPoint => ({ ...p, language: this.#language }))
    return [...(this.#env === undefined ? [] : [this.#env]), ...ofFile, ...this.#ofGrafanaFiles(), ...this.#own]
  }

  /**
   * Who is told of what. Without `alertmanager.yml` every contact point gets everything. With it the file decides: a receiver that has no address of its own
   * stands for the contact point of the same name.
   */
  alerting(): AlertingConfig {
    const config = this.#policies()
    return this.#direct.length === 0 ? config : withDirectRoutes(config, this.#direct, this.#grafana.muteTimes.map(muteTimeOfJson))
  }

  #policies(): AlertingConfig {
    const contactPoints = this.all()
    const ofAlertmanager = new Set(this.#file?.contactPoints.map(p => p.uid))
    const others = contactPoints.filter(p => !ofAlertmanager.has(p.uid))
    const uidsOf = (name: string): string[] => others.filter(p => p.name === name).map(p => p.uid)
    const grafana = this.#grafanaRouting(others, uidsOf)
    const templates = [...(this.#file?.templates ?? []), ...this.#grafana.templates.map(templateFile)]
    if (this.#file === undefined) return grafana === undefined ? { contactPoints, route: ROUTE, templates } : { contactPoints, routing: grafana, templates }
    const { routing, resolveTimeoutMs } = this.#file
    const receivers = routing.receivers.map(r => (r.contactPoints.length > 0 ? r : { ...r, contactPoints: uidsOf(r.name) }))
    const own: Routing = { ...routing, receivers }
    return { contactPoints, resolveTimeoutMs, templates, routing: grafana === undefined ? own : mergedRouting(own, grafana) }
  }

  #ofGrafanaFiles(): ContactPoint[] {
    return this.#grafana.receivers.filter(r => !isUnsupportedType(r.type)).map(r => grafanaContactPoint(r, this.context('file')))
  }

  #grafanaRouting(points: readonly ContactPoint[], uidsOf: (name: string) => string[]): Routing | undefined {
    const { policies, muteTimes, receivers } = this.#grafana
    if (policies === undefined) return undefined
    const names = new Set([...points.map(p => p.name), ...receivers.map(r => r.name), ...NAMES_WITHOUT_CONTACT])
    const timeIntervals = muteTimes.map(muteTimeOfJson)
    return {
      route: policyOfJson(policies, names, new Set(timeIntervals.map(t => t.name))), inhibitRules: [], timeIntervals,
      receivers: [...names].map(name => ({ name, labels: { name }, contactPoints: uidsOf(name) })),
    }
  }

  /** Where the policies come from that hold now. */
  policyOrigin(): PolicyTreeView['origin'] {
    const { policies } = this.#grafana
    if (this.#file !== undefined) return policies === undefined ? 'alertmanager' : 'both'
    return policies === undefined ? 'none' : this.#grafana.policiesOfFile === true ? 'file' : 'ui'
  }

  /** Names of contact points that no receiver of `alertmanager.yml` stands for: nothing reaches them. */
  unreached(): readonly string[] {
    const reached = new Set(this.alerting().routing?.receivers.flatMap(r => r.contactPoints))
    return this.#file === undefined ? [] : this.all().filter(p => !reached.has(p.uid)).map(p => p.name)
  }

  /** For the page: addresses are masked. */
  views(): ContactPointView[] {
    return this.all().map(p => {
      const file = this.#fileOf(p)
      return { ...view(p), ...(file === undefined ? {} : { file }) }
    })
  }

  #fileOf(p: ContactPoint): string | undefined {
    if (p.origin === 'env') return '.env'
    return this.#file?.contactPoints.some(x => x.uid === p.uid) === true ? this.#file.file : this.#grafana.places?.contactPoints[p.uid]
  }

  /** Where the policies and the time intervals stand, and the intervals that there are though no policy may use them yet. */
  placesOfPolicies(): PolicyPlaces {
    const { places } = this.#grafana
    const ofFile = this.#file?.routing.timeIntervals ?? []
    const file = this.#file?.file ?? places?.policies
    return {
      ...(file === undefined ? {} : { file }), intervals: [...ofFile, ...this.#grafana.muteTimes.map(muteTimeOfJson)],
      intervalFiles: { ...places?.muteTimes, ...Object.fromEntries(ofFile.map(t => [t.name, this.#file!.file])) },
    }
  }

  /** @throws ApiError when the address is none */
  async add(point: NewContactPoint): Promise<ContactPointView> {
    const name = point.name.trim()
    if (name === '') throw new ApiError('bad_body', 'name: a contact point needs a name')
    if (this.all().some(p => p.name === name)) throw new ApiError('conflict', `there is a contact point named ${JSON.stringify(name)} already`)
    const made = this.#made(point, name)
    await this.#state.contactPoints.put(made)
    this.#own = await this.#state.contactPoints.list()
    return view(made)
  }

  #made(point: NewContactPoint, name: string): ContactPoint {
    try {
      const settings = { ...(point.type === 'webhook' ? { body: 'alertmanager' } : {}), ...point.settings, ...(point.url === undefined ? {} : { url: point.url }) }
      return grafanaContactPoint({ uid: randomUUID(), name, type: point.type, settings, disableResolveMessage: point.sendResolved === false }, this.context('ui'))
    } catch (err) {
      if (err instanceof GrafanaAlertingError) throw new ApiError('bad_body', err.message)
      throw err
    }
  }

  /** @returns false when there is none @throws ApiError for one that is not made here */
  async remove(uid: string): Promise<boolean> {
    if (this.#file?.contactPoints.some(p => p.uid === uid) === true) throw new ApiError('read_only', `this contact point comes from ${this.#file.file}`)
    if (this.#grafana.receivers.some(r => r.uid === uid)) throw new ApiError('read_only', `this contact point comes from ${this.#grafana.places?.contactPoints[uid] ?? 'a provisioning file'}`)
    if (uid === ENV_CONTACT_POINT) throw new ApiError('read_only', 'this contact point comes from DISCORD_WEBHOOK in the .env file')
    const removed = await this.#state.contactPoints.remove(uid)
    this.#own = await this.#state.contactPoints.list()
    return removed
  }
}

function view(p: ContactPoint): ContactPointView {
  return { uid: p.uid, name: p.name, type: p.type, url: shownAddress(p), origin: p.origin }
}

/** The host and no more: path and query of a webhook are its secret. Of mails and chats also whom they reach. */
function shownAddress(p: ContactPoint): string {
  if (p.email !== undefined) return `${URL.canParse(p.url) ? new URL(p.url).host : '…'} → ${p.email.to.join(', ')}`
  const host = URL.canParse(p.url) ? `${new URL(p.url).origin}/…` : '…'
  return p.telegram === undefined ? host : `${host} → ${p.telegram.chatId}`
}
