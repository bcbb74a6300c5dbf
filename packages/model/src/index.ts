export { DurationError, formatDuration, parseDuration, parseSignedDuration } from './duration.ts'
export { ConfigError, Fields, nearest, parseFields, parseFieldsList } from './fields.ts'
export type { ConfigPlace } from './fields.ts'
export { goFormatFloat, goQuote, goQuoteRune, goUnicode, isLabelName, isWellFormed, utf8Length } from './go-text.ts'
export { CUSTOM_BUCKETS_SCHEMA, RESET_HINT } from './histogram.ts'
export type { Histogram, ResetHint } from './histogram.ts'
export {
  EMPTY_LABELS, METRIC_NAME, compareLabels, compareText, labelValue, labelsDrop, labelsEqual, labelsFromObject, labelsFromPairs, labelsKeep, labelsKey, labelsToObject, labelsWith,
  withoutMetricName,
} from './labels.ts'
export type { Labels } from './labels.ts'
export { demandedMetricName, matchesLabels, matchesValue, newMatcher } from './matcher.ts'
export type { MatchType, Matcher } from './matcher.ts'
export { PatternError, compilePattern } from './pattern.ts'
export type { Pattern } from './pattern.ts'
export { RelabelError, compileRelabel, relabel, relabelConfig } from './relabel.ts'
export type { RelabelAction, RelabelConfig, RelabelRule } from './relabel.ts'
export { Secret } from './secret.ts'
