import '@mantine/core/styles/Combobox.css'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Menu, Modal, NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { IconDots, IconFileImport, IconFolder, IconPlus, IconStar, IconStarFilled } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { BoardSummary } from '@haechi/server'
import { makeFolder, removeFolder, renameFolder, setStar } from '../../api/boards.ts'
import type { BoardFolder } from '../../api/boards.ts'
import { boardsQuery, foldersQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { useWords } from '../../i18n/index.ts'
import { matchesFilter } from '../../state/order.ts'
import { keepTime } from '../../state/search.ts'
import { boardGroups } from './board-groups.ts'
import css from './Boards.module.css'

/** All boards: marked ones first, then by folder, then those that came with the product. */
export function BoardsPage(): ReactElement {
  const { t } = useWords()
  const query = useQuery(boardsQuery)
  return (
    <Page title={t('boards.title')}>
      {query.data !== undefined ? <Aged query={query} className={css['aged'] ?? ''}><BoardList boards={query.data} /></Aged>
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <><Skeleton height={36} width="min(100%, 340px)" /><Skeleton height={240} /></>}
    </Page>
  )
}

function BoardList({ boards }: { readonly boards: readonly BoardSummary[] }): ReactElement {
  const { t, of } = useWords()
  const navigate = useNavigate()
  const { search, change } = usePageSearch()
  const { data: folders } = useQuery(foldersQuery)
  const [isMaking, setMaking] = useState(false)
  const filter = search.filter ?? ''
  const titleOf = (b: BoardSummary): string => (b.localTitle === undefined ? b.title : of(b.localTitle))
  const folderTitle = (uid: string | undefined): string => folders?.find(f => f.uid === uid)?.title ?? ''
  const tags = [...new Set(boards.flatMap(b => b.tags))].sort((a, b) => a.localeCompare(b))
  const shown = boards.filter(b => matchesFilter(filter, [b.title, titleOf(b), folderTitle(b.folderUid), ...b.tags]))
  const sort = search.tab === 'updated' ? 'updated' : 'title'
  const groups = boardGroups(shown, folders ?? [], { titleOf, sort, withEmptyFolders: filter === '' })
  return (
    <>
      <Verdict aside={(
        <>
          <Filter label={t('boards.filter')} />
          <NativeSelect aria-label={t('boards.sort')} value={sort} data={[{ value: 'title', label: t('boards.byTitle') }, { value: 'updated', label: t('boards.byTime') }]} onChange={e => change({ tab: e.currentTarget.value === 'title' ? undefined : e.currentTarget.value }, 'replace')} />
          <Menu position="bottom-end">
            <Menu.Target><Button leftSection={<IconPlus size={16} aria-hidden />}>{t('boards.add')}</Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPlus size={16} />} onClick={() => void navigate({ to: '/boards/new' as never, search: keepTime as never })}>{t('boards.new')}</Menu.Item>
              <Menu.Item leftSection={<IconFileImport size={16} />} onClick={() => void navigate({ to: '/boards/import' as never, search: keepTime as never })}>{t('boards.import')}</Menu.Item>
              <Menu.Item leftSection={<IconFolder size={16} />} onClick={() => setMaking(true)}>{t('boards.newFolder')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}>{t('boards.count', { count: boards.length })}</Verdict>
      {tags.length > 1 && (
        <ul className={css['filterTags']} aria-label={t('boards.tags')}>
          {tags.slice(0, 30).map(tag => <li key={tag}><button type="button" className={css['tag']} aria-pressed={filter === tag} onClick={() => change({ filter: filter === tag ? undefined : tag }, 'replace')}>{tag}</button></li>)}
        </ul>
      )}
      {boards.length === 0 && <Explained health="unknown" text={t('boards.empty')} />}
      {boards.length > 0 && shown.length === 0 && <Explained health="unknown" text={t('boards.none', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />}
      {groups.map(g => {
        const list = g.boards.length === 0 ? <p className="dim">{t('boards.folderEmpty')}</p> : <ul className={css['boards']}>{g.boards.map(b => <BoardCard key={b.uid} board={b} title={titleOf(b)} />)}</ul>
        return g.kind === 'folder'
          ? <Section key={g.folder.uid} title={g.folder.title} aside={<FolderMenu folder={g.folder} count={boards.filter(b => b.folderUid === g.folder.uid).length} />}>{list}</Section>
          : groups.length === 1 ? <div key={g.kind}>{list}</div> : <Section key={g.kind} title={t(`boards.${g.kind}`)}>{list}</Section>
      })}
      {isMaking && <NameDialog title={t('boards.newFolder')} label={t('boards.folderName')} start="" run={makeFolder} onClose={() => setMaking(false)} />}
    </>
  )
}

function BoardCard({ board: b, title }: { readonly board: BoardSummary; readonly title: string }): ReactElement {
  const { t } = useWords()
  const client = useQueryClient()
  const star = useMutation({ mutationFn: (on: boolean) => setStar(b.uid, on), onSettled: () => client.invalidateQueries({ queryKey: boardsQuery.queryKey }) })
  const isStarred = star.isPending ? star.variables : b.starred === true
  const origin = b.fromFile === true ? t('boards.fromFile') : b.builtIn ? t(b.edited === true ? 'boards.edited' : 'boards.builtIn') : t('boards.own')
  return (
    <li className={css['item']}>
      <Link to={`/boards/${b.uid}` as never} search={keepTime as never} className={css['board']}>
        <span className={css['name']}>{title}</span>
        <span className={css['tags']}>{[origin, ...b.tags].join(' · ')}</span>
      </Link>
      <ActionIcon className={css['star'] ?? ''} variant="subtle" color="gray" aria-pressed={isStarred} aria-label={t(isStarred ? 'boards.unstar' : 'boards.star', { title })} onClick={() => star.mutate(!isStarred)}>{isStarred ? <IconStarFilled size={18} /> : <IconStar size={18} />}</ActionIcon>
    </li>
  )
}

function FolderMenu({ folder, count }: { readonly folder: BoardFolder; readonly count: number }): ReactElement {
  const { t, locale } = useWords()
  const client = useQueryClient()
  const [open, setOpen] = useState<'rename' | 'remove' | undefined>(undefined)
  const remove = useMutation({
    mutationFn: () => removeFolder(folder.uid),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: foldersQuery.queryKey }), client.invalidateQueries({ queryKey: boardsQuery.queryKey })])
    },
  })
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={t('boards.folderMenu', { title: folder.title })}><IconDots size={18} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpen('rename')}>{t('boards.rename')}</Menu.Item>
          <Menu.Item color="var(--hc-critical)" onClick={() => setOpen('remove')}>{t('action.delete')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === 'rename' && <NameDialog title={t('boards.rename')} label={t('boards.folderName')} start={folder.title} run={name => renameFolder(folder.uid, name)} onClose={() => setOpen(undefined)} />}
      {open === 'remove' && (
        <Modal opened onClose={() => setOpen(undefined)} title={t('boards.removeFolder', { title: folder.title })} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{t('boards.removeFolderText', { count })}</p>
          {remove.isError && <p role="alert" className="health-critical">{failureText(remove.error, t, locale).text}</p>}
          <div className={css['buttons']}>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button>
            <Button variant="default" data-autofocus onClick={() => setOpen(undefined)}>{t('action.cancel')}</Button>
          </div>
        </Modal>
      )}
    </>
  )
}

function NameDialog({ title, label, start, run, onClose }: { readonly title: string; readonly label: string; readonly start: string; readonly run: (name: string) => Promise<unknown>; readonly onClose: () => void }): ReactElement {
  const { t, locale } = useWords()
  const client = useQueryClient()
  const [name, setName] = useState(start)
  const save = useMutation({
    mutationFn: () => run(name.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: foldersQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form onSubmit={e => { e.preventDefault(); if (name.trim() !== '') save.mutate() }}>
        <TextInput data-autofocus label={label} value={name} error={save.isError ? failureText(save.error, t, locale).text : undefined} onChange={e => setName(e.currentTarget.value)} />
        <div className={css['buttons']}><Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>{t('action.save')}</Button></div>
      </form>
    </Modal>
  )
}
