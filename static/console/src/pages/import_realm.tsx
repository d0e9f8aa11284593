/* A new realm from a file. */
import { useEffect, useMemo, useState } from 'preact/hooks';

import { formatNumber, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { namedRealm, partsOf, restOfRealm, UPLOAD_MOST, type Content } from '../lib/realm_file';
import { RealmUpload } from '../lib/upload';
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
  const found = partsOf(content);
  const people = users ? (found.find((p) => p.id === 'users')?.count ?? 0) : 0;
  const rest = useMemo(() => restOfRealm(content, users), [content, users]);
  // Sent once, for the trial and for what follows it.
  const upload = useMemo(() => new RealmUpload(namedRealm(name.trim(), rest), people), [rest, name]);
  useEffect(() => () => upload.forget(), [upload]);
  return (
    <>
      <Card title={t('import.found')}>
        <Facts of={found.map((p) => [t(p.text), formatNumber(p.count)])} />
        <TextField label={t('realms.name')} hint={t('realms.name.hint')} value={name} required onChange={setName} />
        {found.some((p) => p.id === 'users') && <Switch label={t('import.with-users')} value={users} onChange={setUsers} />}
        <Size bytes={upload.body.size} most={UPLOAD_MOST} />
      </Card>
      <TryAndDo
        of={upload}
        disabled={!name.trim() || upload.body.size > UPLOAD_MOST || made}
        send={(dryRun, tell) => upload.run(dryRun, tell)}
        done={() => { setMade(true); upload.forget(); }}
        after={<Button kind="main" onClick={() => open(name.trim())}>{t('import.open', { realm: name.trim() })}</Button>}
      />
    </>
  );
}
