import { useState } from 'react'
import type { ReactElement } from 'react'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { newQueryClient } from './query-client.ts'
import { newRouter } from './router.tsx'
import { theme, themeManager } from './theme.ts'

/** The whole page. */
export function App(): ReactElement {
  const [parts] = useState(() => {
    const client = newQueryClient()
    return { client, router: newRouter(client), scheme: themeManager() }
  })
  return (
    <MantineProvider theme={theme} colorSchemeManager={parts.scheme} defaultColorScheme="dark">
      <QueryClientProvider client={parts.client}>
        <RouterProvider router={parts.router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
