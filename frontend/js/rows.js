// A whole row opens its item; j and k walk the rows; a box in the head picks all.
import { all, on, one, typing } from './dom.js';

const PLAIN = 'a, button, input, select, textarea, label, summary, details, [data-stay]';

on('click', '[data-rows] [data-href]', (event, row) => {
  if (event.target.closest(PLAIN) || String(getSelection())) return;
  const address = row.dataset.href;
  if (event.ctrlKey || event.metaKey) window.open(address, '_blank', 'noopener');
  else location.assign(address);
});
on('auxclick', '[data-rows] [data-href]', (event, row) => {
  if (event.button === 1 && !event.target.closest(PLAIN)) window.open(row.dataset.href, '_blank', 'noopener');
});

const rows = () => all('[data-rows] [data-href]').filter(r => r.offsetParent !== null);
const at = () => one('[data-rows] .at');

export function walk(step) {
  const list = rows();
  if (!list.length) return false;
  const now = list.indexOf(at());
  const next = list[now < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, now + step))];
  list[now]?.classList.remove('at');
  next.classList.add('at');
  one('a[href]', next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

export function enter() {
  const row = at();
  if (!row || typing(document.activeElement)) return false;
  if (document.activeElement !== document.body && document.activeElement.matches('a, button, summary')) return false;
  location.assign(row.dataset.href);
  return true;
}

// <input type=checkbox data-pick-all> in the head, <input type=checkbox data-pick> in the rows of a table or list; [data-picked] of
// their form shows the count.
function count(list) {
  const boxes = all('[data-pick]', list);
  const picked = boxes.filter(b => b.checked);
  boxes.forEach(b => b.closest('tr')?.classList.toggle('picked', b.checked));
  const head = one('[data-pick-all]', list);
  if (head) { head.checked = picked.length > 0 && picked.length === boxes.length; head.indeterminate = picked.length > 0 && !head.checked; }
  all('[data-picked]', boxes[0]?.form ?? document).forEach(e => { e.textContent = picked.length; });
}
on('change', '[data-pick-all]', (event, box) => {
  const table = box.closest('table');
  all('[data-pick]', table).forEach(b => { b.checked = box.checked; });
  count(table);
});
on('change', '[data-pick]', (event, box) => count(box.closest('table, .tasks')));
