/** Words after a page's path that mean one of its tabs; `''` is the first tab. `/alerting` has Grafana's words. */
export const TAB_PATHS: readonly { readonly path: string; readonly page: string; readonly tabs: Readonly<Record<string, string>> }[] = [
  { path: '/alerts', page: '/alerts', tabs: { now: '', rules: 'rules', silences: 'silences', policies: 'policies', channels: 'channels', deliveries: 'deliveries' } },
  { path: '/alerting', page: '/alerts', tabs: { groups: '', list: 'rules', silences: 'silences', routes: 'policies', notifications: 'channels' } },
  { path: '/status', page: '/status', tabs: { overview: '', config: 'config', flags: 'flags' } },
  { path: '/explore', page: '/explore', tabs: { graph: '', table: 'table', explain: 'explain' } },
]

/** The tab that a word means, `undefined` for the first one; null: the page has no such tab. */
export function tabOf(tabs: Readonly<Record<string, string>>, word: string): string | undefined | null {
  if (!Object.hasOwn(tabs, word)) return null
  return tabs[word] === '' ? undefined : tabs[word]
}
