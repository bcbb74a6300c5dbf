import type { ReactElement } from 'react'

/** The product's mark: the face of the guardian, one colour, drawn for us. Decoration; the name stands beside it or in a label. */
export function Mark({ size }: { readonly size: number }): ReactElement {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden focusable="false">
      <path fill="currentColor" fillRule="evenodd" d={FACE} />
    </svg>
  )
}

/** Horn, curled mane, round eyes with pupils, broad nose, and a grin with two fangs; the holes are cut by the even-odd rule. The same path as public/favicon.svg. */
const FACE = 'M16 1.2c1.5 1.3 2.3 2.8 2.4 4.6 1.3.2 2.5.6 3.6 1.1 1.6-1.6 4-2 6.1-1-.9.9-1.3 1.9-1.2 3 2 .5 3.400 2.200 3.500 4.300-1.100-.3-2.100-.1-2.900.6.4 1.200.6 2.500.6 3.900 0 .4 0 .7-.1 1.100 1.100.8 1.700 2.100 1.600 3.600-.9-.4-1.800-.3-2.600.200C25.100 27.200 21 30.600 16 30.600S6.900 27.200 5 22.600c-.8-.5-1.700-.6-2.600-.2-.1-1.500.5-2.800 1.600-3.600-.1-.4-.1-.7-.1-1.100 0-1.400.2-2.700.6-3.900-.8-.7-1.800-.9-2.900-.6.1-2.100 1.500-3.800 3.500-4.300.1-1.100-.3-2.100-1.200-3 2.100-1 4.500-.6 6.100 1 1.100-.5 2.300-.9 3.600-1.100.1-1.800.9-3.300 2.400-4.600ZM10.700 11.300a3.900 3.900 0 1 0 0 7.800 3.900 3.900 0 0 0 0-7.800Zm10.600 0a3.900 3.900 0 1 0 0 7.800 3.900 3.900 0 0 0 0-7.800ZM10.900 13.400a1.900 1.900 0 1 1 0 3.800 1.900 1.900 0 0 1 0-3.800Zm10.200 0a1.900 1.900 0 1 1 0 3.800 1.900 1.900 0 0 1 0-3.800ZM16 17.800c-1.700 0-3 .9-3 2s1.300 1.600 3 1.600 3-.5 3-1.600-1.300-2-3-2Zm-7 5c1.400 2.900 3.900 4.500 7 4.500s5.600-1.600 7-4.500c-.7.3-1.400.500-2.100.6l-1.100 2-1.300-1.700c-.8.1-1.600.1-2.500.1s-1.700 0-2.500-.1l-1.300 1.700-1.100-2c-.7-.1-1.400-.3-2.100-.6Z'
