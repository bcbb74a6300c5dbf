import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAlertPipeline, createAlertmanagerSender, createHttpPost, createMailPost, NO_GRAFANA_ALERTING, outgoingAlerts } from '@haechi/alerting'
import type { AlertPipeline, AlertmanagerSender, HttpPost } from '@haechi/alerting'
import { DEFAULT_CONFIG, configDigest, loadAlertmanagerConfig, loadBoardProviders, loadConfig, loadProvisioning, readEnvFile } from '@haechi/config'
import type { AlertmanagerFile, EnvFile, HaechiConfig, ProvisioningFolder } from '@haechi/config'
import { HostCollector } from '@haechi/host'
import { ServiceFinder } from '@haechi/insight'
import { Secret, labelsToObject, relabel } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { enableLanguageFeatures } from '@haechi/promql'
import type { QueryPool } from '@haechi/promql'
import { GrafanaRuleManager, createRuleManager, shownLabels } from '@haechi/rules'
import type { RuleAlert, RuleManager } from '@haechi/rules'
import { LocalDiscovery, SYSTEM_CLOCK, ScrapeManager } from '@haechi/scrape'
import type { LocalTarget } from '@haechi/scrape'
import { createServer, listenWhileStarting, openState, readWebConfig } from '@haechi/server'
import type { HaechiServer, ServerOptions, StartProgress, StateStore, StatusView } from '@haechi/server'
import type { Database, OpenReport, ReplayProgress } from '@haechi/tsdb'
import { storeThatGoesOn } from './alerting-store.ts'
import { alertCharts } from './alert-charts.ts'
import { endAcknowledgements } from './acknowledgements.ts'
import { AlertmanagerDiscovery } from './alertmanager-discovery.ts'
import { alertmanagerSource } from './alertmanager-source.ts'
import { boardOf, builtinBoardsOf, peoplesBoards } from './boards.ts'
import { Diagnoses } from './diagnoses.ts'
import { DiskForecast } from './disk-forecast.ts'
import { ProvidedBoards } from './provided-boards.ts'
import { ProvidedSources } from './provided-sources.ts'
import { cardinalitySource } from './cardinality.ts'
import { systemClock } from './clock.ts'
import { ConfigWatch } from './config-watch.ts'
import { ContactPoints } from './contact-points.ts'
import { startDemo } from './demo/supervisor.ts'
import type { DemoService } from './demo/supervisor.ts'
import { EditableRules } from './editable-rules.ts'
import { readFeatures } from './features.ts'
import { GrafanaAlertingStore } from './grafana-alerting.ts'
import { HeartbeatControl } from './heartbeat.ts'
import { GrafanaRules } from './grafana-rules.ts'
import { haechiApi } from './haechi-api.ts'
import { HOST_ADDRESS, scrapeJobs } from './jobs.ts'
import type { Logger } from './logger.ts'
import { StartError } from './options.ts'
import type { AppOptions } from './options.ts'
import { ownMetrics } from './own-metrics.ts'
import { Parts } from './parts.ts'
import { remoteWriteReceiver } from './remote-write.ts'
import { watchServices } from './service-watch.ts'
import { smtpServer } from './smtp.ts'
import { retentionText, statusView, tsdbStatus } from './status-view.ts'
import { openQueries, openStorage } from './storage-and-queries.ts'

/** What the app takes from outside besides its options. */
export interface Surroundings {
  readonly log: Logger
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Language of messages to people where nobody chose one. */
  readonly language: 'en' | 'ko'
  /** Replay of the write-ahead log, for a progress line. Called some 50 times a second. */
  readonly onReplay?: (progress: ReplayProgress) => void
  /** `POST /-/quit` */
  readonly onQuit: () => void
}

/** What runs after the start. */
export interface Started {
  readonly urls: readonly string[]
  readonly configFile: string | undefined
  /** `alertmanager.yml` */
  readonly alertingFile: string | undefined
  readonly envFile: string | undefined
  readonly demo: readonly DemoService[]
  readonly warnings: readonly string[]
  readonly openReport: OpenReport
}

/** A start that was called off by `stop`. */
export class StoppedError extends Error {
  constructor() {
    super('stopped before everything was started')
    this.name = 'StoppedError'
  }
}

/**
 * Everything that runs, wired together. `start` opens part after part; a failure closes those that were opened, by the same way as `stop`.
 */
