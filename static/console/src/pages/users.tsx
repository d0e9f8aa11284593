import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create, get, queryOf, realmPath } from '../lib/api';
import { formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { User } from '../lib/types';
import { useMay } from '../lib/who';
import { Badge, Button, Page } from '../ui/basics';
import { FormDialog } from '../ui/dialog';
import { Switch, TextField } from '../ui/form';
import { Paged, usePaged } from '../ui/table';
import { UserPage } from './user';

export default function Users(props: PageProps) {
  const [id, tab] = props.rest;
  if (id) return <UserPage realm={props.realm} id={id} tab={tab ?? 'details'} />;
  return <UserList realm={props.realm} />;
}

function fullName(u: User): string {
  return [u.firstName, u.lastName].filter(Boolean).join(' ');
}

function UserList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [adding, setAdding] = useState(false);
  const list = usePaged<User>(
    (q, signal) => get(`${realmPath(realm, 'users')}${queryOf({ ...q, briefRepresentation: true })}`, signal),
    [realm],
  );
  return (
    <Page
      title={t('nav.users')}
      lead={t('users.lead')}
      actions={may('manage-users') && <Button kind="main" onClick={() => setAdding(true)}>{t('users.add')}</Button>}
    >
      <Paged
        of={list}
        label={t('nav.users')}
        searchLabel={t('users.search')}
        id={(u) => u.id}
        empty={t('users.empty')}
        columns={[
          { title: t('user.username'), cell: (u) => <a href={linkTo(realm, 'users', u.id)}>{u.username}</a> },
          { title: t('name'), cell: fullName },
          { title: t('user.email'), cell: (u) => u.email },
          { title: t('user.since'), cell: (u) => formatTime(u.createdTimestamp) },
          { title: t('state'), narrow: true, cell: (u) => !u.enabled && <Badge kind="bad">{t('disabled')}</Badge> },
        ]}
      />
      {adding && <AddUser realm={realm} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function AddUser({ realm, onClose }: { realm: string; onClose: () => void }) {
  const [user, setUser] = useState<Partial<User>>({ enabled: true });
  const set = (part: Partial<User>) => setUser({ ...user, ...part });
  return (
    <FormDialog
      title={t('users.add')}
      submit={t('create')}
      done={t('users.added', { name: user.username ?? '' })}
      onClose={onClose}
      work={async () => {
        const id = await create(realmPath(realm, 'users'), user);
        location.hash = linkTo(realm, 'users', id, 'credentials');
      }}
    >
      <TextField label={t('user.username')} value={user.username} required onChange={(username) => set({ username })} />
      <TextField label={t('user.email')} type="email" value={user.email} onChange={(email) => set({ email })} />
      <TextField label={t('user.first')} value={user.firstName} onChange={(firstName) => set({ firstName })} />
      <TextField label={t('user.last')} value={user.lastName} onChange={(lastName) => set({ lastName })} />
      <Switch label={t('user.verified')} value={user.emailVerified} onChange={(emailVerified) => set({ emailVerified })} />
    </FormDialog>
  );
}
