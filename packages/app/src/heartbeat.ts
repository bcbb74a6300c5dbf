import { MIN_HEARTBEAT_MS, createHeartbeat } from '@haechi/alerting'
import type { Heartbeat, HeartbeatOptions, HeartbeatSettings } from '@haechi/alerting'
import type { EnvFile } from '@haechi/config'
import { parseDuration } from '@haechi/model'
import { ApiError } from '@haechi/server'
import type { HeartbeatEdit, HeartbeatView, StateStore } from '@haechi/server'

const SETTING = 'heartbeat'
const DEFAULT_INTERVAL_MS = 60_000

/** The heartbeat by whoever configured it: a flag before the `.env` file before our page. */
export class HeartbeatControl {
  readonly #state: StateStore
  readonly #heartbeat: Heartbeat
  readonly #flag: HeartbeatSettings | undefined
  #origin: HeartbeatView['origin'] = 'ui'

  constructor(state: StateStore, options: HeartbeatOptions, flag: HeartbeatSettings | undefined) {
    this.#state = state
    this.#heartbeat = createHeartbeat(options)
    this.#flag = flag
  }

  /** Begins, or goes on with what holds now. @throws Error for variables that can't be used */
  async load(secrets: EnvFile): Promise<void> {
    const ofEnv = envSettings(secrets)
    this.#origin = this.#flag !== undefined ? 'flag' : ofEnv !== undefined ? 'env' : 'ui'
    this.#heartbeat.configure(this.#flag ?? ofEnv ?? ((await this.#state.settings.get(SETTING)) as HeartbeatSettings | null | undefined) ?? undefined)
  }

  /** The address is masked. */
  view(): HeartbeatView | undefined {
    const s = this.#heartbeat.status()
    if (s === undefined) return undefined
    return {
      url: `${new URL(s.settings.url).origin}/…`, method: s.settings.method, intervalMs: s.settings.intervalMs, origin: this.#origin, lastTryMs: s.lastTryMs ?? null, lastOkMs: s.lastOkMs ?? null, failures: s.failures,
      ...(s.lastStatus === undefined ? {} : { lastStatus: s.lastStatus }),
      ...(s.error === undefined ? {} : { error: s.error }),
    }
  }

  /** @throws ApiError where a flag or the file decides */
  async set(edit: HeartbeatEdit): Promise<HeartbeatView> {
    this.#refuseFixed()
    const settings: HeartbeatSettings = { url: edit.url, method: edit.method ?? 'POST', intervalMs: edit.intervalMs ?? DEFAULT_INTERVAL_MS }
    await this.#state.settings.set(SETTING, settings)
    this.#heartbeat.configure(settings)
    return this.view()!
  }

  /** @returns false when there is none @throws ApiError where a flag or the file decides */
  async remove(): Promise<boolean> {
    this.#refuseFixed()
    if (this.#heartbeat.status() === undefined) return false
    await this.#state.settings.set(SETTING, null)
    this.#heartbeat.configure(undefined)
    return true
  }

  async beat(): Promise<HeartbeatView | undefined> {
    await this.#heartbeat.beat()
    return this.view()
  }

  stop(): void {
    this.#heartbeat.stop()
  }

  #refuseFixed(): void {
    if (this.#origin === 'flag') throw new ApiError('read_only', 'the heartbeat is set by --heartbeat.url')
    if (this.#origin === 'env') throw new ApiError('read_only', 'the heartbeat is set by HEARTBEAT_URL in the .env file')
  }
}

function envSettings(secrets: EnvFile): HeartbeatSettings | undefined {
  const url = secrets.get('HEARTBEAT_URL')?.reveal()
  if (url === undefined) return undefined
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Error('HEARTBEAT_URL in the .env file is no web address; write http://… or https://…')
  const method = (secrets.get('HEARTBEAT_METHOD')?.reveal() ?? 'POST').toUpperCase()
  if (method !== 'GET' && method !== 'POST') throw new Error('HEARTBEAT_METHOD in the .env file must be GET or POST')
  const interval = secrets.get('HEARTBEAT_INTERVAL')?.reveal()
  try {
    return { url, method, intervalMs: Math.max(MIN_HEARTBEAT_MS, interval === undefined ? DEFAULT_INTERVAL_MS : parseDuration(interval)) }
  } catch (err) {
    throw new Error(`HEARTBEAT_INTERVAL in the .env file: ${(err as Error).message}; write e.g. 1m`, { cause: err })
  }
}