export class App {
  readonly #options: AppOptions
  readonly #around: Surroundings
  readonly #parts: Parts
  readonly #startedMs = Date.now()
  #config: HaechiConfig = DEFAULT_CONFIG
  /** `--enable-feature=native-histograms`, for each reading of the configuration. */
  #nativeHistograms = false
  /** `--enable-feature=metadata-wal-records`. */
  #metadataInLog = false
  #typeAndUnitLabels = false
  #alerting: AlertmanagerFile | undefined
  #configError: string | undefined
  #lastReload = { success: true, tMs: Date.now() }
  #envFile: string | undefined
  #selfAddress: string | undefined
  #demo: readonly DemoService[] = []
  #ready = false
  #starting: Promise<Started> | undefined
  #stopping: Promise<void> | undefined
  readonly #calledOff = new AbortController()
  #replay = { min: 0, max: 0, current: 0 }
  #progress: Omit<StartProgress, 'segments'> = { stage: 'storage' }

  #head!: Database
  #pool!: QueryPool
  #finder!: ServiceFinder
  #state!: StateStore
  #scrape!: ScrapeManager
  #rules!: RuleManager
  #pipeline!: AlertPipeline
  #server!: HaechiServer
  #editable!: EditableRules
  #contactPoints!: ContactPoints
  #grafana!: GrafanaAlertingStore
  #heartbeat!: HeartbeatControl
  #watch: ConfigWatch | undefined
  #provisioning: ProvisioningFolder | undefined
  #fileBoards!: ProvidedBoards
  #fileSources!: ProvidedSources
  #providerFiles: readonly string[] = []
  #grafanaManager!: GrafanaRuleManager
  #grafanaRules!: GrafanaRules
  #alertmanagers!: AlertmanagerSender
  #alertmanagerDiscovery!: AlertmanagerDiscovery
  #post!: HttpPost
  #found: readonly LocalTarget[] = []

  constructor(options: AppOptions, surroundings: Surroundings) {
    this.#options = options
    this.#around = surroundings
    this.#parts = new Parts(surroundings.log)
  }

  /**
   * Starts everything.
   *
   * @throws ConfigError, RuleError, DataDirError, ListenError, StartError: each one sentence for the user; StoppedError when `stop` came first. Then nothing is left running
   */
  async start(): Promise<Started> {
    try {
      this.#starting = this.#start()
      return await this.#starting
    } catch (err) {
      await this.#parts.close()
      throw err
    }
  }

  /** Between two parts of the start: whoever asked to stop does not wait for the rest. */
  #goOn(): void {
    if (this.#stopping !== undefined) throw new StoppedError()
  }

  async #start(): Promise<Started> {
    const { log, cwd } = this.#around
    const options = this.#options
    const features = readFeatures(options.features ?? [])
    for (const { level, option, text } of features.notes) log[level]({ option }, text)
    // Before rules are read.
    enableLanguageFeatures(features.language)
    this.#nativeHistograms = features.nativeHistograms
    this.#metadataInLog = features.metadataInLog
    this.#typeAndUnitLabels = features.engine.typeAndUnitLabels === true
    const configFile = this.#fileOrDefault(options.configFile, 'prometheus.yml')
    if (features.autoReload) {
      this.#watch = new ConfigWatch({ clock: systemClock, log, intervalMs: options.autoReloadIntervalMs ?? 30_000, digest: () => this.#digest(), reload: () => this.#reload() })
      await this.#watch.note()
    }
    if (configFile !== undefined) this.#config = await loadConfig(configFile, { nativeHistograms: features.nativeHistograms })
    const alertingFile = this.#fileOrDefault(options.alertmanagerConfigFile, 'alertmanager.yml')
    if (alertingFile !== undefined) this.#alerting = await loadAlertmanagerConfig(alertingFile)
    const secrets = await this.#readSecrets()
    const webConfig = options.webConfigFile === undefined ? undefined : readWebConfig(options.webConfigFile)

