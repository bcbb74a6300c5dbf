/** The tests of one file. */
export interface TestSuite {
  readonly name: string
  readonly cases: readonly { readonly name: string; readonly failures: readonly string[] }[]
  /** What kept the file from being tested at all. */
  readonly errors: readonly string[]
}

/** Test results as JUnit XML, laid out as promtool does. @param timestamp  e.g. `2026-01-01T00:00:00` */
export function junitXml(suites: readonly TestSuite[], timestamp: string): string {
  const inner = suites.map(s => {
    const failures = s.cases.reduce((n, c) => n + c.failures.length, 0)
    const errors = s.errors.map(e => `<testcase name="unknown"><error>${escaped(e)}</error></testcase>`)
    const cases = s.cases.map(c => `<testcase name="${escaped(c.name)}">${c.failures.map(f => `<failure>${escaped(f)}</failure>`).join('')}</testcase>`)
    return `<testsuite name="${escaped(s.name)}" tests="${s.cases.length + s.errors.length}" failures="${failures}" errors="${s.errors.length}" skipped="0" timestamp="${timestamp}">${[...cases, ...errors].join('')}</testsuite>`
  })
  return `<testsuites>${inner.join('')}</testsuites>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;', '\n': '&#xA;', '\r': '&#xD;', '\t': '&#x9;' }

function escaped(text: string): string {
  return text.replace(/[&<>"'\n\r\t]/g, c => ENTITIES[c]!).replace(/[^\x20-\uffff]/g, '\ufffd')
}
