// <form data-guard> asks before what is typed in it is lost.
import { all, on } from './dom.js';

const changed = new WeakSet();

on('input', 'form[data-guard]', (event, form) => changed.add(form));
on('change', 'form[data-guard]', (event, form) => changed.add(form));
on('submit', 'form', (event, form) => { if (!event.defaultPrevented) changed.delete(form); });
document.addEventListener('autosave:saved', ({ target }) => changed.delete(target));

window.addEventListener('beforeunload', event => {
  if (all('form[data-guard]').some(form => changed.has(form))) event.preventDefault();
});
