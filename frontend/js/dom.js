// Small helpers; the texts that scripts show are translated on the server and stand in <meta name="text-…">.
export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const meta = name => one(`meta[name="${name}"]`)?.content ?? '';
export const text = name => meta(`text-${name}`);

// A listener for present and future elements.
export const on = (type, selector, act) => document.addEventListener(type, event => {
  const found = event.target instanceof Element && event.target.closest(selector);
  if (found) act(event, found);
});

export const typing = element => element instanceof Element
  && Boolean(element.closest('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])'));
