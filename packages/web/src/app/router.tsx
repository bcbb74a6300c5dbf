import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'
import { basePath } from '../api/client.ts'
import { boardQuery } from '../api/queries.ts'
import { OverviewPage } from '../pages/overview/OverviewPage.tsx'
import { decodeSearch, encodeSearch, patchSearch } from '../state/search.ts'
import type { PageSearch } from '../state/search.ts'
import { BrokenPage, MissingPage } from './FailurePages.tsx'
import { Shell } from './Shell.tsx'
import { TAB_PATHS, tabOf } from './tab-paths.ts'

/** All pages. The last ones are addresses that Prometheus and Grafana use in their links, and lead to ours. */
export function newRouter(client: QueryClient): AnyRouter {
  const root = createRootRoute({ component: Shell, errorComponent: BrokenPage, notFoundComponent: MissingPage, validateSearch: (s: Record<string, unknown>) => s as PageSearch })
  const at = (path: string, component: ReturnType<typeof lazyRouteComponent>) => createRoute({ getParentRoute: () => root, path, component, errorComponent: BrokenPage })
  const to = (path: string, target: (params: Record<string, string>) => string) => createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: ({ params, search }) => {
      throw redirect({ to: target(params as Record<string, string>), search: search as never, replace: true })
    },
  })
  const toTab = ({ path, page, tabs }: (typeof TAB_PATHS)[number]) => createRoute({
    getParentRoute: () => root,
    path: `${path}/$tab`,
    component: MissingPage,
    beforeLoad: ({ params, search }) => {
      const tab = tabOf(tabs, (params as Record<string, string>)['tab'] ?? '')
      if (tab !== null) throw redirect({ to: page, search: patchSearch(search as PageSearch, { tab }) as never, replace: true })
    },
  })
  return createRouter({
    routeTree: root.addChildren([
      createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage, errorComponent: BrokenPage }),
      at('/services', lazyRouteComponent(() => import('../pages/services/ServicesPage.tsx'), 'ServicesPage')),
      at('/services/$job', lazyRouteComponent(() => import('../pages/services/ServicePage.tsx'), 'ServicePage')),
      at('/boards', lazyRouteComponent(() => import('../pages/boards/BoardsPage.tsx'), 'BoardsPage')),
      at('/boards/new', lazyRouteComponent(() => import('../pages/boards/NewBoardPage.tsx'), 'NewBoardPage')),
      at('/boards/import', lazyRouteComponent(() => import('../pages/boards/import/ImportPage.tsx'), 'ImportPage')),
      createRoute({
        getParentRoute: () => root, path: '/boards/$uid', component: lazyRouteComponent(() => import('../pages/boards/BoardPage.tsx'), 'BoardPage'), errorComponent: BrokenPage,
        // The board is asked for while the code that draws it is on its way. The page itself waits for it and says what is wrong with it.
        loader: ({ params, cause }) => {
          if (cause === 'enter') void client.prefetchQuery(boardQuery((params as { readonly uid: string }).uid, document.documentElement.lang))
        },
      }),
      at('/explore', lazyRouteComponent(() => import('../pages/explore/ExplorePage.tsx'), 'ExplorePage')),
      at('/alerts', lazyRouteComponent(() => import('../pages/alerts/AlertsPage.tsx'), 'AlertsPage')),
      at('/data', lazyRouteComponent(() => import('../pages/data/DataPage.tsx'), 'DataPage')),
      at('/status', lazyRouteComponent(() => import('../pages/status/StatusPage.tsx'), 'StatusPage')),
      at('/settings', lazyRouteComponent(() => import('../pages/settings/SettingsPage.tsx'), 'SettingsPage')),
      at('/targets', lazyRouteComponent(() => import('../pages/targets/TargetsPage.tsx'), 'TargetsPage')),
      at('/login', lazyRouteComponent(() => import('../pages/login/LoginPage.tsx'), 'LoginPage')),
      ...TAB_PATHS.map(toTab),
      to('/alerting', () => '/alerts'),
      to('/graph', () => '/explore'),
      to('/query', () => '/explore'),
      to('/d/$uid', p => `/boards/${p['uid']}`),
      to('/d/$uid/$slug', p => `/boards/${p['uid']}`),
      to('/dashboards', () => '/boards'),
      to('/alerting/silence/new', () => '/alerts'),
      to('/dashboard/import', () => '/boards/import'),
      to('/dashboard/new', () => '/boards/new'),
    ]),
    basepath: basePath() === '' ? '/' : basePath(),
    parseSearch: text => decodeSearch(text) as Record<string, unknown>,
    stringifySearch: search => encodeSearch(search as PageSearch),
    scrollRestoration: true,
    defaultPendingMinMs: 0,
  }) as unknown as AnyRouter
}
