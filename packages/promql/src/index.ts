export type {
  AggregateExpr, AggregateOp, AtModifier, BinaryExpr, BinaryOp, CallExpr, Expr, MatrixSelector, NumberLiteral, ParenExpr, Span, StringLiteral, SubqueryExpr, UnaryExpr, ValueType,
  VectorMatching, VectorSelector,
} from './ast.ts'
export { exprToJson } from './ast-json.ts'
export type { Json } from './ast-json.ts'
export { exprType, isComparison, isSetOp, typeName } from './check.ts'
export { FUNCTIONS } from './functions-signatures.ts'
export type { FunctionSignature } from './functions-signatures.ts'
export { PromqlParseError, linePosition } from './parse-error.ts'
export type { ParseIssue } from './parse-error.ts'
export { parseExpr, parseMetricSelector } from './parser.ts'
export type { ParseOptions } from './parser.ts'
export { prettifyExpr } from './prettier.ts'
export { printExpr, printMatcher } from './printer.ts'
export { LocalQueryEngine } from './engine/local-engine.ts'
export { DEFAULT_ENGINE } from './engine/run-query.ts'
export type { EngineOptions } from './engine/run-query.ts'
