/* Ready to copy into an application. */
import { issuerOf } from '../lib/auth';
import { t } from '../lib/i18n';
import { snippetsFor } from '../lib/snippets';
import type { Client } from '../lib/types';
import { Card, Code } from '../ui/basics';

export function Snippets({ realm, client }: { realm: string; client: Client }) {
  return (
    <>
      <p class="lead">{t('client.start.lead')}</p>
      {snippetsFor(client, issuerOf(realm)).map((s) => (
        <Card key={s.title} title={s.title}><Code label={s.title} text={s.text} /></Card>
      ))}
    </>
  );
}
