import { useMemo } from 'react'
import { useQuery } from '@tanstack/react-query'
import { targetsQuery, useScrapeInterval } from '../../api/queries.ts'

/** The longest scrape interval among a job's targets, in ms: rate windows must hold several scrapes of each. Asked for once a minute, since it hardly changes. */
export function useScrapeIntervals(): (job: string) => number {
  const { data } = useQuery({ ...targetsQuery, queryKey: ['scrape-intervals'], staleTime: 60_000 })
  const usual = useScrapeInterval()
  return useMemo(() => {
    const byJob = new Map<string, number>()
    for (const target of data ?? []) byJob.set(target.job, Math.max(byJob.get(target.job) ?? 0, target.intervalMs))
    return job => byJob.get(job) ?? usual
  }, [data, usual])
}
