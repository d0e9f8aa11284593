/* Applications that the person makes for himself: for developers. */
import { useState } from 'preact/hooks';

import { get, post } from '../../lib/api';
import { useData } from '../../lib/data';
import { Badge, Button, Loaded, Page } from '../../ui/basics';
import { FormDialog } from '../../ui/dialog';
import { ListField, Select, TextField } from '../../ui/form';
import { Table } from '../../ui/table';
import type { PageProps } from '../app';
import { fresh } from '../fresh';
import { known, t } from '../text';
import type { OwnClient } from '../types';
import { OwnOne } from './own_one';
import { filled, hasRedirects, SecretDialog } from './own_parts';

const kinds = ['web', 'single-page', 'service', 'api-key'];

function NewDialog(props: { onClose: () => void; onMade: (made: OwnClient) => void }) {
  const [kind, setKind] = useState('web');
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [uris, setUris] = useState<string[]>(['']);
  return (
    <FormDialog
      title={t('own.new')}
      submit={t('own.create')}
      disabled={!name.trim() || (hasRedirects(kind) && filled(uris).length === 0)}
      onClose={props.onClose}
      work={async () => {
        const redirectUris = hasRedirects(kind) ? filled(uris) : [];
        props.onMade(await fresh(() => post<OwnClient>('/clients', { kind, name, description, redirectUris })));
      }}
    >
      <Select label={t('own.kind')} value={kind} options={kinds.map((k): [string, string] => [k, known('own.kind', k)])} onChange={setKind} hint={known('own.kind.lead', kind)} />
      <TextField label={t('name')} value={name} onChange={setName} required />
      <TextField label={t('own.description')} value={description} onChange={setDescription} />
      {hasRedirects(kind) && <ListField label={t('own.redirects')} hint={t('own.redirects.lead')} values={uris} onChange={setUris} placeholder="https://" />}
    </FormDialog>
  );
}

function OwnList() {
  const data = useData((signal) => get<OwnClient[]>('/clients', signal), []);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<OwnClient>();
  return (
    <Page title={t('own')} lead={t('own.lead')} actions={<Button kind="main" onClick={() => setMaking(true)}>{t('own.new')}</Button>}>
      <Loaded of={data}>
        {(clients) => (
          <Table
            label={t('own')}
            rows={clients}
            id={(c) => c.id}
            empty={t('own.none')}
            columns={[
              { title: t('name'), cell: (c) => <a href={`#/my-applications/${encodeURIComponent(c.id)}`}>{c.name}</a> },
              { title: t('own.kind'), cell: (c) => <>{known('own.kind', c.kind)} {!c.enabled && <Badge kind="bad">{t('own.disabled')}</Badge>}</> },
              { title: t('own.id'), cell: (c) => <code>{c.clientId}</code> },
            ]}
          />
        )}
      </Loaded>
      {making && (
        <NewDialog
          onClose={() => setMaking(false)}
          onMade={(client) => {
            setMade(client);
            data.reload();
          }}
        />
      )}
      {made && <SecretDialog of={made} onClose={() => setMade(undefined)} />}
    </Page>
  );
}

export default function Own(props: PageProps) {
  const id = props.rest[0];
  return id ? <OwnOne key={id} id={id} /> : <OwnList />;
}
