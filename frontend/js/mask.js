// <textarea data-mask>: while one types, what will be stored instead of telephone, identity card and bank card numbers.
// The rules are those of portal/masking.py, which alone decides; only the list of counties is left to the server.
import { on, text } from './dom.js';

const PLAIN = { '＋': '+', '（': '(', '）': ')', '．': '.', Ｘ: 'X', ｘ: 'x', '％': '%', '＿': '_' };
const DASHES = '‐‑‒–—―−﹣－ー';
const BLANKS = '\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u00ad\u200b\u200c\u200d\u2060\ufeff';
const LABELS = new Set(('tel telephone phone mobile mob cell fax call dial no num number sms contact id idcard idno card cardno '
  + 'bank account acct acc wechat weixin wx whatsapp qq').split(' '));
const AREAS = new Set('11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91'.split(' '));
const IDENTITY = /[1-9]\d{5}[ -]?(?:19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[\dXx](?![\dA-Za-z_])/y;
const OLD_IDENTITY = /[1-9]\d{5}[ -]?\d{6}[ -]?\d{3}(?![\dA-Za-z_])/y;
const ABROAD = '(?:(?:00)?86\\)?[ -]{0,2})?';
const MOBILE = new RegExp(`(${ABROAD}\\(?0?)(1[3-9]\\d(?:\\d{8}|[ .-]\\d{8}|\\d{4}[ .-]\\d{4}|[ .-]\\d{4}[ .-]\\d{4}|[ .-]\\d{3}[ .-]\\d{5}|\\d[ .-]\\d{3}[ .-]\\d{4}))(?!\\d)`, 'y');
const AREA = '(?:10|2\\d|[3-9]\\d{2})';
const LANDLINE = new RegExp(`((?:${ABROAD}\\(?0${AREA}|(?:00)?86\\)?[ -]?${AREA})\\)?[ -]{0,2})([2-8]\\d{2,3}[ -]?\\d{4})(?![\\dA-Za-z_])`, 'y');
const DATED = /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/;

function plain(letter) {
  if (letter in PLAIN) return PLAIN[letter];
  if (DASHES.includes(letter)) return '-';
  if (BLANKS.includes(letter)) return ' ';
  if (letter >= '０' && letter <= '９') return String.fromCharCode(letter.charCodeAt(0) - 0xfee0);
  return letter;
}

const bare = written => written.toUpperCase().replace(/[^\dX]/g, '');
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
  for (let i = start; i < end; i += 1) if (/[\dXx]/.test(words[i])) places.push(i);
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

function bankCard(words, start, last) {
  const ends = [];
  for (let at = start, group; ends.length < 6 && (group = match(/\d+/y, words, at));) {
    const end = at + group[0].length;
    ends.push(end);
    at = end + 1;
    if (group[0].length < 4 || !' -'.includes(words[end] ?? '.')) break;
  }
  for (const end of ends.reverse()) {
    const written = words.slice(start, end);
    const number = bare(written);
    if (number.length < 15 || number.length > 19 || number[0] === '0' || number.startsWith('89') || DATED.test(number)) continue;
    if ((number.length === 15 && !/^3[47]/.test(number)) || (/\D/.test(written) && !'34569'.includes(number[0]))) continue;
    if (luhn(number) && free(words, start, last, true) && !runsOn(words, end)) return hidden(words, start, end, 4, 4);
  }
  return null;
}

function phone(words, at, last) {
  for (const [pattern, strict, first] of [[MOBILE, false, 3], [LANDLINE, true, 0]]) {
    const found = match(pattern, words, at);
    const end = found && at + found[0].length;
    if (found && free(words, at, last, strict) && !runsOn(words, end)) return hidden(words, at + found[1].length, end, first, 4);
  }
  return null;
}

const JUDGES = [identity, bankCard, oldIdentity, phone];

export function mask(written) {
  const letters = [...written].flatMap(l => (l.length > 1 ? l.split('') : l));
  for (let found = true; found;) {
    found = false;
    const words = letters.map(plain).join('');
    let end = 0;
    for (const group of words.matchAll(/\d+/g)) {
      if (group.index < end) continue;
      const number = JUDGES.reduce((known, judge) => known ?? judge(words, group.index, end), null);
      if (number) {
        found = true;
        end = number.end;
        number.places.forEach(i => { letters[i] = '*'; });
      }
    }
  }
  return letters.join('');
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
