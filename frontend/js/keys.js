// Keys: each does what something on the page does, and `?` shows them all.
import { all, one, typing } from './dom.js';
import { enter, walk } from './rows.js';

let lead = 0;

// Where the bar has no room for the box it is in the menu; to some browsers a box in a closed menu has a place already.
function search() {
  const shown = () => all('input[data-search-key]').find(i => i.offsetParent !== null);
  const menu = one('[data-search-menu]');
  if (menu && (!shown() || menu.contains(shown()))) menu.open = true;
  shown()?.focus();
}

function go(letter) {
  const link = one(`a[data-key="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

const KEYS = {
  '/': () => { search(); return true; },
  '?': () => { one('#keys')?.showModal?.(); return true; },
  j: () => walk(1),
  k: () => walk(-1),
  Enter: enter,
};

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (one('dialog[open]')) return;
  if (event.key === 'g') { lead = event.timeStamp; return; }
  const led = lead && event.timeStamp - lead < 1500;
  lead = 0;
  if (led ? go(event.key) : KEYS[event.key]?.()) event.preventDefault();
});
