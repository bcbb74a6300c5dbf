import { DEFAULT_ROUTE } from '@haechi/alerting'
import type { AlertPipeline } from '@haechi/alerting'
import type { AlertmanagerFile } from '@haechi/config'
import { formatDuration } from '@haechi/model'
import type { AlertmanagerSource } from '@haechi/server'
import { ROUTE } from './direct-routes.ts'

/** Without a file: the one receiver: every contact point gets every group. */
const RECEIVER = 'default'

/** What Alertmanager's API shows of the pipeline: the file, or one route with one receiver that holds every contact point; addresses hidden. */
export function alertmanagerSource(pipeline: AlertPipeline, file: () => AlertmanagerFile | undefined): AlertmanagerSource {
  const route = { ...DEFAULT_ROUTE, ...ROUTE }
  return {
    pipeline,
    configYaml: () => {
      const given = file()
      if (given !== undefined) return given.shownYaml
      const points = pipeline.contactPoints()
      const section = (key: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [`  ${key}:`, ...lines])
      return `${[
        'route:',
        `  receiver: ${RECEIVER}`,
        `  group_by: [${route.groupBy.map(name => JSON.stringify(name)).join(', ')}]`,
        `  group_wait: ${formatDuration(route.groupWaitMs)}`,
        `  group_interval: ${formatDuration(route.groupIntervalMs)}`,
        `  repeat_interval: ${formatDuration(route.repeatIntervalMs)}`,
        'receivers:',
        `- name: ${RECEIVER}`,
        ...section('discord_configs', points.filter(p => p.type === 'discord').map(p => `  - send_resolved: ${p.sendResolved ?? true}\n    webhook_url: <secret>`)),
        ...section('webhook_configs', points.filter(p => p.type === 'webhook').map(p => `  - send_resolved: ${p.sendResolved ?? true}\n    url: <secret>`)),
      ].join('\n')}\n`
    },
  }
}
