/**
 * Time per sample of the steady state: a body of 10,000 series of which about a quarter changed its value, read and handed to an appender.
 * `npx rolldown packages/scrape/bench/parse-append.ts --platform node -o OUT.mjs` (with `--resolve.condition-names haechi:source`), then `node OUT.mjs`.
 */
import type { Labels } from '@haechi/model'
import { BodyReader, SampleParser, MetadataTable } from '@haechi/exposition'
import type { SeriesResolver } from '@haechi/exposition'

const SERIES = 10_000
let seed = 12345
const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32

/** Histograms, counters and gauges as a Python service writes them. */
function makeBodies(count: number): Uint8Array[] {
  const heads: string[] = []
  const before: string[] = []
  for (let f = 0; heads.length < SERIES; f++) {
    const name = `http_request_duration_seconds_${f}`
    for (let h = 0; h < 10 && heads.length < SERIES; h++) {
      for (let b = 0; b < 12 && heads.length < SERIES; b++) {
        before[heads.length] = h === 0 && b === 0 ? `# HELP ${name} Latency of requests in seconds.\n# TYPE ${name} histogram\n` : ''
        heads.push(`${name}_bucket{handler="/api/v1/things/{id}/${h}",le="${(0.005 * 2 ** b).toFixed(3)}",method="GET",status="2xx"} `)
      }
    }
  }
  const values = heads.map((_, i) => (i % 7 === 0 ? random() * 100 : Math.floor(random() * 1e6)))
  const bodies: Uint8Array[] = []
  for (let k = 0; k < count; k++) {
    let text = ''
    for (let i = 0; i < heads.length; i++) {
      if (random() < 0.24) values[i] = i % 7 === 0 ? values[i]! + random() : values[i]! + Math.ceil(random() * 20)
      const v = values[i]!
      text += `${before[i]!}${heads[i]!}${i % 7 === 0 ? String(v) : `${v}.0`}\n`
    }
    bodies.push(Buffer.from(text))
  }
  return bodies
}

class Counting implements SeriesResolver {
  n = 0
  bytes = 0
  resolve(labels: Labels): number {
    this.bytes += labels.length
    return ++this.n
  }
}

function bench(name: string, perRun: number, run: () => void, runs = 60): void {
  for (let i = 0; i < 10; i++) run()
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const t = process.hrtime.bigint()
    run()
    times.push(Number(process.hrtime.bigint() - t) / perRun)
  }
  times.sort((a, b) => a - b)
  process.stdout.write(`${name.padEnd(62)} min ${times[0]!.toFixed(1).padStart(7)}  median ${times[times.length >> 1]!.toFixed(1).padStart(7)} ns per sample\n`)
}

const bodies = makeBodies(24)
const out = new Float64Array(SERIES)
/** Stands for the storage: reads both columns once. */
function appendColumn(refs: Float64Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) if (refs[i] !== 0) out[i] = values[i]!
}
{
  const reader = new BodyReader({ openMetrics: false, honorTimestamps: true, trackTimestamps: false })
  const refs = new Counting()
  let at = 0
  bench('24 % of values changed, read + append', SERIES, () => {
    const body = bodies[at++ % bodies.length]!
    reader.read(body, body.length, refs)
    appendColumn(reader.columns.refs, reader.columns.values, reader.columns.count)
  }, 200)
  if (refs.n !== SERIES) throw new Error(`asked for ${refs.n} series`)
  bench('nothing changed', SERIES, () => {
    reader.read(bodies[0]!, bodies[0]!.length, refs)
  })
  process.stdout.write(`${(bodies[0]!.length / SERIES).toFixed(0)} bytes per line, ${(reader.sizeBytes / SERIES).toFixed(0)} bytes held per series (previous body included)\n`)
}
{
  const reader = new BodyReader({ openMetrics: false, honorTimestamps: true, trackTimestamps: false })
  const refs = new Counting()
  const lines = Buffer.from(bodies[0]!).toString().split('\n')
  const moved = Buffer.from([...lines.slice(5000, -1), ...lines.slice(0, 5000)].join('\n') + '\n')
  const list = [bodies[0]!, moved]
  let at = 0
  bench('every line moved', SERIES, () => {
    const body = list[at++ % 2]!
    reader.read(body, body.length, refs)
  })
  const one = Buffer.from([...lines.slice(0, 3000), 'new_series{a="b"} 1', ...lines.slice(3000)].join('\n'))
  const list2 = [bodies[0]!, one]
  bench('one line inserted, then gone', SERIES, () => {
    const body = list2[at++ % 2]!
    reader.read(body, body.length, refs)
  })
}
{
  const refs = new Counting()
  bench('first body of a target', SERIES, () => {
    const reader = new BodyReader({ openMetrics: false, honorTimestamps: true, trackTimestamps: false })
    reader.read(bodies[0]!, bodies[0]!.length, refs)
  }, 20)
  const parser = new SampleParser(false)
  bench('plain parsing without labels', SERIES, () => {
    parser.open(bodies[0]!, bodies[0]!.length, new MetadataTable())
    while (parser.next());
  }, 20)
}
