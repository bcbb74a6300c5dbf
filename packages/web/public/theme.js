// Runs before the first paint, as a file of its own because the page forbids inline scripts: sets the theme chosen before, else the system's,
// and has the code of boards loaded at once where the address is a board's.
(function () {
  var scheme = null
  try {
    scheme = localStorage.getItem('haechi.theme')
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
  if (scheme !== 'dark' && scheme !== 'light') scheme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme)
  var code = document.querySelector('meta[name="board-code"]')
  if (code === null || !/\/(?:boards|d)\/[^/]+/.test(location.pathname)) return
  code.content.split(' ').forEach(function (file) {
    var link = document.createElement('link')
    link.rel = file.endsWith('.css') ? 'prefetch' : 'modulepreload'
    link.crossOrigin = ''
    link.href = file
    document.head.append(link)
  })
})()
