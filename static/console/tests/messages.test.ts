import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { en } from '../src/messages/en';
import { es } from '../src/messages/es';
import { pt } from '../src/messages/pt';

const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const source = readdirSync(new URL('../src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.tsx?$/.test(f) && !f.startsWith('messages'))
  .map((f) => readFileSync(new URL(`../src/${f}`, import.meta.url), 'utf8'))
  .join('\n');

for (const [name, messages] of Object.entries({ es, pt }))
  test(`${name} says everything that English says, with the same holes`, () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) expect([key, ...holes(messages[key as keyof typeof en])]).toEqual([key, ...holes(text)]);
  });

test('every text is used', () => {
  expect(Object.keys(en).filter((key) => !source.includes(`'${key}'`))).toEqual([]);
});
