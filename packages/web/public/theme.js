// Runs before the first paint, as a file of its own because the page forbids inline scripts: sets the theme chosen before, else the system's.
(function () {
  var scheme = null
  try {
    scheme = localStorage.getItem('haechi.theme')
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
  if (scheme !== 'dark' && scheme !== 'light') scheme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme)
})()
