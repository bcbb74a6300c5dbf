import { QueryError } from '@haechi/storage'

/** Any failure as a QueryError; one that is not, is our own bug or the storage's: `internal`, in Prometheus' words. */
export function toQueryError(err: unknown): QueryError {
  if (err instanceof QueryError) return err
  return new QueryError('internal', `unexpected error: ${err instanceof Error ? err.message : String(err)}`)
}
