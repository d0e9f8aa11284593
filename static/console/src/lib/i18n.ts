/* Texts in the language of who is signed in, loaded when they are needed. English is in the first
 * load: it is also what a text is when everything else fails. Each console has its own. */
import type { account } from '../account/messages/en';
import { common } from '../messages/common_en';
import type { en } from '../messages/en';

export type Key = keyof typeof en | keyof typeof account;
type Messages = Record<string, string>;
export interface Texts {
  en: Messages;
  es: () => Promise<Messages>;
  pt: () => Promise<Messages>;
}
export const languages = { en: 'English', es: 'Español', pt: 'Português' } as const;
export type Language = keyof typeof languages;

const KEPT = 'garita.console.language';
let texts: Texts = { en: common, es: async () => common, pt: async () => common };
let messages: Messages = common;
export let language: Language = 'en';

/* First of all. */
export function provide(all: Texts): void {
  texts = all;
  messages = all.en;
}

export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const short = tag.toLowerCase().split(/[-_]/)[0] as Language;
    if (Object.hasOwn(languages, short)) return short;
  }
  return 'en';
}

export async function useLanguage(wanted: Language): Promise<void> {
  messages = wanted === 'en' ? texts.en : await texts[wanted]();
  language = wanted;
  document.documentElement.lang = wanted;
}

export function keptLanguage(): Language | undefined {
  const kept = localStorage.getItem(KEPT);
  return kept && Object.hasOwn(languages, kept) ? (kept as Language) : undefined;
}

export function keepLanguage(wanted: Language): void {
  localStorage.setItem(KEPT, wanted);
}

export function t(key: Key, params: Record<string, string | number> = {}): string {
  return (messages[key] ?? texts.en[key] ?? key).replace(/\{(\w+)\}/g, (all, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : all,
  );
}

/* Making one of these costs more than a whole row of a list: they are kept, for one language. */
let formats: { of: Language; dates: Map<string, Intl.DateTimeFormat>; numbers: Map<number, Intl.NumberFormat> } | undefined;

function kept() {
  if (formats?.of !== language) formats = { of: language, dates: new Map(), numbers: new Map() };
  return formats;
}

function dates(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const { dates } = kept();
  const found = dates.get(kind) ?? new Intl.DateTimeFormat(language, options);
  dates.set(kind, found);
  return found;
}

function numbers(digits: number): Intl.NumberFormat {
  const { numbers } = kept();
  const found = numbers.get(digits) ?? new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  numbers.set(digits, found);
  return found;
}

export function formatTime(ms: number | undefined): string {
  return ms ? dates('time', { dateStyle: 'medium', timeStyle: 'medium' }).format(ms) : '–';
}

export function formatDay(ms: number): string {
  return dates('day', { dateStyle: 'medium' }).format(ms);
}

export function formatNumber(n: number): string {
  return numbers(3).format(n);
}

export function formatClock(ms: number): string {
  return dates('clock', { timeStyle: 'medium' }).format(ms);
}

/* With at most so many digits behind the point. */
export function formatDecimal(n: number, digits = 1): string {
  return numbers(digits).format(n);
}

export function formatBytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let left = n;
  for (; left >= 1024 && at < units.length - 1; at++) left /= 1024;
  return `${formatDecimal(left)} ${units[at]}`;
}

/* 90061 -> "1 d 1 h": two units at most, as one says it. */
export function formatSeconds(total: number): string {
  const units: [string, number][] = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const parts: string[] = [];
  let left = total;
  for (const [name, size] of units) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n > 0 && parts.length < 2) parts.push(`${n} ${name}`);
  }
  return parts.join(' ') || '0 s';
}
