import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'
import { basePath } from '../api/client.ts'
import { boardUid, firstPaths } from '../api/first-paths.ts'
import { boardQuery, boardsQuery, overviewQuery, sessionQuery, statusQuery } from '../api/queries.ts'
import { dataSourcesQuery } from '../api/system.ts'
import { readLocale } from '../i18n/locale.ts'

/** Nobody waits longer than this for a whole first picture: then the page is drawn with what is there. */
const MOST_MS = 100

/**
 * Waits, for a moment, until the first picture can be drawn whole: the code of the page's route and the answers that boot.ts asked for. Drawn piece by piece as they
 * arrive the page would be laid out five times.
 */
export async function firstPicture(client: QueryClient, router: AnyRouter): Promise<void> {
  const locale = readLocale()
  const path = location.pathname.slice(basePath().length + 1)
  if (firstPaths(path, locale).length === 0) return
  const uid = boardUid(path)
  const whole = [client.prefetchQuery(statusQuery), client.prefetchQuery(sessionQuery), router.load()]
  if (uid !== undefined) whole.push(client.prefetchQuery(boardQuery(uid, locale)), client.prefetchQuery(boardsQuery), client.prefetchQuery(dataSourcesQuery))
  // The badge of the rail may come later: telling what is wrong takes the server a moment.
  void client.prefetchQuery(overviewQuery)
  await Promise.race([Promise.allSettled(whole), new Promise(resolve => setTimeout(resolve, MOST_MS))])
}
