// <textarea data-mask>: while one types, what will be stored instead of telephone, identity card and bank card numbers.
// The rules are those of portal/masking.py, which alone decides; only the list of counties is left to the server.
import { on, text } from './dom.js';

const PLAIN = { '＋': '+', '（': '(', '）': ')', '．': '.', '，': ',', '／': '/', Ｘ: 'X', ｘ: 'x', '％': '%', '＿': '_' };
const ALIKE = { '-': '‐‑‒–—―−﹣－ー', '·': '•‧∙⋅・･', '\n': '\u2028\u2029' };
const UNSEEN = /[\p{Cf}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u;
const ROUND = [0x2776, 0x2780, 0x278a, 0x24f5];        // ❶ ➀ ➊ ⓵, which no normal form takes for digits
const CROSSES = 'ХхΧχⅩⅹ×';
const LABELS = new Set(('tel telephone phone mobile mob cell fax call dial no num number sms contact id idcard idno card cardno '
  + 'bank account acct acc wechat weixin wx whatsapp qq').split(' '));
const AREAS = new Set('11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91'.split(' '));
const DAY = '(?:19|20)\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])';
const APART = '(?: - |\\)\\(|[ .·/_\\t-]{1,2})';
const SEP = '(?: - |(?:[ .·/_()\\t-]|[,\\n](?! )){1,2})';
const IDENTITY = new RegExp(`[1-9](?:${SEP}?\\d){16}${SEP}?[\\dXx${CROSSES}](?![\\dA-Za-z_])`, 'y');
const OLD_IDENTITY = new RegExp(`[1-9](?:\\d{5}${APART}?\\d{6}${APART}?\\d{3}|(?<sep>${APART})\\d(?:\\k<sep>\\d){13})(?![\\dA-Za-z_])`, 'y');
const ABROAD = '(?:(?:00)?86\\)?[ -]{0,2})?';
const MOBILE = new RegExp(`${ABROAD}\\(?0?(?<number>1[3-9]\\d(?:\\d{8}|[ .-]\\d{8}|\\d{4}[ .-]\\d{4}|[ .-]\\d{4}[ .-]\\d{4}|[ .-]\\d{3}[ .-]\\d{5}|\\d[ .-]\\d{3}[ .-]\\d{4}))(?!\\d)`, 'y');
const LOOSE = new RegExp(`${ABROAD}\\(?0?(?<number>1[3-9]\\d(?:${SEP}(?!${DAY})\\d{8}|\\d{4}${SEP}\\d{4}`
  + `|(?![/_,]20[23]\\d[/_,])${SEP}\\d{4}${SEP}\\d{4}|${SEP}\\d{3}${SEP}\\d{5}|\\d${SEP}\\d{3}${SEP}\\d{4}|\\d {1,2}\\d{4} {1,2}\\d{3}`
  + '|(?<a>[-·_])(?:\\d{2}(?:\\k<a>\\d{2}){3}|\\d{3}\\k<a>\\d{3}\\k<a>\\d{2}|\\d{5}\\k<a>\\d{3}))'
  + '|1[3-9](?<b>[-·_])\\d{3}\\k<b>\\d{3}\\k<b>\\d{3})(?!\\d)', 'y');
const SPELT = new RegExp(`${ABROAD}\\(?(?<number>1(?<sep>${APART})[3-9](?:\\k<sep>\\d){9})(?!(?:\\k<sep>)?\\d)`, 'y');
const SPELT_CARD = new RegExp(`[3-6](?<sep>${APART})\\d(?:\\k<sep>\\d){13,17}(?!(?:\\k<sep>)?\\d)`, 'y');
const AREA = '(?:10|2\\d|[3-9]\\d{2})';
const LANDLINE = new RegExp(`(?:${ABROAD}\\(?0${AREA}|(?:00)?86\\)?[ -]?${AREA})\\)?[ .·/_-]{0,2}(?<number>[2-8]\\d{2,3}[ .·_-]{0,2}\\d{4})(?![\\dA-Za-z_])`, 'y');
const DATED = new RegExp(`^${DAY}`);
const ISSUER = /^(?:4|5[1-5]|62|3[457])/;

function digit(letter) {
  let code = letter.codePointAt(0);
  if (/\p{Nd}/u.test(letter)) {                        // they stand in rows of ten
    let before = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(code -= 1))) before += 1;
    return String(before % 10);
  }
  if (code === 0x24ff) return '0';
  const first = ROUND.find(c => code >= c && code < c + 9);
  return first ? String(code - first + 1) : /^\(?(\d)[.,)]?$/.exec(/\p{No}/u.test(letter) ? letter.normalize('NFKC') : '')?.[1];
}

