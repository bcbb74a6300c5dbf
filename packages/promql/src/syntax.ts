// The language alone, for places without Node.js: the web UI reads, checks and prints expressions with it.

export type {
  AggregateExpr, AggregateOp, AtModifier, BinaryExpr, BinaryOp, CallExpr, DurationExpr, DurationOp, DurationOperand, Expr, FillValues, MatrixSelector, NumberLiteral, ParenExpr, RangeExtension, Span,
  StringLiteral, SubqueryExpr, UnaryExpr, ValueType, VectorMatching, VectorSelector,
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
