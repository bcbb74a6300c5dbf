import type { ReactElement } from 'react'
import { CloseButton, Kbd, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { usePageSearch } from '../app/page-search.ts'
import { useWords } from '../i18n/index.ts'

/** The filter of a page. Its text is in the address bar; `/` goes into it, Escape clears and leaves it. */
export function Filter({ label }: { readonly label: string }): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const value = search.filter ?? ''
  return (
    <TextInput
      type="search" aria-label={label} placeholder={label} value={value} data-filter w={{ base: '100%', sm: 340 }}
      leftSection={<IconSearch size={16} />}
      rightSection={value === '' ? <Kbd size="xs" visibleFrom="sm">/</Kbd> : <CloseButton size="sm" aria-label={t('action.clearFilter')} onClick={() => change({ filter: undefined }, 'replace')} />}
      onChange={e => change({ filter: e.currentTarget.value }, 'replace')}
      onKeyDown={e => {
        if (e.key !== 'Escape') return
        change({ filter: undefined }, 'replace')
        e.currentTarget.blur()
      }}
    />
  )
}