function plain(letter) {
  if (letter >= ' ' && letter <= '~') return letter;
  if (/\p{N}/u.test(letter)) return digit(letter) ?? letter;
  if (UNSEEN.test(letter)) return '';
  if (/\p{Zs}/u.test(letter)) return ' ';
  return PLAIN[letter] ?? Object.keys(ALIKE).find(a => ALIKE[a].includes(letter)) ?? (letter.length > 1 ? '\ufffd' : letter);
}

const bare = written => written.replace(new RegExp(`[${CROSSES}]`, 'g'), 'X').toUpperCase().replace(/[^\dX]/g, '');
const match = (pattern, words, at) => { pattern.lastIndex = at; return pattern.exec(words); };
const isDay = (year, month, day) => {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === Number(year) && date.getUTCMonth() === month - 1 && date.getUTCDate() === Number(day);
};

function free(words, at, last, strict) {
  if (words.slice(Math.max(0, at - 2), at) === '0.') return false;
  const before = words.slice(Math.max(0, at - 40), at);
  const [, found, joint] = /([\dA-Za-z]*)([-_]?)$/.exec(before);
  const word = found.toLowerCase();
  if (!word) return true;
  if (/^\d+$/.test(word)) return Boolean(joint) && (at - 1 === last || before.slice(0, -word.length - 1).endsWith('*'));
  if (/\d/.test(word)) return false;
  return LABELS.has(word) || (!strict && /[^a-f]/.test(word) && word.length > 1);
}

function runsOn(words, at) {
  const rest = words.slice(at);
  if (/^ ?(?:[%元‰]|\.\d)/.test(rest)) return true;
  const [word] = /^[-_]?[\dA-Za-z_]*/.exec(rest);
  if (!word || word[0] === '-') return false;
  return word[0] === '_' || /\d/.test(word) || /^[a-f]*$/.test(word.toLowerCase());
}

function hidden(words, start, end, first, last) {
  const places = [];
  for (let i = start; i < end; i += 1) if (/\d/.test(words[i]) || `Xx${CROSSES}`.includes(words[i])) places.push(i);
  return { end, places: places.slice(first, -last) };
}

function identity(words, at, last) {
  const found = match(IDENTITY, words, at);
  if (!found || !free(words, at, last, true)) return null;
  const number = bare(found[0]);
  let sum = 0;
  for (let i = 0; i < 17; i += 1) sum += number[i] * (2 ** (17 - i) % 11);
  if ('10X98765432'[sum % 11] !== number[17] || !AREAS.has(number.slice(0, 2))
    || !isDay(number.slice(6, 10), number.slice(10, 12), number.slice(12, 14))) return null;
  return hidden(words, at, at + found[0].length, 3, 4);
}

function oldIdentity(words, at, last) {
  const found = match(OLD_IDENTITY, words, at);
  if (!found || !free(words, at, last, true)) return null;
  const number = bare(found[0]);
  if (!AREAS.has(number.slice(0, 2)) || !isDay(`19${number.slice(6, 8)}`, number.slice(8, 10), number.slice(10, 12))) return null;
  return hidden(words, at, at + found[0].length, 3, 4);
}

function luhn(number) {
  let sum = 0;
  [...number].reverse().forEach((digit, i) => { const twice = i % 2 ? digit * 2 : Number(digit); sum += twice > 9 ? twice - 9 : twice; });
  return sum % 10 === 0;
}

