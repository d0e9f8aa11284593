import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { account as accountEn } from '../src/account/messages/en';
import { account as accountEs } from '../src/account/messages/es';
import { account as accountPt } from '../src/account/messages/pt';
import { common } from '../src/messages/common_en';
import { en } from '../src/messages/en';
import { es } from '../src/messages/es';
import { pt } from '../src/messages/pt';

type Table = Record<string, string>;
const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const files = readdirSync(new URL('../src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.tsx?$/.test(f) && !f.includes('messages'));
const sourceOf = (fits: (file: string) => boolean) =>
  files.filter(fits).map((f) => readFileSync(new URL(`../src/${f}`, import.meta.url), 'utf8')).join('\n');
const shared = (f: string) => f.startsWith('ui') || f.startsWith('lib');
const ofAccount = (f: string) => f.startsWith('account');

const consoles: [string, Table, Record<string, Table>, string][] = [
  ['administration', en, { es, pt }, sourceOf((f) => !ofAccount(f))],
  ['account', accountEn, { es: accountEs, pt: accountPt }, sourceOf((f) => ofAccount(f) || shared(f))],
];
/* Keys that are put together from a name of the server's: known('problem', ...). */
const named = /^(problem|profile|locale|scope|client|credential|credential\.lead|own\.kind)\./;

for (const [console, english, others, source] of consoles) {
  for (const [name, messages] of Object.entries(others))
    test(`${console}: ${name} says everything that English says, with the same holes`, () => {
      expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
      for (const [key, text] of Object.entries(english)) expect([key, ...holes(messages[key] ?? '')]).toEqual([key, ...holes(text)]);
    });

  test(`${console}: every text is used`, () => {
    const own = Object.keys(english).filter((key) => !Object.hasOwn(common, key));
    const used = (key: string) => source.includes(`'${key}'`) || (console === 'account' && named.test(key));
    expect(own.filter((key) => !used(key))).toEqual([]);
  });
}

test('every text that both share is used', () => {
  const source = sourceOf(() => true);
  expect(Object.keys(common).filter((key) => !source.includes(`'${key}'`))).toEqual([]);
});
