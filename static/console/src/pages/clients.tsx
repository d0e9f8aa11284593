import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, queryOf, realmPath } from '../lib/api';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Client } from '../lib/types';
import { useMay } from '../lib/who';
import { Badge, Button, Page } from '../ui/basics';
import { Paged, usePaged } from '../ui/table';
import { ClientPage } from './client';
import { NewClient } from './client_new';

export default function Clients(props: PageProps) {
  const [id, tab] = props.rest;
  return id ? <ClientPage realm={props.realm} id={id} tab={tab ?? 'settings'} /> : <ClientList realm={props.realm} />;
}

export function kindOf(c: Client): string {
  if (c.bearerOnly) return t('client.kind.bearer');
  if (c.publicClient) return t('client.kind.public');
  return c.serviceAccountsEnabled && !c.standardFlowEnabled ? t('client.kind.service') : t('client.kind.confidential');
}

function ClientList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [adding, setAdding] = useState(false);
  const list = usePaged<Client>(
    ({ search, first, max }, signal) =>
      get(`${realmPath(realm, 'clients')}${queryOf({ clientId: search, search: search ? true : undefined, first, max })}`, signal),
    [realm],
  );
  return (
    <Page
      title={t('nav.clients')}
      lead={t('clients.lead')}
      actions={may('manage-clients', 'create-client') && <Button kind="main" onClick={() => setAdding(true)}>{t('clients.add')}</Button>}
    >
      <Paged
        of={list}
        label={t('nav.clients')}
        searchLabel={t('clients.search')}
        id={(c) => c.id}
        empty={t('clients.empty')}
        columns={[
          { title: t('client.id'), cell: (c) => <a href={linkTo(realm, 'clients', c.id)}>{c.clientId}</a> },
          { title: t('name'), cell: (c) => (c.name?.startsWith('${') ? '' : c.name) },
          { title: t('type'), cell: kindOf },
          { title: t('client.home'), cell: (c) => c.baseUrl },
          { title: t('state'), narrow: true, cell: (c) => c.enabled === false && <Badge kind="bad">{t('disabled')}</Badge> },
        ]}
      />
      {adding && <NewClient realm={realm} onClose={() => setAdding(false)} />}
    </Page>
  );
}
