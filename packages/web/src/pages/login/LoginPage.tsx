import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ApiFailure } from '../../api/failure.ts'
import { basePath } from '../../api/client.ts'
import { signIn } from '../../api/haechi.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useTitle } from '../../app/title.ts'
import { failureText } from '../../components/Failure.tsx'
import { Mark } from '../../components/Mark.tsx'
import { useWords } from '../../i18n/index.ts'
import { decodeSearch } from '../../state/search.ts'
import { safeNext } from './safe-next.ts'
import css from './Login.module.css'

/** Asks for the password and goes on to where one wanted to go. */
export function LoginPage(): ReactElement {
  const { t, locale } = useWords()
  const { search } = usePageSearch()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  useTitle(t('login.title'))
  const mutation = useMutation({
    mutationFn: () => signIn(username, password),
    onSuccess: async () => {
      client.clear()
      const next = new URL(safeNext(search.next, basePath()), location.origin)
      await navigate({ to: next.pathname as never, search: decodeSearch(next.search) as never, replace: true })
    },
  })
  const { error } = mutation
  const message = error === null ? undefined
    : error instanceof ApiFailure && error.kind === 'signIn' ? t('login.wrong')
      : error instanceof ApiFailure && error.status === 429 ? t('login.slow')
        : failureText(error, t, locale).text
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    mutation.mutate()
  }
  return (
    <form className={css['form']} onSubmit={submit}>
      <div className={css['brand']}><Mark size={48} /></div>
      <h1 className={css['title']}>{t('login.title')}</h1>
      <p className="dim">{t('login.text')}</p>
      <TextInput label={t('login.username')} name="username" autoComplete="username" autoFocus value={username} onChange={e => setUsername(e.currentTarget.value)} />
      <PasswordInput label={t('login.password')} name="password" autoComplete="current-password" value={password} onChange={e => setPassword(e.currentTarget.value)} />
      <p className={css['error']} role="alert">{message}</p>
      <Button type="submit" fullWidth loading={mutation.isPending}>{t('login.submit')}</Button>
    </form>
  )
}
