import type { Diagnosis } from '@haechi/server'

/** What a rule is known by: its own identity, else its name in its group. */
export interface FoundRule {
  readonly uid?: string
  readonly name: string
  readonly file?: string
}

/** The diagnoses of one rule, warnings before remarks. */
export function ruleFindings(diagnoses: readonly Diagnosis[], rule: FoundRule): Diagnosis[] {
  return diagnoses.filter(({ place }) => place?.kind === 'rule' && (rule.uid !== undefined ? place.uid === rule.uid : place.uid === undefined && place.name === rule.name && (rule.file === undefined || place.file === rule.file)))
    .sort((a, b) => Number(a.health === 'ok') - Number(b.health === 'ok'))
}

/** The diagnoses of a board's panels that are more than remarks, by the panel's number. */
export function panelFindings(diagnoses: readonly Diagnosis[], boardUid: string): ReadonlyMap<number, readonly Diagnosis[]> {
  const out = new Map<number, Diagnosis[]>()
  for (const d of diagnoses) {
    if (d.place?.kind !== 'panel' || d.place.boardUid !== boardUid || d.health === 'ok') continue
    const list = out.get(d.place.panelId)
    if (list === undefined) out.set(d.place.panelId, [d])
    else list.push(d)
  }
  return out
}
