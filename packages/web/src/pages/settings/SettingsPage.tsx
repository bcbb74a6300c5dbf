import type { ReactElement, ReactNode } from 'react'
import { NativeSelect, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { sessionQuery, statusQuery } from '../../api/queries.ts'
import { rangeText } from '../../app/TimeControls.tsx'
import { Choice } from '../../components/Choice.tsx'
import { Page } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { durationText } from '../../format/time.ts'
import { changeLocale } from '../../i18n/index.ts'
import { useSystemWords } from '../../i18n/system-words.ts'
import { changePreferences, usePreferences } from '../../state/preferences.ts'
import { keepTime } from '../../state/search.ts'
import { DEFAULT_REFRESH, RANGE_PRESETS, REFRESH_PRESETS, refreshMs } from '../../state/time-range.ts'
import { DataSources } from './DataSources.tsx'
import css from './Settings.module.css'

/** What a person may choose, and what this installation is. */
export function SettingsPage(): ReactElement {
  const words = useSystemWords()
  const { t, w, locale } = words
  const { setColorScheme } = useMantineColorScheme()
  const theme = useComputedColorScheme('dark')
  const chosen = usePreferences()
  const { data: status } = useQuery(statusQuery)
  const { data: session } = useQuery(sessionQuery)
  return (
    <Page title={t('nav.settings')}>
      <div className={css['columns']}>
        <Section title={w('settings.appearance')}>
          <div className={css['card']}>
            <Line name={w('settings.language')}><Choice label={w('settings.language')} value={locale} options={[{ value: 'ko', label: '한국어' }, { value: 'en', label: 'English' }]} onChange={changeLocale} /></Line>
            <Line name={w('settings.theme')}><Choice label={w('settings.theme')} value={theme} options={[{ value: 'dark', label: w('settings.dark') }, { value: 'light', label: w('settings.light') }]} onChange={setColorScheme} /></Line>
          </div>
        </Section>
        <Section title={w('settings.time')}>
          <div className={css['card']}>
            <Line name={w('settings.zone')}>
              <Choice label={w('settings.zone')} value={chosen.zone ?? 'browser'} onChange={v => changePreferences({ zone: v === 'UTC' ? 'UTC' : undefined })}
                options={[{ value: 'browser', label: w('settings.zoneBrowser', { zone: new Intl.DateTimeFormat().resolvedOptions().timeZone }) }, { value: 'UTC', label: w('settings.zoneUtc') }]} />
            </Line>
            <Line name={w('settings.range')}>
              <NativeSelect aria-label={w('settings.range')} value={chosen.from ?? ''} onChange={e => changePreferences({ from: e.currentTarget.value === '' ? undefined : e.currentTarget.value })}
                data={[{ value: '', label: w('settings.rangeAuto') }, ...RANGE_PRESETS.map(from => ({ value: from, label: rangeText(from, 'now', words) }))]} />
            </Line>
            <Line name={w('settings.refresh')}>
              <NativeSelect aria-label={w('settings.refresh')} value={chosen.refresh ?? DEFAULT_REFRESH} onChange={e => changePreferences({ refresh: e.currentTarget.value === DEFAULT_REFRESH ? undefined : e.currentTarget.value })}
                data={REFRESH_PRESETS.map(text => ({ value: text, label: text === 'off' ? w('settings.refreshOff') : w('settings.refreshEvery', { time: durationText(refreshMs(text) ?? 0, locale) }) }))} />
            </Line>
          </div>
          <p className={css['note']}>{w('settings.kept')}</p>
        </Section>
        <DataSources />
        <Section title={w('settings.access')}>
          <div className={css['card']}>
            <p className={css['said']}>{session?.user == null ? w('settings.accessOpen') : w('settings.accessUser', { user: session.user })}</p>
          </div>
          <p className={css['note']}>{w(session?.user == null ? 'settings.accessOpenNext' : 'settings.accessUserNext')}</p>
        </Section>
        <Section title={w('settings.about')}>
          <div className={css['card']}>
            <Line name={w('settings.version')}><span className="num">{status?.version ?? '–'}</span></Line>
            <Line name={w('settings.licence')}>Apache-2.0</Line>
            <Line name={w('settings.licences')}><span className="dim">{w('settings.licencesText')}</span></Line>
          </div>
          <p className={css['note']}><Link to={'/status' as never} search={keepTime as never}>{w('settings.toStatus')}</Link></p>
        </Section>
      </div>
    </Page>
  )
}

function Line({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return <div className={css['line']}><span className={css['what']}>{name}</span><div className={css['value']}>{children}</div></div>
}
