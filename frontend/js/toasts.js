// Passing messages. One with something to do in it stays while the pointer or the focus is on it.
import { all, on, one, text } from './dom.js';

const SHORT = 6_000;

export function toast(words, { fault = false } = {}) {
  const box = document.createElement('div');
  box.className = fault ? 'toast fault' : 'toast';
  const said = document.createElement('span');
  said.textContent = words;
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'close';
  close.setAttribute('aria-label', text('close'));
  close.textContent = '×';
  box.append(said, close);
  one('#toasts').append(box);
  return box;
}

function leave(box, after) {
  let timer;
  const start = () => { timer = setTimeout(() => box.remove(), after); };
  const stop = () => clearTimeout(timer);
  ['pointerenter', 'focusin'].forEach(e => box.addEventListener(e, stop));
  ['pointerleave', 'focusout'].forEach(e => box.addEventListener(e, start));
  start();
}

on('click', '.toast .close', (event, button) => button.closest('.toast').remove());

// Messages that came with the page move from its head to the corner; faults stay until closed.
new MutationObserver(records => records.forEach(r => r.addedNodes.forEach(n => {
  if (n instanceof HTMLElement && n.classList.contains('toast') && !n.classList.contains('fault')) leave(n, Number(n.dataset.stay) || SHORT);
}))).observe(one('#toasts'), { childList: true });

all('.flashes > [data-toast]').forEach(note => {
  const box = note.querySelector('form') ? document.createElement('div') : toast(note.querySelector('div').textContent.trim());
  if (!box.isConnected) {                             // with undo: the form comes along, for ten seconds
    box.className = 'toast';
    box.dataset.stay = '10000';
    const said = document.createElement('span');
    said.textContent = note.dataset.toast;
    box.append(said, note.querySelector('form'));
    one('#toasts').append(box);
  }
  note.remove();
});
if (!one('.flashes > *')) one('.flashes')?.remove();
