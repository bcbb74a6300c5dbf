export { APPEND, NO_SERIES } from './appender.ts'
export type { Appendable, Appender, AppendStatus, CommitOptions, CommitResult, Exemplar, SeriesMetadata, SeriesRef } from './appender.ts'
export { MemoryStorage } from './memory-storage.ts'
export { HINT_NUMBERS, HINT_SAME_TIMES, SampleColumns, STALE_HIGH, STALE_LOW } from './querier.ts'
export type { ChangeLog, ExemplarQueryable, ExemplarSeries, Querier, Queryable, RecentView, SeriesSet } from './querier.ts'
export { QueryError } from './query-engine.ts'
export type {
  Answer, BatchAnswer, BatchVector, EmptyReason, ExemplarQuery, ExplainNode, InstantBatch, InstantQuery, JsonAnswer, KnownLabels, MatrixSeries, QueryEngine, QueryErrorKind, QueryExplanation, QueryOptions, QueryPriority, QueryStats, QueryValue, RangeQuery,
  SeriesQuery, StepCount, VectorSample,
} from './query-engine.ts'
