import { hostname } from 'node:os'
import type { HaechiConfig } from '@haechi/config'
import { ownScrapeConfig } from '@haechi/scrape'
import type { ScrapeConfig } from '@haechi/scrape'
import type { DemoService } from './demo/supervisor.ts'

/** A service that was found by looking at this machine. */
export interface FoundService {
  /** `127.0.0.1:8000` */
  readonly address: string
  readonly metricsPath: string
  /** What to call it. */
  readonly job: string
}

/** The name under which this machine is scraped. */
export const HOST_ADDRESS: string = hostname()

/** What is scraped besides the configuration. */
export interface OwnTargets {
  readonly found: readonly FoundService[]
  readonly demo: readonly DemoService[]
  /** `host:port` of this server's own metrics page, if it can be read. */
  readonly selfAddress: string | undefined
}

/** So many scrapes, so far apart, come first, so that rates exist at once. */
const QUICK = { quickScrapes: 4, quickIntervalMs: 1_000 }

/**
 * The jobs to scrape. With a configuration file exactly those that it names; without one this machine, this server and the services that were found.
 * The demo services are added to either, because somebody asked for them by name.
 */
export function scrapeJobs(config: HaechiConfig, { found, demo, selfAddress }: OwnTargets): ScrapeConfig[] {
  const jobs = [...config.scrapeConfigs]
  const scrapeIntervalMs = config.scrapeIntervalMs
  const taken = new Set(jobs.map(j => j.jobName))
  for (const service of demo) {
    taken.add(service.name)
    jobs.push(ownScrapeConfig({
      jobName: service.name, scrapeIntervalMs, targets: [{ address: service.address, labels: { demo: 'true' } }], extras: { zeroBirth: true, ...QUICK },
    }))
  }
  if (config.file !== undefined) return jobs
  jobs.push(ownScrapeConfig({ jobName: 'host', scrapeIntervalMs, targets: [{ address: HOST_ADDRESS }], extras: QUICK }))
  if (selfAddress !== undefined) jobs.push(ownScrapeConfig({ jobName: 'haechi', scrapeIntervalMs: Math.max(scrapeIntervalMs, 15_000), targets: [{ address: selfAddress }] }))
  taken.add('host').add('haechi')
  const demoAddresses = new Set(demo.map(d => d.address))
  const byJob = new Map<string, FoundService[]>()
  for (const service of found) {
    if (demoAddresses.has(service.address)) continue
    const list = byJob.get(service.job)
    if (list === undefined) byJob.set(service.job, [service])
    else list.push(service)
  }
  for (const [job, services] of byJob) {
    const jobName = taken.has(job) ? `${job}-${services[0]!.address.split(':').at(-1)}` : job
    jobs.push(ownScrapeConfig({
      jobName, scrapeIntervalMs, targets: services.map(s => ({ address: s.address, metricsPath: s.metricsPath })), extras: { discovered: true, zeroBirth: true, ...QUICK },
    }))
  }
  return jobs
}
