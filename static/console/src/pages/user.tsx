/* One person: what is known of him, how he signs in, what he may do, where he is signed in. */
import { useState } from 'preact/hooks';

import { get, post, put, realmPath, remove } from '../lib/api';
import { useAction, useChanges, useData, type Data } from '../lib/data';
import { formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Consent, RequiredAction, Session, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Facts, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { AttributesField, Grid, Switch, TextField } from '../ui/form';
import { Table } from '../ui/table';
import { toast } from '../ui/toast';
import { EventList } from './events';
import { RoleMappings } from './mappings';
import { Credentials } from './user_credentials';
import { UserGroups } from './user_groups';

export function UserPage(props: { realm: string; id: string; tab: string }) {
  const { realm, id, tab } = props;
  const may = useMay(realm);
  const path = realmPath(realm, 'users', id);
  const user = useData<User>((signal) => get(`${path}?userProfileMetadata=false`, signal), [path]);
  const tabs: [string, string][] = [
    ['details', t('user.tab.details')],
    ['credentials', t('user.tab.credentials')],
    ['roles', t('nav.roles')],
    ['groups', t('nav.groups')],
    ['sessions', t('nav.sessions')],
    ['consents', t('user.tab.consents')],
  ];
  if (may('view-events')) tabs.push(['events', t('nav.events')]);
  return (
    <Page
      title={user.data?.username ?? t('user')}
      up={{ href: linkTo(realm, 'users'), text: t('nav.users') }}
      actions={user.data && <UserActions realm={realm} user={user.data} reload={user.reload} />}
    >
      <Tabs base={linkTo(realm, 'users', id)} tabs={tabs} current={tab} />
      <Loaded of={user}>
        {(u) => (
          <>
            {tab === 'details' && <Details key={u.id} realm={realm} of={user} user={u} />}
            {tab === 'credentials' && <Credentials realm={realm} user={u} />}
            {tab === 'roles' && <RoleMappings realm={realm} of={path} mayManage={may('manage-users')} />}
            {tab === 'groups' && <UserGroups realm={realm} user={u} />}
            {tab === 'sessions' && <UserSessions realm={realm} user={u} />}
            {tab === 'consents' && <Consents realm={realm} user={u} />}
            {tab === 'events' && <EventList realm={realm} user={u.id} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function UserActions(props: { realm: string; user: User; reload: () => void }) {
  const { realm, user, reload } = props;
  const may = useMay(realm);
  const [asking, setAsking] = useState<'delete' | 'impersonate'>();
  const path = realmPath(realm, 'users', user.id);
  const enable = (enabled: boolean) =>
    attempt(async () => {
      await put(path, { enabled });
      reload();
      toast.good(t(enabled ? 'user.enabled' : 'user.disabled', { name: user.username }), { undo: () => void enable(!enabled) });
    });
  return (
    <>
      {may('impersonation') && <Button onClick={() => setAsking('impersonate')}>{t('user.impersonate')}</Button>}
      {may('manage-users') && (
        <>
          <Button onClick={() => void enable(!user.enabled)}>{t(user.enabled ? 'disable' : 'enable')}</Button>
          <Button kind="danger" onClick={() => setAsking('delete')}>{t('delete')}</Button>
        </>
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('user.delete.title', { name: user.username })}
          text={t('user.delete.text')}
          name={user.username}
          submit={t('delete')}
          done={t('user.deleted', { name: user.username })}
          onClose={() => setAsking(undefined)}
          work={async () => {
            await remove(path);
            location.hash = linkTo(realm, 'users');
          }}
        />
      )}
      {asking === 'impersonate' && (
        <ConfirmDialog
          title={t('user.impersonate.title', { name: user.username })}
          text={t('user.impersonate.text')}
          submit={t('user.impersonate')}
          onClose={() => setAsking(undefined)}
          work={async () => {
            const answer = await post<{ redirect?: string }>(`${path}/impersonation`, {});
            if (answer?.redirect) location.assign(answer.redirect);
          }}
        />
      )}
    </>
  );
}

function Details(props: { realm: string; of: Data<User>; user: User }) {
  const { realm } = props;
  const may = useMay(realm);
  const { value: user, set, changed, isChanged, clear } = useChanges(props.user);
  const [busy, run] = useAction();
  const actions = useData<RequiredAction[]>(
    may('view-realm', 'manage-realm') ? (signal) => get(realmPath(realm, 'authentication', 'required-actions'), signal) : undefined,
    [realm],
  );
  const wanted = user.requiredActions ?? [];
  const save = () =>
    run(async () => {
      if (!(await attempt(() => put(realmPath(realm, 'users', user.id), changed), t('saved')))) return;
      clear();
      props.of.reload();
    });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card>
        <Facts of={[[t('id'), <code>{user.id}</code>], [t('user.since'), formatTime(user.createdTimestamp)]]} />
        <Grid>
          <TextField label={t('user.username')} value={user.username} required onChange={(username) => set({ username })} />
          <TextField label={t('user.email')} type="email" value={user.email} onChange={(email) => set({ email })} />
          <TextField label={t('user.first')} value={user.firstName} onChange={(firstName) => set({ firstName })} />
          <TextField label={t('user.last')} value={user.lastName} onChange={(lastName) => set({ lastName })} />
        </Grid>
        <Switch label={t('user.verified')} value={user.emailVerified} onChange={(emailVerified) => set({ emailVerified })} />
      </Card>
      {(actions.data?.length ?? 0) > 0 && (
        <Card title={t('user.actions')} lead={t('user.actions.lead')}>
          {actions.data!.filter((a) => (a.enabled && a.available) || wanted.includes(a.alias) || props.user.requiredActions?.includes(a.alias)).map((a) => (
            <Switch
              key={a.alias}
              label={a.name}
              hint={a.available ? undefined : t(a.enabled ? 'user.actions.keeps-out' : 'user.actions.absent')}
              value={wanted.includes(a.alias)}
              onChange={(on) => set({ requiredActions: on ? [...wanted, a.alias] : wanted.filter((x) => x !== a.alias) })}
            />
          ))}
        </Card>
      )}
      <Card title={t('attributes')}>
        <AttributesField key={JSON.stringify(props.user.attributes)} label={t('attributes')} value={user.attributes} onChange={(attributes) => set({ attributes })} />
      </Card>
      {may('manage-users') && (
        <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!isChanged}>{t('save')}</Button></div>
      )}
    </form>
  );
}

function UserSessions({ realm, user }: { realm: string; user: User }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'users', user.id);
  const sessions = useData<Session[]>((signal) => get(`${path}/sessions`, signal), [path]);
  const end = (work: () => Promise<void>) =>
    attempt(async () => { await work(); sessions.reload(); }, t('sessions.ended'));
  return (
    <Card
      title={t('nav.sessions')}
      lead={t('user.sessions.lead')}
    >
      {may('manage-users') && (sessions.data?.length ?? 0) > 0 && (
        <div class="tools"><Button onClick={() => end(() => post(`${path}/logout`))}>{t('sessions.end-all')}</Button></div>
      )}
      <Loaded of={sessions}>
        {(rows) => (
          <Table
            label={t('nav.sessions')}
            rows={rows}
            id={(s) => s.id}
            empty={t('user.sessions.empty')}
            columns={[
              { title: t('session.start'), cell: (s) => formatTime(s.start) },
              { title: t('session.last'), cell: (s) => formatTime(s.lastAccess) },
              { title: t('session.address'), cell: (s) => s.ipAddress },
              { title: t('nav.clients'), cell: (s) => Object.values(s.clients ?? {}).map((c) => <Badge key={c}>{c}</Badge>) },
              {
                title: t('actions'), narrow: true,
                cell: (s) => may('manage-users') && (
                  <Button kind="plain" onClick={() => end(() => remove(realmPath(realm, 'sessions', s.id)))}>{t('session.end')}</Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Consents({ realm, user }: { realm: string; user: User }) {
  const may = useMay(realm);
  const path = `${realmPath(realm, 'users', user.id)}/consents`;
  const consents = useData<Consent[]>((signal) => get(path, signal), [path]);
  return (
    <Card title={t('user.tab.consents')} lead={t('user.consents.lead')}>
      <Loaded of={consents}>
        {(rows) => (
          <Table
            label={t('user.tab.consents')}
            rows={rows}
            id={(c) => c.clientId}
            empty={t('user.consents.empty')}
            columns={[
              { title: t('client'), cell: (c) => c.clientId },
              { title: t('nav.scopes'), cell: (c) => (c.grantedClientScopes ?? []).map((s) => <Badge key={s}>{s}</Badge>) },
              { title: t('user.consents.since'), cell: (c) => formatTime(c.createdDate) },
              {
                title: t('actions'), narrow: true,
                cell: (c) => may('manage-users') && (
                  <Button
                    kind="plain"
                    onClick={() => attempt(async () => {
                      await remove(`${path}/${encodeURIComponent(c.clientId)}`);
                      consents.reload();
                    }, t('user.consents.revoked'))}
                  >
                    {t('revoke')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}
