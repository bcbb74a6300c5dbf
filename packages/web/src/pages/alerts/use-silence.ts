import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { UseMutationResult } from '@tanstack/react-query'
import type { NewSilence, SilenceView } from '@haechi/server'
import { overviewQuery } from '../../api/queries.ts'
import { endSilence, notifiedAlertsQuery, postSilence, silencesQuery } from '../../api/alerting.ts'

/** Makes, changes and ends silences; what the page shows of them is asked again. */
export function useSilence(): { readonly make: UseMutationResult<SilenceView, Error, NewSilence>; readonly end: UseMutationResult<unknown, Error, string> } {
  const client = useQueryClient()
  const again = async (): Promise<void> => {
    await Promise.all([client.invalidateQueries({ queryKey: silencesQuery.queryKey }), client.invalidateQueries({ queryKey: notifiedAlertsQuery.queryKey }), client.invalidateQueries({ queryKey: overviewQuery.queryKey })])
  }
  return { make: useMutation({ mutationFn: postSilence, onSuccess: again }), end: useMutation({ mutationFn: endSilence, onSuccess: again }) }
}
