// Grids of many rows: one value for all of a group, the same value further down, last month's words.
import { all, on } from './dom.js';

function put(field, value) {
  if (field.readOnly || field.disabled || field.value === value) return;
  if (field.tomselect) field.tomselect.setValue(value);
  else field.value = value;
  ['input', 'change'].forEach(type => field.dispatchEvent(new Event(type, { bubbles: true })));
}

// <button type=button data-fill="owner" data-fill-group="it" data-fill-from="id">: the value of the control with that id
// goes into every <… data-cell="owner" data-group="it"> of the form. Without data-fill-group: into all of that name.
// With data-fill-empty only into those without a value.
on('click', 'button[data-fill]', (event, button) => {
  event.preventDefault();
  const { fill, fillGroup, fillFrom } = button.dataset;
  const value = document.getElementById(fillFrom)?.value ?? '';
  all(`[data-cell="${CSS.escape(fill)}"]`, button.closest('form') ?? document)
    .filter(f => fillGroup === undefined || f.dataset.group === fillGroup)
    .filter(f => !('fillEmpty' in button.dataset) || !f.value)
    .forEach(f => put(f, value));
});

// <button type=button data-fill-down> beside a data-cell: its value goes into the rows of the same group below it.
on('click', 'button[data-fill-down]', (event, button) => {
  event.preventDefault();
  const source = button.closest('td, .field')?.querySelector('[data-cell]');
  if (!source) return;
  const same = all(`[data-cell="${CSS.escape(source.dataset.cell)}"]`, button.closest('form') ?? document)
    .filter(f => f.dataset.group === source.dataset.group);
  same.slice(same.indexOf(source) + 1).forEach(f => put(f, source.value));
});

// <button type=button data-put="id" data-value="words">: these words into that field.
on('click', 'button[data-put]', (event, button) => {
  event.preventDefault();
  const field = document.getElementById(button.dataset.put);
  if (field) { put(field, button.dataset.value); field.focus(); }
});

// <input type=range data-with="id"> and <input type=number id> show one value; the number is what is sent.
on('input', 'input[data-with]', (event, input) => {
  const other = document.getElementById(input.dataset.with);
  if (other && other.value !== input.value) other.value = input.value;
});
