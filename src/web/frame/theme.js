// Before the first paint, so that no light page flashes in a dark room. Not a module: those run later.
{
  const chosen = localStorage.getItem('theme');
  if (chosen) document.documentElement.dataset['theme'] = chosen;
}