function isCard(written) {
  const number = bare(written);
  const between = written.match(/\D+/g) ?? [];
  if (number.length < 15 || number.length > 19 || number[0] === '0' || number.startsWith('89') || DATED.test(number)) return false;
  if ((number.length === 15 && !/^3[47]/.test(number)) || (between.length && !'34569'.includes(number[0]))) return false;
  if ((between.length > 6 || between.some(b => b !== ' ' && b !== '-')) && !ISSUER.test(number)) return false;
  if (between.length === number.length - 1 && !number.startsWith('62') && !between[0].trim()) return false;
  return luhn(number);
}

function cardEnds(words, start) {
  const spelt = match(SPELT_CARD, words, start);
  if (spelt) return [start + spelt[0].length];
  const ends = [];
  for (let at = start, group; ends.length < 6 && (group = match(/\d+/y, words, at));) {
    const end = at + group[0].length;
    ends.unshift(end);
    const between = match(/ - |[ .·/_-]{1,2}/y, words, end);
    if (group[0].length < 4 || !between) break;
    at = end + between[0].length;
  }
  return ends;
}

function bankCard(words, start, last) {
  const end = cardEnds(words, start).find(e => isCard(words.slice(start, e)) && free(words, start, last, true) && !runsOn(words, e));
  return end ? hidden(words, start, end, 4, 4) : null;
}

function inList(words, pattern, found, end) {
  const { number, sep } = found.groups;
  const before = words.slice(Math.max(0, end - number.length - 8), end - number.length);
  if (pattern === SPELT) {
    return found[0] === number && before.endsWith(sep) && /\d$/.test(before.slice(0, -sep.length)) && !before.endsWith(`8${sep}6${sep}`);
  }
  return pattern === LOOSE && /[,/\n\t]/.test(number) && (/\d[,/\n\t]$/.test(before) || /^[,/\n\t]\d/.test(words.slice(end, end + 2)));
}

function phone(words, at, last) {
  for (const pattern of [MOBILE, LOOSE, SPELT, LANDLINE]) {
    const found = match(pattern, words, at);
    const end = found && at + found[0].length;
    if (found && free(words, at, last, pattern === LANDLINE) && !runsOn(words, end) && !inList(words, pattern, found, end)) {
      return hidden(words, end - found.groups.number.length, end, pattern === LANDLINE ? 0 : 3, 4);
    }
  }
  return null;
}

const JUDGES = [identity, bankCard, oldIdentity, phone];

// The places of the digits to hide, in a plain reading of the text.
function read(words) {
  const places = [];
  let end = 0;
  for (const group of words.matchAll(/\d+/g)) {
    if (group.index < end) continue;
    const number = JUDGES.reduce((known, judge) => known ?? judge(words, group.index, end), null);
    if (number) {
      end = number.end;
      places.push(...number.places);
    }
  }
  return places;
}

export function mask(written) {
  const letters = [...written];
  const plainly = letters.map(plain);
  for (;;) {
    const seen = plainly.flatMap((l, i) => (l ? [i] : []));
    let found = read(plainly.join('')).map(i => seen[i]);
    if (!found.length && seen.length < letters.length) found = read(plainly.map(l => l || ' ').join(''));
    if (!found.length) return letters.join('');
    found.forEach(i => { letters[i] = plainly[i] = '*'; });
  }
}

on('input', 'textarea[data-mask]', (event, area) => {
  const masked = mask(area.value);
  let place = area.nextElementSibling?.classList.contains('masked') ? area.nextElementSibling : null;
  if (masked === area.value) { place?.remove(); return; }
  if (!place) {
    place = document.createElement('p');
    place.className = 'help masked';
    place.setAttribute('role', 'status');
    area.after(place);
  }
  place.textContent = `${text('masked')} ${masked.length > 300 ? masked.split('\n').filter(line => line.includes('*')).join(' … ').slice(0, 300) : masked}`;
});
