type Json = Readonly<Record<string, unknown>>

/** Days as Grafana writes them; 0 is Sunday. */
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** One element of a mute timing as its form holds it; lists as typed, `''`: always. */
export interface TimeSpecForm {
  /** `22:00-06:00` over midnight is two: `22:00-24:00, 00:00-06:00`. */
  readonly times: string
  readonly weekdays: ReadonlySet<number>
  /** `1:5, -1` */
  readonly days: string
  /** `1:3, december` */
  readonly months: string
  /** `2026:2027` */
  readonly years: string
  /** IANA name; `''`: UTC. */
  readonly zone: string
}

/** An element that holds at all times. */
export function newSpec(zone: string): TimeSpecForm {
  return { times: '', weekdays: new Set(), days: '', months: '', years: '', zone }
}

const texts = (v: unknown): string[] => (Array.isArray(v) ? v.map(String) : [])
const typed = (text: string): string[] => text.split(',').map(x => x.trim()).filter(x => x !== '')

function weekdaysOf(ranges: readonly string[]): Set<number> {
  const out = new Set<number>()
  for (const r of ranges) {
    const [from, to] = r.toLowerCase().split(':').map(d => WEEKDAYS.findIndex(w => w === d.trim()))
    if (from === undefined || from < 0) continue
    for (let d = from; d <= (to === undefined || to < from ? from : to); d++) out.add(d)
  }
  return out
}

/** Reads the member `time_intervals`. */
export function specsOf(intervals: readonly unknown[]): TimeSpecForm[] {
  return intervals.map(i => {
    const s = (i ?? {}) as Json
    const times = Array.isArray(s['times']) ? (s['times'] as Json[]).map(t => `${String(t['start_time'] ?? '')}-${String(t['end_time'] ?? '')}`) : []
    return {
      times: times.join(', '), weekdays: weekdaysOf(texts(s['weekdays'])), days: texts(s['days_of_month']).join(', '), months: texts(s['months']).join(', '), years: texts(s['years']).join(', '),
      zone: typeof s['location'] === 'string' ? s['location'] : '',
    }
  })
}

/** Spans of the day of a text; undefined where one is none. A span over midnight is cut in two. */
function spans(text: string): Json[] | undefined {
  const out: Json[] = []
  for (const part of typed(text)) {
    const m = /^([01]?\d|2[0-3]):([0-5]\d)\s*[-–~]\s*((?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/.exec(part)
    if (m === null) return undefined
    const two = (t: string): string => t.padStart(5, '0')
    const [from, to] = [two(`${m[1]!}:${m[2]!}`), two(m[3]!)]
    if (from < to) out.push({ start_time: from, end_time: to })
    else if (to === '00:00') out.push({ start_time: from, end_time: '24:00' })
    else out.push({ start_time: from, end_time: '24:00' }, { start_time: '00:00', end_time: to })
  }
  return out
}

/** Whether the text says spans of a day. */
export function isTimesGood(text: string): boolean {
  return spans(text) !== undefined
}

/** One element as Grafana takes it; empty lists are left out. */
export function specJson(s: TimeSpecForm): Json {
  const times = spans(s.times) ?? []
  const days = [...s.weekdays].sort((x, y) => x - y).map(d => WEEKDAYS[d]!)
  const lists: readonly (readonly [string, readonly unknown[]])[] = [['times', times], ['weekdays', days], ['days_of_month', typed(s.days)], ['months', typed(s.months)], ['years', typed(s.years)]]
  return { ...Object.fromEntries(lists.filter(([, l]) => l.length > 0)), ...(s.zone.trim() === '' ? {} : { location: s.zone.trim() }) }
}
