import { hostname } from 'node:os'
import type { HaechiConfig } from '@haechi/config'
import { ownScrapeConfig } from '@haechi/scrape'
import type { LocalTarget, ScrapeConfig } from '@haechi/scrape'
import type { DemoService } from './demo/supervisor.ts'

/** The name under which this machine is scraped. */
export const HOST_ADDRESS: string = hostname()

/** What is scraped besides the configuration. */
export interface OwnTargets {
  readonly found: readonly LocalTarget[]
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
  for (const { address, metricsPath, jobName } of found) {
    const name = taken.has(jobName) ? `${jobName}-${address.split(':').at(-1)}` : jobName
    taken.add(name)
    jobs.push(ownScrapeConfig({
      jobName: name, scrapeIntervalMs, targets: [{ address, metricsPath }],
      extras: { discovered: true, zeroBirth: true, ...QUICK },
    }))
  }
  return jobs
}
