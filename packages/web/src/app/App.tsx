import { useState } from 'react'
import type { ReactElement } from 'react'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import type { AnyRouter } from '@tanstack/react-router'
import { theme, themeManager } from './theme.ts'

/** The whole page. */
export function App({ client, router }: { readonly client: QueryClient; readonly router: AnyRouter }): ReactElement {
  const [scheme] = useState(themeManager)
  return (
    <MantineProvider theme={theme} colorSchemeManager={scheme} defaultColorScheme="dark">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
