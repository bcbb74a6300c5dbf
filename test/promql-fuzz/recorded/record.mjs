// node record.mjs http://127.0.0.1:9090 15m > demo.txt: writes what a server scraped in that time as text: for each instance a line with the times of its scrapes, and for each series its labels and values, one for each
// of these times. `v*n`: n times the same; `_`: nothing; `s`: a staleness marker.
// demo.txt: the metrics of a Haechi with its demo services, scraped every 5 seconds; it was stopped and started again on the way. Ports are replaced by names.

const [base, range] = process.argv.slice(2)
if (base === undefined || range === undefined) {
  console.error('usage: node record.mjs URL RANGE')
  process.exit(2)
}
const answer = await (await fetch(`${base}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: `{job=~".+"}[${range}]` }) })).json()
if (answer.status !== 'success') throw new Error(answer.error)
const series = answer.data.result.filter(s => s.values !== undefined).sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1))
const times = new Map(series.filter(s => s.metric.__name__ === 'up').map(s => [s.metric.instance, s.values.map(([t]) => Math.round(t * 1000))]))
const lines = [...times].map(([instance, list]) => `${instance}\t${list.map((t, i) => (i === 0 ? t : t - list[i - 1])).join(' ')}`)
for (const s of series) {
  const values = new Map(s.values.map(([t, v]) => [Math.round(t * 1000), v]))
  let before = false
  const row = times.get(s.metric.instance).map(t => {
    const v = values.get(t)
    const text = v ?? (before ? 's' : '_')
    before = v !== undefined
    return text
  })
  const runs = []
  for (const text of row) {
    const last = runs.at(-1)
    if (last?.[0] === text) last[1]++
    else runs.push([text, 1])
  }
  const { __name__: name, ...labels } = s.metric
  lines.push(`${name}${JSON.stringify(labels)}\t${runs.map(([text, n]) => (n === 1 ? text : `${text}*${n}`)).join(' ')}`)
}
process.stdout.write(`${lines.join('\n')}\n`)
