// Long lists with search, on select[data-search] only. The plain list works as well.
import TomSelect from 'tom-select/base';
import removeButton from 'tom-select/dist/js/plugins/remove_button.js';

TomSelect.define('remove_button', removeButton);

function enhance(select) {
  if (select.tomselect) return;
  const label = select.labels?.[0]?.textContent.trim() || select.getAttribute('aria-label') || '';
  const chosen = new TomSelect(select, {
    maxOptions: 1000, plugins: select.multiple ? { remove_button: { title: select.dataset.remove ?? '' } } : {},
    searchField: ['text', 'words'], allowEmptyOption: !select.multiple,
    render: { no_results: (_, escape) => `<div class="no-results">${escape(select.dataset.none ?? '')}</div>` },
  });
  chosen.control_input.setAttribute('aria-label', label);
  select.setAttribute('aria-label', label);
  const told = select.getAttribute('aria-describedby');
  if (told) chosen.control_input.setAttribute('aria-describedby', told);
  if (select.getAttribute('aria-invalid')) chosen.control_input.setAttribute('aria-invalid', 'true');
}

const enhanceAll = root => root.querySelectorAll?.('select[data-search]').forEach(enhance);
enhanceAll(document);
document.addEventListener('htmx:after:swap', () => enhanceAll(document));
