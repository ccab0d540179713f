// Light, dark, or as the system: without a script a form posts the choice and the page comes back.
import { all, on, one } from './dom.js';

const MEDIA = { light: 'not all', dark: 'screen', auto: 'screen and (prefers-color-scheme: dark)' };
const changed = () => document.dispatchEvent(new CustomEvent('theme:change'));

on('submit', 'form[data-theme]', (event, form) => {
  const choice = event.submitter?.value;
  if (!MEDIA[choice]) return;
  event.preventDefault();
  document.cookie = `theme=${choice}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  one('#dark').media = MEDIA[choice];
  all('button[name=theme]', form).forEach(b => b.setAttribute('aria-pressed', String(b.value === choice)));
  changed();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
