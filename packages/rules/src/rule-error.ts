/** A rule that can't be used. The message is Prometheus' own: place, group, rule number (from 1) and name. */
export class RuleError extends Error {
  /** Each problem, the first is the message. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'RuleError'
    this.problems = problems
  }
}
