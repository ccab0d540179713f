// Menus close when left, dialogs open by data attributes, questions are asked in a dialog.
import { all, on, one, text } from './dom.js';

const menus = () => all('details.menu[open]');
document.addEventListener('click', event => menus().forEach(m => { if (!m.contains(event.target)) m.open = false; }));
document.addEventListener('focusin', event => menus().forEach(m => { if (!m.contains(event.target)) m.open = false; }));
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  menus().forEach(m => {
    const within = m.contains(document.activeElement);
    m.open = false;
    if (within) one('summary', m)?.focus();
  });
});

// <button type=button data-dialog="id"> opens <dialog id>; [data-close] inside closes it; a click beside it too.
on('click', '[data-dialog]', (event, button) => {
  const dialog = document.getElementById(button.dataset.dialog);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
});
on('click', 'dialog [data-close]', (event, button) => { event.preventDefault(); button.closest('dialog').close(); });
document.addEventListener('click', event => {
  if (!(event.target instanceof HTMLDialogElement)) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && event.detail > 0) event.target.close();
});
document.addEventListener('DOMContentLoaded', () => all('dialog[data-open]').forEach(d => d.showModal?.()));

// Answers true when the person says yes.
export function ask({ title, body, yes, danger }) {
  const dialog = one('#ask');
  if (!dialog?.showModal) return Promise.resolve(window.confirm(body));
  one('h2', dialog).textContent = title || text('ask');
  one('p', dialog).textContent = body;
  const button = one('[value=yes]', dialog);
  button.textContent = yes || text('yes');
  button.classList.toggle('danger', Boolean(danger));
  button.classList.toggle('primary', !danger);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(done => dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true }));
}

// <form data-ask="What will happen, and cannot be undone."> asks before it is sent.
const granted = new WeakSet();
on('submit', 'form[data-ask]', (event, form) => {
  if (granted.delete(form) || event.defaultPrevented) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  ask({ body: form.dataset.ask, title: form.dataset.askTitle, yes: submitter?.textContent.trim(), danger: true }).then(yes => {
    if (!yes) return;
    granted.add(form);
    form.requestSubmit(submitter);
  });
});
