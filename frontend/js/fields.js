// The summary of faults is read out first; filters act at once; a file too large says so before it travels.
import { on, one, text } from './dom.js';

one('.faults')?.focus();

// <form data-auto> (filters): a changed choice sends the form; typing does not.
on('change', 'form[data-auto]', (event, form) => { if (event.target.matches('select, input[type=checkbox], input[type=radio], input[type=date]')) form.requestSubmit(); });

// Empty filters do not clutter the address.
on('submit', 'form[method=get]', (event, form) => {
  [...form.elements].filter(e => e.name && !e.value).forEach(e => { e.disabled = true; });
  setTimeout(() => [...form.elements].forEach(e => { if (e.name && !e.value) e.disabled = false; }));
});

// <textarea data-count="id" maxlength>: how much room is left.
on('input', 'textarea[data-count]', (event, area) => {
  const place = document.getElementById(area.dataset.count);
  if (place) place.textContent = `${area.value.length} / ${area.maxLength}`;
});

// <input type=file data-most="bytes">
on('change', 'input[type=file][data-most]', (event, input) => {
  const large = [...input.files].some(f => f.size > Number(input.dataset.most));
  input.setCustomValidity(large ? text('too-large') : '');
  if (large) input.reportValidity();
});

on('click', '[data-print]', event => { event.preventDefault(); window.print(); });
