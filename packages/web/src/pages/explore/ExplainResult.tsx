import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import type { QueryExplanation } from '@haechi/server'
import { useExplanation, useScrapeInterval } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Section } from '../../components/Section.tsx'
import { useWords } from '../../i18n/index.ts'
import { QueryError } from './QueryError.tsx'
import { explainRows, millisText, shortPart } from './explain-rows.ts'
import type { ExplainRow } from './explain-rows.ts'
import { queryLetter } from './query-letter.ts'
import css from './ExplainResult.module.css'

/** What became of each part of the queries: time, series, values, and where a query turned empty. */
export function ExplainResult({ exprs }: { readonly exprs: readonly string[] }): ReactElement {
  return <>{exprs.map((expr, i) => <OneQuery key={`${queryLetter(i)} ${expr}`} expr={expr} letter={exprs.length > 1 ? queryLetter(i) : undefined} />)}</>
}

function OneQuery({ expr, letter }: { readonly expr: string; readonly letter: string | undefined }): ReactElement {
  const { t, locale } = useWords()
  const { range } = useRefresh()
  const query = useExplanation(expr, range, useScrapeInterval())
  if (query.isError && query.data === undefined) return <QueryError error={query.error} retry={() => void query.refetch()} {...(letter === undefined ? {} : { letter })} />
  if (query.data === undefined) return <Skeleton height={240} />
  const { root, steps, stats, emptyAt, warnings, infos } = query.data
  const count = (n: number): string => n.toLocaleString(locale)
  return (
    <Section title={letter === undefined ? t('explain.title') : `${letter} · ${expr}`} aside={<span className="dim num">{t('explain.total', { time: millisText(root.ms), steps: count(steps), samples: count(stats.samples.samplesRead) })}</span>}>
      {query.isError && <QueryError error={query.error} retry={() => void query.refetch()} />}
      {emptyAt !== undefined && <Explained health="unknown" text={t('explain.emptyAt', { part: partOf(query.data, emptyAt.id) })} hint={t(`explain.reason.${emptyAt.reason}`)} />}
      {[...warnings, ...infos].map(w => <p key={w} className="dim">{t('explore.warning', { message: w })}</p>)}
      <Aged query={query} className={css['tree'] ?? ''}><Tree rows={explainRows(query.data)} /></Aged>
    </Section>
  )
}

function partOf({ root }: QueryExplanation, id: number): string {
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.id === id) return node.text
    stack.push(...node.parts)
  }
  return root.text
}

function Tree({ rows }: { readonly rows: readonly ExplainRow[] }): ReactElement {
  const { t, locale } = useWords()
  const count = (n: number): string => n.toLocaleString(locale)
  return (
    <div className={css['scroll']} tabIndex={0} role="region" aria-label={t('explain.title')}>
      <table className={css['table']}>
        <thead>
          <tr>
            <th scope="col">{t('explain.part')}</th>
            <th scope="col" className={css['right']}>{t('explain.series')}</th>
            <th scope="col" className={css['right']}>{t('explain.values')}</th>
            <th scope="col" className={css['timeHead']}>{t('explain.ownTime')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, depth, goesOn, isLast, share, isEmptyFirst }) => (
            <tr key={node.id} className={isEmptyFirst ? css['emptyFirst'] : node.series === 0 ? css['empty'] : undefined}>
              <td>
                <div className={css['part']}>
                  {goesOn.map((on, i) => (
                    // A guide line has no identity but its depth.
                    // oxlint-disable-next-line react/no-array-index-key
                    <span key={i} className={css['guide']} data-on={on} aria-hidden />
                  ))}
                  {depth > 0 && <span className={css['branch']} data-last={isLast} aria-hidden />}
                  <span className={css['text']} title={node.text}>
                    <span className="hidden-visually">{t('explain.depth', { depth: depth + 1 })} </span>
                    <code>{shortPart(node)}</code>
                    <span className={css['kind']}>{t(`explain.kind.${node.kind}`)}{node.kind === 'operator' && <> <code>{node.name}</code></>}{node.matched !== undefined && node.matched !== node.series && ` · ${t('explain.matched', { count: node.matched })}`}{node.once && depth > 0 && ` · ${t('explain.once')}`}</span>
                  </span>
                </div>
              </td>
              <td className={css['right']}>{node.kind === 'literal' ? '' : count(node.series)}</td>
              <td className={css['right']}>{node.kind === 'literal' ? '' : count(node.samples)}</td>
              <td><div className={css['time']}><span className={css['bar']} aria-hidden><span style={{ width: `${Math.round(share * 100)}%` }} /></span><span className={css['ms']}>{millisText(node.selfMs)}</span></div></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
