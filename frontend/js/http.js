// htmx: the token with every write, refusals shown and never swapped in, questions in a dialog of ours.
import 'htmx.org';
import { meta, text } from './dom.js';
import { ask } from './overlays.js';
import { toast } from './toasts.js';

document.addEventListener('htmx:config:request', ({ detail }) => {
  const { request } = detail.ctx;
  if (!['GET', 'HEAD'].includes(request.method)) request.headers['X-CSRFToken'] = meta('csrf-token');
});

document.addEventListener('htmx:confirm', event => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  ask({ body: ctx.confirm }).then(yes => (yes ? issueRequest() : dropRequest()));
});

// The server says what went wrong in X-Fault (percent-encoded), where there is more to say than the status.
document.addEventListener('htmx:response:error', ({ detail }) => {
  const { response, sourceElement } = detail.ctx;
  if (response.headers.get('HX-Redirect') || sourceElement?.hasAttribute(`hx-status:${response.status}`)) return;
  const said = response.headers.get('X-Fault');
  toast(said ? decodeURIComponent(said) : `${text('refused')} (${response.status})`, { fault: true });
});
document.addEventListener('htmx:error', () => toast(text('network'), { fault: true }));

// What was stored otherwise than typed (numbers of people are masked) is told the same way.
document.addEventListener('htmx:after:request', ({ detail }) => {
  const said = detail.ctx.response?.headers.get('X-Masked');
  if (said) toast(decodeURIComponent(said));
});
