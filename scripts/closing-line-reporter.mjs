// Prints what was skipped and why, and the closing line that continuous integration reads.

/** A vitest reporter. */
export default class ClosingLine {
  onTestRunEnd(modules, unhandled) {
    let passed = 0, failed = 0, skipped = 0
    const reasons = new Map()
    /** Tests that failed first: worth a look although they passed. */
    const repeated = []
    for (const module of modules) {
      if (module.errors().length > 0) failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state, note } = test.result()
        if (state === 'passed') {
          passed++
          const again = test.diagnostic()?.retryCount ?? 0
          if (again > 0) repeated.push(`${module.relativeModuleId}: ${test.name}`)
        }
        else if (state === 'failed') failed++
        else {
          skipped++
          const why = `${module.relativeModuleId}: ${note ?? test.parent?.name ?? 'skipped'}`
          reasons.set(why, (reasons.get(why) ?? 0) + 1)
        }
      }
    }
    const checks = Number(process.env.HAECHI_CHECKS ?? 0)
    const failedChecks = (process.env.HAECHI_FAILED_CHECKS ?? '').split(', ').filter(Boolean)
    failed += unhandled.length + failedChecks.length
    passed += checks - failedChecks.length
    for (const [why, count] of reasons) console.log(`not run: ${why} (${count})`)
    for (const name of repeated) console.log(`passed only when repeated: ${name}`)
    for (const name of failedChecks) console.log(`check failed: ${name}`)
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}
