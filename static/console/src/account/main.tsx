/* People's own console: who they are here, and what they allow. */
import { render } from 'preact';

import { get } from '../lib/api';
import { config, discover, place, start } from '../lib/auth';
import { keptLanguage, languageOf, provide, useLanguage, type Language } from '../lib/i18n';
import { Failure } from '../ui/basics';
import { App } from './app';
import { account } from './messages/en';
import { t } from './text';
import type { Me } from './types';
import '../style.css';
import './account.css';

provide({
  en: account,
  es: async () => (await import('./messages/es')).account,
  pt: async () => (await import('./messages/pt')).account,
});

const root = document.getElementById('app')!;

/* The realm's colours, as on its login pages. */
function wear(): void {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = `${place.base}/resources/${encodeURIComponent(place.realm)}/theme.css`;
  document.head.append(link);
}

/* What the person chose here, else what the profile says, else the browser's first that the realm has. */
function languageFor(me?: Me): Language {
  const realm = config.supportedLocales ?? [];
  const wanted = navigator.languages.filter((tag) => realm.length === 0 || realm.includes(languageOf([tag])));
  return keptLanguage() ?? languageOf([me?.attributes?.locale?.[0] ?? '', ...wanted, config.defaultLocale ?? ''].filter(Boolean));
}

async function begin(): Promise<void> {
  render(<div class="boot" aria-busy="true" />, root);
  try {
    await discover();
    wear();
    await useLanguage(languageFor());
    await start();
    const [me, rights] = await Promise.all([get<Me>('/'), get<{ roles: string[] }>('/permissions')]);
    await useLanguage(languageFor(me));
    render(<App me={me} roles={rights.roles} />, root);
  } catch (error) {
    render(
      <main class="boot">
        <h1>{t('start.failed')}</h1>
        <Failure error={error} retry={() => void begin()} />
      </main>,
      root,
    );
  }
}

void begin();
