// Everything here makes a working page quicker; no page needs it.
import './http.js';
import './theme.js';
import './overlays.js';
import './toasts.js';
import './rows.js';
import './keys.js';
import './guard.js';
import './autosave.js';
import './grid.js';
import './fields.js';
import './mask.js';
