export { BUILTIN_FILE, BUILTIN_RULE_UIDS, builtinRule, builtinRules, downExpr, errorRateExpr, p95Expr } from './builtin.ts'
export type { BuiltinRuleSettings, BuiltinRulesOptions, BuiltinRuleUid, RuleServiceKind } from './builtin.ts'
export { checkGroups, checkRule } from './check.ts'
export { parseRuleFile } from './config.ts'
export type { RuleFileDefaults } from './config.ts'
export { DEFAULT_RULE_SETTINGS, createRuleManager } from './manager.ts'
export { RuleError } from './rule-error.ts'
export { exprThreshold, exprWithThreshold, exprWithoutThreshold } from './threshold.ts'
export type {
  AlertingRule, AlertingRuleView, AlertView, Clock, RecordingRule, RecordingRuleView, Rule, RuleAlert, RuleGroup, RuleGroupView, RuleHealth, RuleLog, RuleManager, RuleManagerOptions,
  RuleSource, RuleState, RuleView, Threshold,
} from './views.ts'
export { runRuleTest } from './unit-test/run-test.ts'
export type { RuleTestOptions } from './unit-test/run-test.ts'
export { parseRuleTestFile } from './unit-test/test-file.ts'
export type { RuleTest, RuleTestFile } from './unit-test/test-file.ts'
