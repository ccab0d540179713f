// <form data-autosave="/address"> sends itself a moment after the last change; [data-autosave-status] says when.
// The answer is JSON: {"said": "Saved at 08:40", "version": 7, "faults": {"team": ["Name the project team."]}, "counts": {"left": "1 place
// still to complete"}}; fields named `version` and `base` take what is answered, faults stand beside the fields that one has left, drawn
// like the form's <template data-fault>, and counts stand where the page has [data-told="left"].
import { all, meta, on, one, text } from './dom.js';

const PAUSE = 1_200;
const waiting = new WeakMap();

const say = (form, words, state) => all('[data-autosave-status]', form).forEach(e => { e.textContent = words; e.dataset.state = state; });

const left = new WeakSet();

function mark(field, words, pattern) {
  const id = `${field.id}-fault`;
  document.getElementById(id)?.remove();
  const told = (field.getAttribute('aria-describedby') ?? '').split(' ').filter(t => t && t !== id);
  if (words) {
    const fault = pattern.content.firstElementChild.cloneNode(true);
    fault.id = id;
    one('span', fault).textContent = words.join(' ');
    const masked = field.nextElementSibling?.matches('.masked') ? field.nextElementSibling : field;
    (document.getElementById(`${field.id}-help`) ?? masked).after(fault);
    told.push(id);
  }
  if (words) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
  if (told.length) field.setAttribute('aria-describedby', told.join(' '));
  else field.removeAttribute('aria-describedby');
  const row = field.closest('tr');
  row?.classList.toggle('faulty', Boolean(one('[aria-invalid]', row)));
}

// Where nothing could be saved the answer knows of those faults alone: the field may not have been left yet, others stay as they are.
function tell(form, faults, saved) {
  const pattern = one('template[data-fault]', form);
  if (!pattern) return;
  [...form.elements].filter(f => f.id && f.name).forEach(field => {
    const words = faults[field.id];
    const shown = field.hasAttribute('aria-invalid');
    if (saved ? shown || (words && left.has(field)) : words) mark(field, words, pattern);
  });
}

async function save(form) {
  if (form.dataset.saving) { later(form); return; }
  form.dataset.saving = 'yes';
  say(form, text('saving'), 'saving');
  try {
    const response = await fetch(form.dataset.autosave, {
      method: 'POST', body: new FormData(form), credentials: 'same-origin',
      headers: { 'X-CSRFToken': meta('csrf-token'), 'X-Autosave': '1', Accept: 'application/json' },
    });
    const answer = response.headers.get('Content-Type')?.includes('json') ? await response.json() : {};
    if (answer.faults) tell(form, answer.faults, response.ok);
    if (!response.ok || response.redirected) throw new Error(answer.said ?? '');
    for (const name of ['version', 'base'].filter(n => answer[n] !== undefined)) all(`input[name=${name}]`, form).forEach(i => { i.value = answer[name]; });
    for (const [name, words] of Object.entries(answer.counts ?? {})) all(`[data-told="${name}"]`).forEach(e => { e.textContent = words; });
    const masked = decodeURIComponent(response.headers.get('X-Masked') ?? '');
    say(form, [answer.said ?? text('saved'), masked].filter(Boolean).join(' · '), 'saved');
    form.dispatchEvent(new CustomEvent('autosave:saved', { bubbles: true }));
  } catch (fault) {
    say(form, fault.message && !(fault instanceof TypeError) ? fault.message : text('not-saved'), 'fault');
  } finally {
    delete form.dataset.saving;
    form.dispatchEvent(new CustomEvent('autosave:done'));
  }
}

function later(form) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => save(form), PAUSE));
}

on('input', 'form[data-autosave]', (event, form) => later(form));
on('change', 'form[data-autosave]', (event, form) => { left.add(event.target); later(form); });
// Sending by hand waits for a saving that is under way: it would carry an old version and be taken for somebody else's.
on('submit', 'form[data-autosave]', (event, form) => {
  clearTimeout(waiting.get(form));
  if (!form.dataset.saving) return;
  event.preventDefault();
  if (form.dataset.sends) return;
  form.dataset.sends = 'yes';
  form.addEventListener('autosave:done', () => { delete form.dataset.sends; form.requestSubmit(event.submitter); }, { once: true });
});

// Other fields may belong to the form by their `form` attribute; then the event's own form counts.
document.addEventListener('input', ({ target }) => { if (target.form?.dataset.autosave && !target.closest('form')) later(target.form); });
