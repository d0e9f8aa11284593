import { describe, expect, test } from 'vitest';

import { checks, contrast, hexOf, logoKind, parseColour, passes, shownOf } from '../src/lib/brand';
import { livesOf, spanOf, type Key } from '../src/lib/key_times';

const look = (part: Record<string, string> = {}) => ({ logo: '', primary: '', background: '', ...part });

describe('colours of the login pages', () => {
  test('three or six digits, nothing else', () => {
    expect(parseColour('#0b6b50')).toEqual([11, 107, 80]);
    expect(hexOf(parseColour('#fA0')!)).toBe('#ffaa00');
    for (const bad of ['', '0b6b50', '#12', '#12345', '#gggggg', 'red', '#0b6b50;}body{']) expect(parseColour(bad)).toBeUndefined();
  });

  test('contrast is that of WCAG', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBe(21);
    expect(contrast([255, 255, 255], [255, 255, 255])).toBe(1);
    expect(contrast([0x76, 0x76, 0x76], [255, 255, 255])).toBeCloseTo(4.54, 1);
  });

  test('whatever is chosen, what people read passes', () => {
    for (let r = 0; r < 256; r += 51)
      for (let g = 0; g < 256; g += 51)
        for (let b = 0; b < 256; b += 51) {
          const hex = hexOf([r, g, b]);
          for (const check of checks(look({ primary: hex, background: hex }))) expect([hex, check.what, passes(check.shown)]).toEqual([hex, check.what, true]);
        }
  });

  test('a light colour is darkened for links, and that is told; the dark scheme keeps its own background', () => {
    const yellow = look({ primary: '#ffd500', background: '#ffd500' });
    const byName = Object.fromEntries(checks(yellow).map((c) => [c.what, c]));
    expect(byName['link-light']!.given).toBeLessThan(2);
    expect(byName['link-light']!.adapted).toMatch(/^#/);
    expect(byName['link-dark']!.adapted).toBeUndefined();
    expect(shownOf(yellow, 'light')).toMatchObject({ onBrand: '#000000', page: '#ffd500' });
    expect(shownOf(yellow, 'dark').page).toBe('#0e1412');
  });

  test('what is no colour counts as none', () => {
    expect(shownOf(look({ primary: 'red' }), 'light')).toEqual(shownOf(look(), 'light'));
    for (const check of checks(look())) expect(passes(check.shown)).toBe(true);
  });

  test('logos: https or a path of this site', () => {
    expect(['', '/logo.svg', '//evil.example/x', 'https://a.pe/l.png', 'http://a.pe/l.png', 'javascript:alert(1)', 'logo.png'].map(logoKind))
      .toEqual(['none', 'own', 'ignored', 'elsewhere', 'ignored', 'ignored', 'ignored']);
  });
});

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const key = (kid: string, madeDaysAgo: number, more: Partial<Key> = {}): Key => ({
  kid, algorithm: 'RS256', use: 'SIG', type: 'RSA', status: 'ACTIVE', createdTimestamp: NOW - madeDaysAgo * DAY, ...more,
});

describe('the lives of keys', () => {
  test('after a rotation the old one signed until the new one came, and verifies until its end', () => {
    const old = key('old', 100, { status: 'PASSIVE', notAfter: NOW + 20 * DAY });
    const [first, second] = livesOf([old, key('new', 10)], { RS256: 'new' }, NOW);
    expect(first).toMatchObject({ key: { kid: 'new' }, state: 'signs', signed: NOW, until: NOW });
    expect(second).toMatchObject({ state: 'verifies', signed: NOW - 10 * DAY, until: NOW + 20 * DAY });
  });

  test('one beside the one that signs, and one that is off', () => {
    const lives = livesOf([key('a', 50), key('b', 40), key('c', 90, { status: 'DISABLED', notAfter: NOW - 30 * DAY })], { RS256: 'a' }, NOW);
    expect(lives.map((l) => [l.key.kid, l.state])).toEqual([['b', 'ready'], ['a', 'signs'], ['c', 'off']]);
    expect(lives[2]).toMatchObject({ until: NOW - 30 * DAY, signed: NOW - 50 * DAY > NOW - 30 * DAY ? 0 : NOW - 50 * DAY });
    expect(lives[0]!.signed).toBe(lives[0]!.from);
  });

  test('algorithms stand apart', () => {
    const lives = livesOf([key('r', 5), key('e', 9, { algorithm: 'ES256' })], { RS256: 'r', ES256: 'e' }, NOW);
    expect(lives.map((l) => [l.key.algorithm, l.signed])).toEqual([['ES256', NOW], ['RS256', NOW]]);
  });

  test('how much of a certificate is used', () => {
    const [life] = livesOf([key('a', 25, { validTo: NOW + 75 * DAY })], { RS256: 'a' }, NOW);
    expect(life!.certificateUsed).toBe(0.25);
    const [over] = livesOf([key('a', 25, { validTo: NOW - DAY })], { RS256: 'a' }, NOW);
    expect(over!.certificateUsed).toBe(1);
  });

  test('the drawing holds all of it, whatever clocks say', () => {
    const lives = livesOf([key('a', -3), key('b', 30, { status: 'PASSIVE', notAfter: NOW + 90 * DAY })], {}, NOW);
    const span = spanOf(lives, NOW);
    expect(span).toEqual({ from: NOW - 30 * DAY, to: NOW + 90 * DAY });
    for (const l of lives) expect(span.from <= l.from && l.from <= l.signed && l.signed <= l.until && l.until <= span.to).toBe(true);
    expect(spanOf([], NOW).to).toBeGreaterThan(NOW);
  });
});
