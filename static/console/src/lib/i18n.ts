/* Texts in the language of who is signed in, loaded when they are needed. English is in the first
 * load: it is also what a text is when everything else fails. */
import { en } from '../messages/en';

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export const languages = { en: 'English', es: 'Español', pt: 'Português' } as const;
export type Language = keyof typeof languages;

const KEPT = 'garita.console.language';
let messages: Messages = en;
export let language: Language = 'en';

export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const short = tag.toLowerCase().split(/[-_]/)[0] as Language;
    if (Object.hasOwn(languages, short)) return short;
  }
  return 'en';
}

export async function useLanguage(wanted: Language): Promise<void> {
  if (wanted === 'es') messages = (await import('../messages/es')).es;
  else if (wanted === 'pt') messages = (await import('../messages/pt')).pt;
  else messages = en;
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
  return messages[key].replace(/\{(\w+)\}/g, (all, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : all,
  );
}

export function formatTime(ms: number | undefined): string {
  if (!ms) return '–';
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
}

export function formatNumber(n: number): string {
  return new Intl.NumberFormat(language).format(n);
}

export function formatClock(ms: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(ms);
}

/* With at most so many digits behind the point. */
export function formatDecimal(n: number, digits = 1): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(n);
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
