import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create, get, post, put, realmPath, remove } from '../lib/api';
import { issuerOf } from '../lib/auth';
import { useAction, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Code, Loaded, Page } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { Grid, Switch, TextField } from '../ui/form';
import { Table } from '../ui/table';

interface Provider {
  alias: string;
  displayName?: string;
  providerId: string;
  enabled?: boolean;
  trustEmail?: boolean;
  storeToken?: boolean;
  hideOnLogin?: boolean;
  config?: Record<string, string>;
}

export default function Providers(props: PageProps) {
  const [alias] = props.rest;
  return alias ? <ProviderPage realm={props.realm} alias={alias} /> : <ProviderList realm={props.realm} />;
}

function ProviderList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [adding, setAdding] = useState(false);
  const base = realmPath(realm, 'identity-provider', 'instances');
  const list = useData<Provider[]>((signal) => get(base, signal), [base]);
  return (
    <Page
      title={t('nav.providers')}
      lead={t('providers.lead')}
      actions={may('manage-identity-providers') && <Button kind="main" onClick={() => setAdding(true)}>{t('providers.add')}</Button>}
    >
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('nav.providers')}
            rows={rows}
            id={(p) => p.alias}
            empty={t('providers.empty')}
            columns={[
              { title: t('name'), cell: (p) => <a href={linkTo(realm, 'identity-providers', p.alias)}>{p.displayName || p.alias}</a> },
              { title: t('type'), cell: (p) => p.providerId },
              { title: t('state'), narrow: true, cell: (p) => p.enabled === false && <Badge kind="bad">{t('disabled')}</Badge> },
            ]}
          />
        )}
      </Loaded>
      {adding && <AddProvider realm={realm} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function AddProvider({ realm, onClose }: { realm: string; onClose: () => void }) {
  const [p, setP] = useState({ alias: '', issuer: '', clientId: '', clientSecret: '' });
  const base = realmPath(realm, 'identity-provider');
  return (
    <FormDialog
      title={t('providers.add')}
      submit={t('create')}
      done={t('providers.added', { name: p.alias })}
      onClose={onClose}
      work={async () => {
        const fromUrl = `${p.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
        const found = await post<Record<string, string>>(`${base}/import-config`, { providerId: 'oidc', fromUrl });
        await create(`${base}/instances`, {
          alias: p.alias,
          providerId: 'oidc',
          enabled: true,
          config: { ...found, clientId: p.clientId, clientSecret: p.clientSecret, clientAuthMethod: 'client_secret_post', defaultScope: 'openid profile email' },
        });
        location.hash = linkTo(realm, 'identity-providers', p.alias);
      }}
    >
      <TextField label={t('providers.alias')} hint={t('providers.alias.hint')} value={p.alias} required onChange={(alias) => setP({ ...p, alias })} />
      <TextField label={t('overview.issuer')} type="url" placeholder="https://accounts.google.com" value={p.issuer} required onChange={(issuer) => setP({ ...p, issuer })} />
      <TextField label={t('client.id')} value={p.clientId} required onChange={(clientId) => setP({ ...p, clientId })} />
      <TextField label={t('client.secret')} type="password" autocomplete="new-password" value={p.clientSecret} onChange={(clientSecret) => setP({ ...p, clientSecret })} />
    </FormDialog>
  );
}

function ProviderPage({ realm, alias }: { realm: string; alias: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'identity-provider', 'instances', alias);
  const [deleting, setDeleting] = useState(false);
  const data = useData<Provider>((signal) => get(path, signal), [path]);
  return (
    <Page
      title={data.data?.displayName || alias}
      up={{ href: linkTo(realm, 'identity-providers'), text: t('nav.providers') }}
      actions={may('manage-identity-providers') && <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>}
    >
      <Loaded of={data}>{(p) => <ProviderForm key={p.alias} realm={realm} provider={p} path={path} reload={data.reload} />}</Loaded>
      {deleting && (
        <ConfirmDialog
          title={t('providers.delete.title', { name: alias })}
          text={t('providers.delete.text')}
          name={alias}
          submit={t('delete')}
          done={t('providers.deleted', { name: alias })}
          onClose={() => setDeleting(false)}
          work={async () => { await remove(path); location.hash = linkTo(realm, 'identity-providers'); }}
        />
      )}
    </Page>
  );
}

const addresses = ['issuer', 'authorizationUrl', 'tokenUrl', 'userInfoUrl', 'jwksUrl', 'logoutUrl', 'defaultScope'];

function ProviderForm(props: { realm: string; provider: Provider; path: string; reload: () => void }) {
  const may = useMay(props.realm);
  const [p, setP] = useState(props.provider);
  const [busy, run] = useAction();
  const set = (part: Partial<Provider>) => setP({ ...p, ...part });
  const setConfig = (name: string, value: string) => set({ config: { ...p.config, [name]: value } });
  const save = () => run(async () => {
    if (await attempt(() => put(props.path, p), t('saved'))) props.reload();
  });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card title={t('settings.general')}>
        <TextField label={t('settings.display')} value={p.displayName} onChange={(displayName) => set({ displayName })} />
        <Switch label={t('providers.enabled')} value={p.enabled} onChange={(enabled) => set({ enabled })} />
        <Switch label={t('providers.trust-email')} value={p.trustEmail} onChange={(trustEmail) => set({ trustEmail })} />
        <Switch label={t('providers.hide')} value={p.hideOnLogin} onChange={(hideOnLogin) => set({ hideOnLogin })} />
      </Card>
      <Card title={t('providers.connection')}>
        <p>{t('providers.redirect')}</p>
        <Code label={t('providers.redirect')} text={`${issuerOf(props.realm)}/broker/${encodeURIComponent(p.alias)}/endpoint`} />
        <Grid>
          <TextField label={t('client.id')} value={p.config?.clientId} onChange={(v) => setConfig('clientId', v)} />
          <TextField label={t('client.secret')} type="password" autocomplete="new-password" value={p.config?.clientSecret} onChange={(v) => setConfig('clientSecret', v)} />
          {addresses.map((name) => <TextField key={name} label={name} value={p.config?.[name]} onChange={(v) => setConfig(name, v)} />)}
        </Grid>
      </Card>
      {may('manage-identity-providers') && <div class="actions"><Button type="submit" kind="main" busy={busy}>{t('save')}</Button></div>}
    </form>
  );
}
