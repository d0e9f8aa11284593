import { render } from 'preact';

import { App } from './app';
import { discover, start } from './lib/auth';
import { keptLanguage, languageOf, provide, t, useLanguage } from './lib/i18n';
import { loadWho } from './lib/who';
import { Failure } from './ui/basics';
import { en } from './messages/en';
import './style.css';

provide({
  en,
  es: async () => (await import('./messages/es')).es,
  pt: async () => (await import('./messages/pt')).pt,
});

const root = document.getElementById('app')!;

async function begin(): Promise<void> {
  render(<div class="boot" aria-busy="true" />, root);
  const kept = keptLanguage();
  await useLanguage(kept ?? languageOf(navigator.languages));
  try {
    await discover();
    await start();
    const who = await loadWho();
    if (!kept && who.locale && languageOf([who.locale]) !== 'en') await useLanguage(languageOf([who.locale]));
    render(<App who={who} />, root);
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
