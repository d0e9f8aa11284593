/* Roles of the realm; those of a client are drawn by the same parts on its page. */
import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create, get, post, put, queryOf, realmPath, remove } from '../lib/api';
import { useAction, useChanges, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Group, Role, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { AttributesField, TextField } from '../ui/form';
import { Paged, Table, usePaged } from '../ui/table';
import { RolePicker } from './mappings';

export default function Roles(props: PageProps) {
  const [id, tab] = props.rest;
  const { realm } = props;
  if (id) return <RolePage realm={realm} id={id} tab={tab ?? 'details'} />;
  return (
    <Page title={t('nav.roles')} lead={t('roles.lead')}>
      <RoleList realm={realm} of={realmPath(realm, 'roles')} needs="manage-realm" />
    </Page>
  );
}

export function RoleList(props: { realm: string; of: string; needs: string }) {
  const { realm, of } = props;
  const may = useMay(realm);
  const [adding, setAdding] = useState(false);
  const list = usePaged<Role>((q, signal) => get(`${of}${queryOf({ ...q, briefRepresentation: true })}`, signal), [of]);
  return (
    <>
      <Paged
        of={list}
        label={t('nav.roles')}
        searchLabel={t('roles.search')}
        id={(r) => r.id}
        empty={t('roles.empty')}
        tools={may(props.needs) && <Button kind="main" onClick={() => setAdding(true)}>{t('roles.add')}</Button>}
        columns={[
          { title: t('name'), cell: (r) => <a href={linkTo(realm, 'roles', r.id)}>{r.name}</a> },
          { title: t('description'), cell: (r) => r.description },
          { title: t('type'), narrow: true, cell: (r) => r.composite && <Badge>{t('roles.composite')}</Badge> },
        ]}
      />
      {adding && <AddRole path={of} onClose={() => setAdding(false)} done={list.data.reload} />}
    </>
  );
}

function AddRole(props: { path: string; onClose: () => void; done: () => void }) {
  const [role, setRole] = useState({ name: '', description: '' });
  return (
    <FormDialog
      title={t('roles.add')}
      submit={t('create')}
      done={t('roles.added', { name: role.name })}
      onClose={props.onClose}
      work={async () => { await create(props.path, role); props.done(); }}
    >
      <TextField label={t('name')} value={role.name} required onChange={(name) => setRole({ ...role, name })} />
      <TextField label={t('description')} value={role.description} onChange={(description) => setRole({ ...role, description })} />
    </FormDialog>
  );
}

function RolePage({ realm, id, tab }: { realm: string; id: string; tab: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'roles-by-id', id);
  const [deleting, setDeleting] = useState(false);
  const role = useData<Role>((signal) => get(path, signal), [path]);
  const needs = role.data?.clientRole ? 'manage-clients' : 'manage-realm';
  const up = role.data?.clientRole
    ? { href: linkTo(realm, 'clients', role.data.containerId ?? '', 'roles'), text: t('client') }
    : { href: linkTo(realm, 'roles'), text: t('nav.roles') };
  return (
    <Page
      title={role.data?.name ?? t('role')}
      up={up}
      actions={may(needs) && role.data && <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>}
    >
      <Tabs
        base={linkTo(realm, 'roles', id)}
        current={tab}
        tabs={[['details', t('user.tab.details')], ['composites', t('roles.composites')], ['holders', t('roles.holders')]]}
      />
      <Loaded of={role}>
        {(r) => (
          <>
            {tab === 'details' && <RoleDetails key={r.id} role={r} path={path} may={may(needs)} reload={role.reload} />}
            {tab === 'composites' && <Composites realm={realm} role={r} path={path} may={may(needs)} />}
            {tab === 'holders' && <Holders realm={realm} role={r} />}
            {deleting && (
              <ConfirmDialog
                title={t('roles.delete.title', { name: r.name })}
                text={t('roles.delete.text')}
                name={r.name}
                submit={t('delete')}
                done={t('roles.deleted', { name: r.name })}
                onClose={() => setDeleting(false)}
                work={async () => { await remove(path); location.hash = up.href; }}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function RoleDetails(props: { role: Role; path: string; may: boolean; reload: () => void }) {
  const { value: role, set, changed, isChanged, clear } = useChanges(props.role);
  const [busy, run] = useAction();
  const save = () => run(async () => {
    if (!(await attempt(() => put(props.path, changed), t('saved')))) return;
    clear();
    props.reload();
  });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card>
        <TextField label={t('name')} value={role.name} required onChange={(name) => set({ name })} />
        <TextField label={t('description')} value={role.description} onChange={(description) => set({ description })} />
        <AttributesField key={JSON.stringify(props.role.attributes)} label={t('attributes')} value={role.attributes} onChange={(attributes) => set({ attributes })} />
        {props.may && <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!isChanged}>{t('save')}</Button></div>}
      </Card>
    </form>
  );
}

function Composites(props: { realm: string; role: Role; path: string; may: boolean }) {
  const base = `${props.path}/composites`;
  const [adding, setAdding] = useState(false);
  const list = useData<Role[]>((signal) => get(base, signal), [base]);
  const take = (r: Role) =>
    attempt(async () => { await remove(base, [{ id: r.id, name: r.name }]); list.reload(); }, t('roles.taken', { name: r.name }));
  return (
    <Card title={t('roles.composites')} lead={t('roles.composites.lead')}>
      {props.may && <div class="tools"><Button kind="main" onClick={() => setAdding(true)}>{t('roles.give')}</Button></div>}
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('roles.composites')}
            rows={rows}
            id={(r) => r.id}
            empty={t('roles.composites.empty')}
            columns={[
              { title: t('role'), cell: (r) => <a href={linkTo(props.realm, 'roles', r.id)}>{r.name}</a> },
              { title: t('description'), cell: (r) => r.description },
              { title: t('actions'), narrow: true, cell: (r) => props.may && <Button kind="plain" onClick={() => take(r)}>{t('roles.take')}</Button> },
            ]}
          />
        )}
      </Loaded>
      {adding && <CompositePicker realm={props.realm} role={props.role} base={base} done={list.reload} onClose={() => setAdding(false)} />}
    </Card>
  );
}

/* The roles that a role can be made of are all that there are: asked for as those of the realm. */
function CompositePicker(props: { realm: string; role: Role; base: string; done: () => void; onClose: () => void }) {
  return (
    <RolePicker
      realm={props.realm}
      available={realmPath(props.realm, 'roles-by-id', props.role.id)}
      all
      onClose={props.onClose}
      give={async (roles) => { await post(props.base, roles); props.done(); }}
    />
  );
}

function Holders({ realm, role }: { realm: string; role: Role }) {
  const base = role.clientRole
    ? realmPath(realm, 'clients', role.containerId ?? '', 'roles', role.name)
    : realmPath(realm, 'roles', role.name);
  const users = usePaged<User>((q, signal) => get(`${base}/users${queryOf({ first: q.first, max: q.max })}`, signal), [base]);
  const groups = useData<Group[]>((signal) => get(`${base}/groups`, signal), [base]);
  return (
    <>
      <Card title={t('roles.holders.groups')}>
        <Loaded of={groups}>
          {(rows) => (
            <Table label={t('nav.groups')} rows={rows} id={(g) => g.id} empty={t('roles.holders.none')}
              columns={[{ title: t('name'), cell: (g) => <a href={linkTo(realm, 'groups', g.id)}>{g.path ?? g.name}</a> }]} />
          )}
        </Loaded>
      </Card>
      <Card title={t('roles.holders.users')}>
        <Paged
          of={users}
          label={t('nav.users')}
          id={(u) => u.id}
          empty={t('roles.holders.none')}
          columns={[
            { title: t('user.username'), cell: (u) => <a href={linkTo(realm, 'users', u.id)}>{u.username}</a> },
            { title: t('user.email'), cell: (u) => u.email },
          ]}
        />
      </Card>
    </>
  );
}
