/* A new realm from a file. */
import { useMemo, useState } from 'preact/hooks';

import { post } from '../lib/api';
import { formatNumber, t } from '../lib/i18n';
import type { RealmReport } from '../lib/import_report';
import { linkTo } from '../lib/place';
import { bytesOf, CALL_MOST, partsOf, wholeRealm, type Content } from '../lib/realm_file';
import { Button, Card, Facts, Page } from '../ui/basics';
import { Switch, TextField } from '../ui/form';
import { ChooseFile, Size, TryAndDo } from './import_parts';

export default function ImportRealm({ realm }: { realm: string }) {
  const [content, setContent] = useState<Content>();
  return (
    <Page title={t('import.realm')} lead={t('import.realm.lead')} up={{ href: linkTo(realm, 'realms'), text: t('realms.all') }}>
      <Card><ChooseFile onContent={setContent} /></Card>
      {content && <Chosen key={String(content.realm)} content={content} />}
    </Page>
  );
}

function open(realm: string): void {
  location.hash = linkTo(realm);
  location.reload(); // the rights of the token are those of before
}

function Chosen({ content }: { content: Content }) {
  const [name, setName] = useState(String(content.realm));
  const [users, setUsers] = useState(true);
  const [made, setMade] = useState(false);
  const body = useMemo(() => wholeRealm(content, name.trim(), users), [content, name, users]);
  const bytes = useMemo(() => bytesOf(body), [body]);
  const found = partsOf(content);
  return (
    <>
      <Card title={t('import.found')}>
        <Facts of={found.map((p) => [t(p.text), formatNumber(p.count)])} />
        <TextField label={t('realms.name')} hint={t('realms.name.hint')} value={name} required onChange={setName} />
        {found.some((p) => p.id === 'users') && <Switch label={t('import.with-users')} value={users} onChange={setUsers} />}
        <Size bytes={bytes} />
      </Card>
      <TryAndDo
        of={body}
        disabled={!name.trim() || bytes > CALL_MOST || made}
        send={async (dryRun) => {
          const report = await post<RealmReport | undefined>(`/realms${dryRun ? '?dryRun=true' : ''}`, body);
          return report ?? { realm: name.trim(), taken: {}, adapted: [], left: [] }; // of settings alone
        }}
        done={() => setMade(true)}
        after={<Button kind="main" onClick={() => open(name.trim())}>{t('import.open', { realm: name.trim() })}</Button>}
      />
    </>
  );
}
