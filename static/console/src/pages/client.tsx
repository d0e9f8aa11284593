/* One client: settings, secret, roles, scopes, mappers, what its tokens would hold, how to use it. */
import { useState } from 'preact/hooks';

import { get, post, put, realmPath, remove } from '../lib/api';
import { useAction, useChanges, useData } from '../lib/data';
import { formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Client, Session, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Code, Facts, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { Grid, ListField, Select, Switch, TextField } from '../ui/form';
import { Paged, usePaged } from '../ui/table';
import { toast } from '../ui/toast';
import { Evaluate } from './client_evaluate';
import { ClientScopes } from './client_scopes';
import { Snippets } from './client_snippets';
import { EventList } from './events';
import { Mappers } from './mappers';
import { RoleMappings } from './mappings';
import { RoleList } from './roles';

export function ClientPage({ realm, id, tab }: { realm: string; id: string; tab: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'clients', id);
  const client = useData<Client>((signal) => get(path, signal), [path]);
  const c = client.data;
  const confidential = c && !c.publicClient && !c.bearerOnly;
  const tabs: [string, string][] = [['settings', t('nav.settings')]];
  if (confidential) tabs.push(['credentials', t('user.tab.credentials')]);
  tabs.push(['roles', t('nav.roles')], ['scopes', t('nav.scopes')], ['mappers', t('mappers')], ['evaluate', t('evaluate')]);
  if (c?.serviceAccountsEnabled) tabs.push(['service', t('client.service')]);
  tabs.push(['start', t('client.start')], ['sessions', t('nav.sessions')]);
  if (may('view-events')) tabs.push(['events', t('nav.events')]);
  return (
    <Page
      title={c?.clientId ?? t('client')}
      up={{ href: linkTo(realm, 'clients'), text: t('nav.clients') }}
      actions={c && may('manage-clients') && <ClientActions realm={realm} client={c} reload={client.reload} />}
    >
      <Tabs base={linkTo(realm, 'clients', id)} tabs={tabs} current={tab} />
      <Loaded of={client}>
        {(found) => (
          <>
            {tab === 'settings' && <Settings key={found.id} realm={realm} client={found} reload={client.reload} />}
            {tab === 'credentials' && <Secret realm={realm} client={found} />}
            {tab === 'roles' && <RoleList realm={realm} of={`${path}/roles`} needs="manage-clients" />}
            {tab === 'scopes' && <ClientScopes realm={realm} client={found} />}
            {tab === 'mappers' && <Mappers realm={realm} of={path} needs="manage-clients" />}
            {tab === 'evaluate' && <Evaluate realm={realm} client={found} />}
            {tab === 'service' && <ServiceAccount realm={realm} client={found} />}
            {tab === 'start' && <Snippets realm={realm} client={found} />}
            {tab === 'sessions' && <ClientSessions realm={realm} client={found} />}
            {tab === 'events' && <EventList realm={realm} client={found.clientId} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function ClientActions(props: { realm: string; client: Client; reload: () => void }) {
  const { realm, client } = props;
  const [deleting, setDeleting] = useState(false);
  const path = realmPath(realm, 'clients', client.id);
  const enable = (enabled: boolean) =>
    attempt(async () => {
      await put(path, { enabled });
      props.reload();
      toast.good(t(enabled ? 'client.enabled' : 'client.disabled', { name: client.clientId }), { undo: () => void enable(!enabled) });
    });
  return (
    <>
      <Button onClick={() => void enable(client.enabled === false)}>{t(client.enabled === false ? 'enable' : 'disable')}</Button>
      <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>
      {deleting && (
        <ConfirmDialog
          title={t('client.delete.title', { name: client.clientId })}
          text={t('client.delete.text')}
          name={client.clientId}
          submit={t('delete')}
          done={t('client.deleted', { name: client.clientId })}
          onClose={() => setDeleting(false)}
          work={async () => { await remove(path); location.hash = linkTo(realm, 'clients'); }}
        />
      )}
    </>
  );
}

function Settings(props: { realm: string; client: Client; reload: () => void }) {
  const may = useMay(props.realm);
  const { value: client, set, changed, isChanged, clear } = useChanges(props.client);
  const [busy, run] = useAction();
  const attribute = (name: string) => client.attributes?.[name];
  const setAttribute = (name: string, value: string) => set({ attributes: { ...client.attributes, [name]: value } });
  const save = () => run(async () => {
    const body = { ...changed };
    for (const list of ['redirectUris', 'webOrigins'] as const) if (body[list]) body[list] = body[list].filter(Boolean);
    if (!(await attempt(() => put(realmPath(props.realm, 'clients', client.id), body), t('saved')))) return;
    clear();
    props.reload();
  });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card title={t('settings.general')}>
        <Grid>
          <TextField label={t('client.id')} value={client.clientId} required onChange={(clientId) => set({ clientId })} />
          <TextField label={t('name')} value={client.name} onChange={(name) => set({ name })} />
          <TextField label={t('description')} value={client.description} onChange={(description) => set({ description })} />
          <TextField label={t('client.root')} hint={t('client.root.hint')} value={client.rootUrl} onChange={(rootUrl) => set({ rootUrl })} />
          <TextField label={t('client.home')} value={client.baseUrl} onChange={(baseUrl) => set({ baseUrl })} />
        </Grid>
      </Card>
      <Card title={t('client.addresses')}>
        <ListField label={t('client.redirects')} hint={t('client.redirects.hint')} values={client.redirectUris} onChange={(redirectUris) => set({ redirectUris })} />
        <ListField label={t('client.origins')} hint={t('client.origins.hint')} values={client.webOrigins} onChange={(webOrigins) => set({ webOrigins })} />
        <ListField
          label={t('client.logouts')}
          hint={t('client.logouts.hint')}
          values={(attribute('post.logout.redirect.uris') ?? '').split('##').filter((x, _, all) => x || all.length > 1)}
          onChange={(v) => setAttribute('post.logout.redirect.uris', v.join('##'))}
        />
      </Card>
      <Card title={t('client.access')}>
        <Switch label={t('client.public')} hint={t('client.public.hint')} value={client.publicClient} onChange={(publicClient) => set({ publicClient })} />
        <Switch label={t('client.code')} value={client.standardFlowEnabled} onChange={(standardFlowEnabled) => set({ standardFlowEnabled })} />
        <Switch label={t('client.service')} hint={t('client.service.hint')} disabled={client.publicClient} value={client.serviceAccountsEnabled} onChange={(serviceAccountsEnabled) => set({ serviceAccountsEnabled })} />
        <Switch label={t('client.password')} hint={t('client.password.hint')} value={client.directAccessGrantsEnabled} onChange={(directAccessGrantsEnabled) => set({ directAccessGrantsEnabled })} />
        <Switch label={t('client.implicit')} hint={t('client.implicit.hint')} value={client.implicitFlowEnabled} onChange={(implicitFlowEnabled) => set({ implicitFlowEnabled })} />
        <Switch label={t('client.consent')} value={client.consentRequired} onChange={(consentRequired) => set({ consentRequired })} />
        <Switch label={t('client.full-scope')} hint={t('client.full-scope.hint')} value={client.fullScopeAllowed} onChange={(fullScopeAllowed) => set({ fullScopeAllowed })} />
        <Select
          label={t('client.pkce')}
          value={attribute('pkce.code.challenge.method') ?? ''}
          options={[['', t('client.pkce.any')], ['S256', 'S256'], ['plain', 'plain']]}
          onChange={(v) => setAttribute('pkce.code.challenge.method', v)}
        />
      </Card>
      {may('manage-clients') && <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!isChanged}>{t('save')}</Button></div>}
    </form>
  );
}

/* The secret is shown when it is made, and once more to who asks for it. */
function Secret({ realm, client }: { realm: string; client: Client }) {
  const may = useMay(realm);
  const path = `${realmPath(realm, 'clients', client.id)}/client-secret`;
  const [secret, setSecret] = useState<string>();
  const [asking, setAsking] = useState(false);
  const show = () => attempt(async () => setSecret((await get<{ value: string }>(path)).value));
  return (
    <Card title={t('client.secret')} lead={t('client.secret.lead')}>
      <Facts of={[[t('client.authenticator'), client.clientAuthenticatorType ?? 'client-secret']]} />
      {secret && <Code text={secret} label={t('client.secret')} />}
      {may('manage-clients') && (
        <div class="actions">
          {!secret && <Button onClick={show}>{t('client.secret.show')}</Button>}
          <Button kind="danger" onClick={() => setAsking(true)}>{t('client.secret.new')}</Button>
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={t('client.secret.new')}
          text={t('client.secret.new.text')}
          submit={t('client.secret.new')}
          done={t('client.secret.made')}
          onClose={() => setAsking(false)}
          work={async () => setSecret((await post<{ value: string }>(path))?.value)}
        />
      )}
    </Card>
  );
}

function ServiceAccount({ realm, client }: { realm: string; client: Client }) {
  const may = useMay(realm);
  const path = `${realmPath(realm, 'clients', client.id)}/service-account-user`;
  const user = useData<User>((signal) => get(path, signal), [path]);
  return (
    <Loaded of={user}>
      {(u) => (
        <>
          <Card title={t('client.service')} lead={t('client.service.hint')}>
            <Facts of={[[t('user'), <a href={linkTo(realm, 'users', u.id)}>{u.username}</a>]]} />
          </Card>
          <RoleMappings realm={realm} of={realmPath(realm, 'users', u.id)} mayManage={may('manage-users')} />
        </>
      )}
    </Loaded>
  );
}

function ClientSessions({ realm, client }: { realm: string; client: Client }) {
  const [offline, setOffline] = useState(false);
  const base = `${realmPath(realm, 'clients', client.id)}/${offline ? 'offline-sessions' : 'user-sessions'}`;
  const list = usePaged<Session>((q, signal) => get(`${base}?first=${q.first}&max=${q.max}`, signal), [base]);
  return (
    <Paged
      of={list}
      label={t('nav.sessions')}
      id={(s) => s.id}
      empty={t('sessions.empty')}
      tools={<Switch label={t('sessions.offline')} value={offline} onChange={setOffline} />}
      columns={[
        { title: t('user'), cell: (s) => s.userId && <a href={linkTo(realm, 'users', s.userId, 'sessions')}>{s.username}</a> },
        { title: t('session.start'), cell: (s) => formatTime(s.start) },
        { title: t('session.last'), cell: (s) => formatTime(s.lastAccess) },
        { title: t('session.address'), cell: (s) => <Badge>{s.ipAddress}</Badge> },
      ]}
    />
  );
}
