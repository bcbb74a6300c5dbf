import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiFailure } from '../api/failure.ts'
import { shouldRetry } from '../api/queries.ts'
import { connection } from './connection.ts'

/** The cache of everything the server said. Data is asked for again by the refresh tick, not by focus or time. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onSuccess: () => connection.answered(Date.now()),
      onError: error => {
        if (error instanceof ApiFailure && error.kind === 'unreachable') connection.lost()
        else if (error instanceof ApiFailure && error.kind === 'starting') connection.starting()
        else connection.answered(Date.now())
      },
    }),
    defaultOptions: {
      queries: { staleTime: 4_000, gcTime: 300_000, refetchOnWindowFocus: false, refetchOnReconnect: true, networkMode: 'always', retry: shouldRetry, retryDelay: 700 },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}
