import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Stat } from '../../charts/Stat.tsx'
import { statOptions } from './options.ts'
import { statItems } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of big numbers. */
export function StatView({ panel, results, context }: PanelViewProps): ReactElement {
  const options = useMemo(() => statOptions(panel), [panel])
  const items = useMemo(() => statItems(panel, results, context), [panel, results, context])
  const showNames = options.textMode === 'value_and_name' || options.textMode === 'name' || options.textMode === 'auto' && items.length > 1
  return <Stat items={items} showNames={showNames} showValues={options.textMode !== 'name' && options.textMode !== 'none'} colorMode={options.colorMode} look={options} language={context.language} />
}