    const externalUrl = options.externalUrl ?? `http://${options.listen[0]!.replace(/^(0\.0\.0\.0|\[::\])?:/, 'localhost:')}`
    const serverOptions = this.#serverOptions(webConfig, externalUrl)
    // Before the work: a port in use is told at once, and who asks meanwhile is told how far it is.
    const listeners = await listenWhileStarting(serverOptions, () => ({ ...this.#progress, segments: this.#replay }))
    this.#parts.opened('listeners', () => listeners.close())
    this.#goOn()

    this.#head = await openStorage(options, this.#config, features, {
      log, cwd, signal: this.#calledOff.signal,
      onProgress: p => {
        this.#replay = { min: 0, max: p.segments, current: p.segment }
        this.#progress = { stage: 'log', ratio: p.totalBytes === 0 ? 1 : p.bytes / p.totalBytes }
        this.#around.onReplay?.(p)
      },
    })
    this.#progress = { stage: 'rest' }
    this.#parts.opened('storage', () => this.#head.close())
    this.#goOn()

    this.#state = await openState(join(resolve(cwd, options.dataDirectory), 'haechi', 'state.db'), { log: log.child({ component: 'state' }) })
    this.#parts.opened('state', () => this.#state.close())

    const { pool, own, changes } = openQueries(this.#head, options, this.#config, features, log)
    this.#pool = pool
    this.#parts.opened('reader', () => own.close())
    this.#parts.opened('queries', () => pool.close())
    this.#finder = new ServiceFinder(pool, Date.now, changes)

    // Its processes start while the rest of this one does.
    const demo = options.demo ? startDemo() : undefined
    if (demo !== undefined) {
      this.#parts.opened('demo services', () => demo.then(d => d.stop(), () => undefined))
      demo.catch(() => undefined) // told where it is awaited
    }

    const http = createHttpPost()
    this.#parts.opened('outgoing connections', () => http.close())
    this.#post = http.post
    const charts = alertCharts(this.#pool, () => ({ prometheus: this.#rules, grafana: this.#grafanaManager, scrapeIntervalMs: this.#config.scrapeIntervalMs }), log.child({ component: 'alerting' }))
    if (charts !== undefined) this.#parts.opened('pictures', () => charts.close())
    this.#pipeline = createAlertPipeline({
      store: storeThatGoesOn(this.#state.alerting, log.child({ component: 'alerting' })), clock: systemClock, log: log.child({ component: 'alerting' }), post: http.post, mail: createMailPost(), ...(options.silenceLimits === undefined ? {} : { silenceLimits: options.silenceLimits }), alertsPerName: options.alertsPerName ?? 0, ...(charts === undefined ? {} : { chart: charts.draw }), externalUrl, userAgent: `Haechi/${options.version}`,
    })
    this.#contactPoints = new ContactPoints(this.#state, this.#around.language)
    this.#contactPoints.setSmtp(smtpServer(secrets, this.#around.env))
    await this.#contactPoints.load(this.#discordWebhook(secrets))
    this.#grafana = new GrafanaAlertingStore(this.#state, this.#contactPoints, () => this.#applyContactPoints())
    this.#contactPoints.setFile(this.#alerting)
    this.#fileBoards = new ProvidedBoards(this.#state, log.child({ component: 'boards' }), this.#around.cwd)
    this.#fileSources = new ProvidedSources(this.#state.dataSources, log.child({ component: 'data sources' }))
    await this.#loadProvisioning(secrets)
    this.#fileSources.watch()
    this.#parts.opened('files of data sources', () => this.#fileSources.stop())
    this.#applyContactPoints()
    this.#parts.opened('notifications', () => this.#pipeline.stop())
    await this.#pipeline.start()
    const acknowledgements = endAcknowledgements(this.#pipeline, systemClock, log.child({ component: 'alerts' }))
    this.#parts.opened('acknowledgements', () => acknowledgements.stop())
    this.#goOn()
    this.#alertmanagerDiscovery = new AlertmanagerDiscovery({ log: log.child({ component: 'notifier' }), clock: SYSTEM_CLOCK, userAgent: `Haechi/${options.version}` })
    this.#alertmanagerDiscovery.apply(this.#config)
    this.#parts.opened('discovery of Alertmanagers', async () => this.#alertmanagerDiscovery.stop())
    this.#alertmanagers = this.#createAlertmanagerSender()
    this.#parts.opened('alerts to Alertmanagers', () => (options.alertmanagerQueue?.drain === false ? this.#alertmanagers.discard() : this.#alertmanagers.drain()))

    this.#heartbeat = new HeartbeatControl(this.#state, {
      post: http.post, log: log.child({ component: 'heartbeat' }), clock: systemClock, externalUrl, userAgent: `Haechi/${options.version}`,
      alive: async () => { await this.#pool.instant({ expr: 'vector(1)', tMs: Date.now(), priority: 'rule' }) },
    }, options.heartbeat)
    await this.#heartbeat.load(secrets)
    this.#parts.opened('heartbeat', () => this.#heartbeat.stop())

    const externalLabels = (): Labels => this.#config.externalLabels
    this.#rules = createRuleManager({
      query: this.#pool, appendable: this.#head, clock: systemClock, log: log.child({ component: 'rules' }), externalUrl,
      get externalLabels() { return externalLabels() },
      notify: alerts => this.#notify(alerts), ...options.rules,
    })
    this.#editable = new EditableRules(this.#state, configFile === undefined)
    await this.#editable.load()
    this.#grafanaManager = new GrafanaRuleManager({
      query: this.#pool, appendable: this.#head, clock: systemClock, log: log.child({ component: 'rules' }), externalUrl, scrapeIntervalMs: this.#config.scrapeIntervalMs,
      evaluationTimeoutMs: 30_000, maxAttempts: 3, store: this.#state.grafanaRules, notify: alerts => this.#notifyGrafana(alerts),
    })
    await this.#grafanaManager.restore()
    this.#grafanaRules = new GrafanaRules(this.#state, this.#grafanaManager, this.#contactPoints, () => this.#applyContactPoints())
    await this.#grafanaRules.load(this.#provisioning?.rules ?? { groups: [], deleteRules: [] })

    const host = new HostCollector({ log: log.child({ component: 'host' }) })
    this.#scrape = new ScrapeManager({
      appendable: this.#head, log: log.child({ component: 'scrape' }), userAgent: `Haechi/${options.version}`, externalLabels: this.#config.externalLabels,
      metadataInLog: this.#metadataInLog, typeAndUnitLabels: this.#typeAndUnitLabels, inProcess: new Map([[HOST_ADDRESS, () => host.collect()]]),
    })

    this.#applyRules()
    this.#server = this.#createServer(serverOptions)
    const urls = await this.#server.listen(listeners)
    // With a password this server can't read its own page, and then does without.
    this.#selfAddress = webConfig === undefined || webConfig.users.size === 0 ? new URL(urls[0]!).host : undefined
    this.#parts.opened('web server', () => this.#server.close())
    this.#goOn()

    if (demo !== undefined) {
      this.#demo = (await demo).services
      this.#goOn()
    }

    // Scrapes end before what they scrape: a target that is stopped first would be recorded as down at each shutdown.
    this.#parts.opened('scrapes', () => this.#scrape.stop())
    this.#scrape.apply(this.#jobs())
    if (configFile === undefined) this.#startDiscovery(urls)
    this.#parts.opened('rules', () => this.#rules.stop())
    this.#rules.start()
    this.#parts.opened('Grafana-managed rules', () => this.#grafanaManager.stop())
    this.#grafanaManager.start()
    this.#watchServices()
    this.#watch?.start()
    this.#parts.opened('watch of the configuration', () => this.#watch?.stop())
    this.#ready = true
    // Where there is nothing to read yet, threads start with the first query: idle, they would take 7 MB each.
    const asked = this.#head.stats().numSeries > 0 || this.#head.blocks().length > 0
    this.#pool.warmUp(Date.now(), asked ? options.queryThreads + 1 : 0)
    for (const warning of this.#config.warnings) log.warn({ file: configFile }, warning)
    for (const warning of this.#alerting?.warnings ?? []) log.warn({ file: alertingFile }, warning)
    this.#tellUnreached()
    log.info({ urls: urls.join(' '), data: options.dataDirectory, series: this.#head.stats().numSeries }, 'Haechi is ready')
    return { urls, configFile, alertingFile, envFile: this.#envFile, demo: this.#demo, warnings: this.#config.warnings, openReport: this.#head.report }
  }

  /** Reads the configuration again. What is wrong with it is thrown, and everything goes on as before. */
  async reload(): Promise<void> {
    await this.#watch?.note()
    await this.#reload()
  }

  /** Changes with the files of the configuration. */
  #digest(): Promise<string> {
    const options = this.#options
    const path = (given: string | undefined, usual: string): string | undefined => {
      const file = this.#fileOrDefault(given, usual)
      return file === undefined ? undefined : resolve(this.#around.cwd, file)
    }
    return configDigest({ config: path(options.configFile, 'prometheus.yml'), alertmanager: path(options.alertmanagerConfigFile, 'alertmanager.yml'), provisioning: path(options.provisioning, 'provisioning'), env: path(options.envFile, '.env') })
  }

  async #reload(): Promise<void> {
    const { log } = this.#around
    try {
      const secrets = await this.#readSecrets()
      const alerting = this.#alerting === undefined ? undefined : await loadAlertmanagerConfig(this.#alerting.file)
      if (this.#config.file !== undefined) {
        const next = await loadConfig(this.#config.file, { nativeHistograms: this.#nativeHistograms })
        const before = this.#config
        this.#config = next
        try {
          this.#applyRules()
        } catch (err) {
          this.#config = before
          throw err
        }
        this.#head.setOutOfOrderWindow(next.outOfOrderWindowMs)
        this.#scrape.apply(this.#jobs())
        this.#alertmanagerDiscovery.apply(next)
        for (const warning of next.warnings) log.warn({ file: next.file }, warning)
      }
      this.#alerting = alerting
      for (const warning of alerting?.warnings ?? []) log.warn({ file: alerting!.file }, warning)
      this.#contactPoints.setSmtp(smtpServer(secrets, this.#around.env))
      await this.#contactPoints.load(this.#discordWebhook(secrets))
      this.#contactPoints.setFile(this.#alerting)
      await this.#loadProvisioning(secrets)
      await this.#grafanaRules.load(this.#provisioning?.rules ?? { groups: [], deleteRules: [] })
      this.#applyContactPoints()
      await this.#heartbeat.load(secrets)
      this.#tellUnreached()
      this.#configError = undefined
      this.#lastReload = { success: true, tMs: Date.now() }
      log.info({ file: this.#config.file ?? 'none' }, 'Configuration reloaded')
    } catch (err) {
      this.#configError = (err as Error).message
      this.#lastReload = { ...this.#lastReload, success: false }
      log.error({ reason: (err as Error).message }, 'The configuration could not be reloaded; the one before stays in use')
      throw err
    }
  }

  /** Stops everything in the reverse order of its start, calling off a start under way. Never throws; safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#ready = false
    this.#calledOff.abort(new StoppedError())
    // What the start has not opened yet could not be closed here.
    await this.#starting?.catch(() => undefined)
    await this.#parts.close()
  }

  #fileOrDefault(given: string | undefined, usual: string): string | undefined {
    if (given !== undefined) return given
    return existsSync(join(this.#around.cwd, usual)) ? usual : undefined
  }

  async #readSecrets(): Promise<EnvFile> {
    const path = this.#fileOrDefault(this.#options.envFile, '.env')
    if (path === undefined) return new Map()
    const found = await readEnvFile(resolve(this.#around.cwd, path))
    if (found === undefined) throw new Error(`cannot read ${path}: no such file`)
    this.#envFile = path
    return found
  }

  /** Grafana's files, where there are some. */
  async #loadProvisioning(secrets: EnvFile): Promise<void> {
    const { log, cwd, env } = this.#around
    const folder = this.#fileOrDefault(this.#options.provisioning, 'provisioning')
    if (folder === undefined) {
      await this.#fileSources.load(undefined, () => undefined)
      return this.#grafana.load(NO_GRAFANA_ALERTING)
    }
    const place = relative('', resolve(cwd, folder))
    if (!existsSync(resolve(cwd, folder))) throw new StartError(`the folder of --provisioning is missing: ${place}`)
    const variable = (name: string): string | undefined => env[name] ?? secrets.get(name)?.reveal()
    const given = await loadProvisioning(place, variable, this.#contactPoints.context('file'))
    const providers = await loadBoardProviders(place, variable)
    await this.#fileSources.load(place, variable)
    this.#fileBoards.load(providers)
    // Now, so that wrong files are told at the start and the folders are there before anybody asks.
    await this.#fileBoards.boards()
    this.#providerFiles = [...new Set(providers.map(p => p.file))]
    await this.#grafana.load(given.alerting)
    this.#provisioning = given
    for (const warning of given.warnings) log.warn({ folder }, warning)
  }

  /** From the file, else from the environment, unless a file was named: what is deleted there must be gone. */
  #discordWebhook(secrets: EnvFile): Secret | undefined {
    const ofEnvironment = this.#options.envFile === undefined ? this.#around.env['DISCORD_WEBHOOK'] : undefined
    return secrets.get('DISCORD_WEBHOOK') ?? (ofEnvironment === undefined || ofEnvironment === '' ? undefined : new Secret(ofEnvironment))
  }

  #jobs(): ReturnType<typeof scrapeJobs> {
    return scrapeJobs(this.#config, { found: this.#found, demo: this.#demo, selfAddress: this.#selfAddress })
  }

  #applyRules(): void {
    this.#rules.load([...this.#config.ruleGroups, ...this.#editable.groups()])
  }

  #applyContactPoints(): void {
    this.#contactPoints.setFile(this.#alerting)
    this.#pipeline.configure(this.#contactPoints.alerting())
  }

  #tellUnreached(): void {
    const names = this.#contactPoints.unreached()
    if (names.length > 0) this.#around.log.warn({ file: this.#alerting!.file, contactPoints: names.join(', ') }, 'No receiver of this file stands for these contact points, so nothing reaches them; name a receiver like them')
  }

  async #notify(given: readonly RuleAlert[]): Promise<void> {
    // Where the clock went back, an alert would begin after its end and be refused.
    const alerts = given.map(a => (a.startsAtMs > a.tMs ? { ...a, startsAtMs: a.tMs } : a))
    this.#alertmanagers.send(alerts)
    // As another Alertmanager would get them, so that routes and silences mean the same in both.
    await this.#pipeline.put(outgoingAlerts(alerts, this.#config.externalLabels, labels => relabel(labels, this.#config.alertRelabelConfigs)))
  }

  /** Other Alertmanagers are not told Grafana's private names. */
  async #notifyGrafana(alerts: readonly RuleAlert[]): Promise<void> {
    this.#alertmanagers.send(alerts.map(a => ({ ...a, labels: shownLabels(a.labels), annotations: shownLabels(a.annotations) })))
    await this.#pipeline.put(alerts)
  }

  /** Rules of both kinds, for who shows them. */
  #allRules(): Pick<RuleManager, 'groups' | 'alerts'> {
    return { groups: () => [...this.#rules.groups(), ...this.#grafanaManager.groups()], alerts: () => [...this.#rules.alerts(), ...this.#grafanaManager.alerts()] }
  }

  #createAlertmanagerSender(): AlertmanagerSender {
    return createAlertmanagerSender({
      post: this.#post, log: this.#around.log.child({ component: 'notifier' }), externalLabels: () => this.#config.externalLabels, userAgent: `Haechi/${this.#options.version}`,
      ...(this.#options.alertmanagerQueue === undefined ? {} : { queueCapacity: this.#options.alertmanagerQueue.capacity, batchSize: this.#options.alertmanagerQueue.batchSize }),
      relabel: labels => relabel(labels, this.#config.alertRelabelConfigs),
      targets: () => this.#alertmanagerDiscovery.targets().map(({ relabelConfigs, ...a }) => (relabelConfigs === undefined ? a : { ...a, relabel: (labels: Labels) => relabel(labels, relabelConfigs) })),
    })
  }

  #startDiscovery(urls: readonly string[]): void {
    const log = this.#around.log.child({ component: 'discovery' })
    const discovery = new LocalDiscovery({
      log, userAgent: `Haechi/${this.#options.version}`,
      exclude: [...urls.map(u => Number(new URL(u).port)), ...this.#demo.map(d => Number(d.address.split(':').at(-1)))],
      onChange: targets => {
        const known = new Set(this.#found.map(t => t.address))
        for (const t of targets) if (!known.has(t.address)) log.info({ address: t.address, job: t.jobName }, 'Found a service')
        this.#found = targets
        this.#scrape.apply(this.#jobs())
      },
    })
    discovery.start()
    this.#parts.opened('discovery', () => discovery.stop())
  }

  /** Keeps the built-in rules in step with the services that exist. */
  #watchServices(): void {
    const stop = watchServices(() => this.#finder.find(this.#scrape.activeTargets()), kinds => {
      if (this.#editable.setKinds(kinds)) this.#applyRules()
    }, this.#around.log)
    this.#parts.opened('service watch', stop)
  }

  #serverOptions(webConfig: ReturnType<typeof readWebConfig> | undefined, externalUrl: string): ServerOptions {
    const options = this.#options
    const webRoot = fileURLToPath(new URL('./web', import.meta.url))
    return {
      version: options.version, listen: options.listen, externalUrl, externalLabels: labelsToObject(this.#config.externalLabels), corsOrigin: options.corsOrigin, lifecycle: options.lifecycle, adminApi: options.adminApi === true, remoteWriteReceiver: options.remoteWriteReceiver,
      queryTimeoutMs: options.queryTimeoutMs, lookbackMs: options.lookbackMs,
      ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }), ...(options.readTimeoutMs === undefined ? {} : { readTimeoutMs: options.readTimeoutMs }),
      ...(options.routePrefix === undefined ? {} : { routePrefix: options.routePrefix }),
      ...(webConfig === undefined ? {} : { webConfig }),
      ...(existsSync(webRoot) ? { webRoot } : {}),
    }
  }

  #createServer(serverOptions: ServerOptions): HaechiServer {
    const options = this.#options
    const nowMs = (): number => Date.now()
    return createServer(
      {
        log: this.#around.log.child({ component: 'web' }),
        engine: this.#pool,
        scrape: this.#scrape,
        rules: this.#allRules(),
        status: {
          configYaml: () => this.#config.shownYaml,
          flags: () => options.flags,
          startedMs: this.#startedMs,
          lastReload: () => this.#lastReload,
          retention: retentionText(options),
          tsdb: limit => tsdbStatus(this.#head, limit),
          walReplay: () => this.#replay,
          ready: () => this.#ready,
          notifications: () => (this.#configError === undefined ? [] : [{ text: `Configuration reload failed: ${this.#configError}`, tMs: this.#lastReload.tMs, active: true }]),
          alertmanagers: () => ({ active: this.#alertmanagerDiscovery.targets().map(a => `${a.url}/api/v2/alerts`), dropped: this.#alertmanagerDiscovery.dropped() }),
          metrics: () => ownMetrics({ head: this.#head, pool: this.#pool, scrape: this.#scrape, rules: this.#rules, reload: this.#lastReload, pipeline: this.#pipeline, notifier: this.#alertmanagers, alertmanagers: this.#alertmanagerDiscovery.targets().length, version: this.#options.version, alertmanagerHash: this.#alerting?.hash ?? 0 }),
        },
        haechi: haechiApi({
          finder: this.#finder, scrape: this.#scrape, rules: this.#allRules(), pipeline: this.#pipeline, editable: this.#editable, contactPoints: this.#contactPoints, heartbeat: this.#heartbeat, nowMs,
          diagnoses: this.#diagnoses(nowMs),
          status: () => this.#status(),
          cardinality: cardinalitySource(this.#head, resolve(this.#around.cwd, this.#options.dataDirectory), nowMs),
          applyRules: () => this.#applyRules(),
          applyContactPoints: () => this.#applyContactPoints(),
          boardOf,
          disks: new DiskForecast(this.#pool, nowMs),
        }),
        queryable: this.#head,
        grafanaAlerting: this.#grafana,
        grafanaRules: this.#grafanaRules,
        alertmanager: alertmanagerSource(this.#pipeline, () => this.#alerting),
        lifecycle: { reload: () => this.reload(), quit: () => this.#around.onQuit() },
        admin: this.#head,
        receive: remoteWriteReceiver(this.#head, this.#typeAndUnitLabels),
        state: this.#state,
        boards: async () => [...builtinBoardsOf(await this.#finder.find(this.#scrape.activeTargets())), ...await this.#fileBoards.boards()],
      },
      serverOptions,
    )
  }

  #diagnoses(nowMs: () => number): Diagnoses {
    return new Diagnoses({
      engine: this.#pool, rules: this.#rules, grafanaRules: () => this.#grafanaRules.rules().map(k => k.rule), targets: () => this.#scrape.activeTargets(), nowMs,
      boards: () => peoplesBoards(this.#state, this.#fileBoards),
      onError: err => this.#around.log.warn({ err }, 'Rules and boards could not be judged'),
    })
  }

  #status(): Omit<StatusView, 'auth'> {
    return statusView({
      options: this.#options, cwd: this.#around.cwd, startedMs: this.#startedMs, config: this.#config, alerting: this.#alerting, provisioning: [...this.#provisioning?.files ?? [], ...this.#providerFiles, ...this.#fileSources.files],
      envFile: this.#envFile, configError: this.#configError ?? this.#fileSources.error, targets: this.#scrape.activeTargets(), heartbeat: this.#heartbeat.view(), head: this.#head,
    })
  }
}
