import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create, get, put, queryOf, realmPath, remove } from '../lib/api';
import { useAction, useChanges, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Group, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { AttributesField, TextField } from '../ui/form';
import { Paged, SearchBox, usePaged } from '../ui/table';
import { RoleMappings } from './mappings';

const LEVEL = 200; // groups of one level that are drawn at once

export default function Groups(props: PageProps) {
  const [id, tab] = props.rest;
  return id ? <GroupPage realm={props.realm} id={id} tab={tab ?? 'details'} /> : <Tree realm={props.realm} />;
}

function Tree({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [search, setSearch] = useState('');
  const [adding, setAdding] = useState(false);
  const groups = useData<Group[]>(
    (signal) => get(`${realmPath(realm, 'groups')}${queryOf({ search: search.trim(), max: LEVEL })}`, signal),
    [realm, search.trim()],
  );
  return (
    <Page
      title={t('nav.groups')}
      lead={t('groups.lead')}
      actions={may('manage-users') && <Button kind="main" onClick={() => setAdding(true)}>{t('groups.add')}</Button>}
    >
      <div class="tools"><SearchBox label={t('groups.search')} value={search} onChange={setSearch} busy={groups.busy} /></div>
      <Loaded of={groups}>
        {(rows) =>
          rows.length === 0
            ? <p class="empty">{search ? t('table.nothing', { text: search }) : t('groups.empty')}</p>
            : <ul class="tree">{rows.map((g) => <Node key={g.id} realm={realm} group={g} open={search !== ''} />)}</ul>
        }
      </Loaded>
      {adding && <AddGroup realm={realm} onClose={() => setAdding(false)} done={groups.reload} />}
    </Page>
  );
}

function Node({ realm, group, open }: { realm: string; group: Group; open: boolean }) {
  const known = group.subGroups ?? [];
  const has = known.length > 0 || (group.subGroupCount ?? 0) > 0;
  const [shown, setShown] = useState(open && known.length > 0);
  const children = useData<Group[]>(
    shown && known.length === 0
      ? (signal) => get(`${realmPath(realm, 'groups', group.id, 'children')}${queryOf({ max: LEVEL })}`, signal)
      : undefined,
    [group.id, shown],
  );
  return (
    <li>
      {has ? (
        <button type="button" class="twist" aria-expanded={shown} aria-label={t('groups.expand', { name: group.name })} onClick={() => setShown(!shown)}>
          {shown ? '▾' : '▸'}
        </button>
      ) : <span class="twist" />}
      <a href={linkTo(realm, 'groups', group.id)}>{group.name}</a>
      {shown && (
        <ul>
          {(known.length > 0 ? known : (children.data ?? [])).map((g) => <Node key={g.id} realm={realm} group={g} open={open} />)}
        </ul>
      )}
    </li>
  );
}

function AddGroup(props: { realm: string; parent?: Group; onClose: () => void; done: () => void }) {
  const [name, setName] = useState('');
  const path = props.parent
    ? realmPath(props.realm, 'groups', props.parent.id, 'children')
    : realmPath(props.realm, 'groups');
  return (
    <FormDialog
      title={props.parent ? t('groups.add.below', { name: props.parent.name }) : t('groups.add')}
      submit={t('create')}
      done={t('groups.added', { name })}
      onClose={props.onClose}
      work={async () => { await create(path, { name }); props.done(); }}
    >
      <TextField label={t('name')} value={name} required onChange={setName} />
    </FormDialog>
  );
}

function GroupPage({ realm, id, tab }: { realm: string; id: string; tab: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'groups', id);
  const group = useData<Group>((signal) => get(path, signal), [path]);
  const [asking, setAsking] = useState<'delete' | 'add'>();
  return (
    <Page
      title={group.data?.path ?? t('group')}
      up={{ href: linkTo(realm, 'groups'), text: t('nav.groups') }}
      actions={may('manage-users') && group.data && (
        <>
          <Button onClick={() => setAsking('add')}>{t('groups.add.child')}</Button>
          <Button kind="danger" onClick={() => setAsking('delete')}>{t('delete')}</Button>
        </>
      )}
    >
      <Tabs
        base={linkTo(realm, 'groups', id)}
        current={tab}
        tabs={[['details', t('user.tab.details')], ['members', t('groups.members')], ['children', t('groups.children')], ['roles', t('nav.roles')]]}
      />
      <Loaded of={group}>
        {(g) => (
          <>
            {tab === 'details' && <GroupDetails key={g.id} realm={realm} group={g} reload={group.reload} />}
            {tab === 'members' && <Members realm={realm} path={path} />}
            {tab === 'children' && <ul class="tree"><Node key={g.subGroupCount} realm={realm} group={g} open={false} /></ul>}
            {tab === 'roles' && <RoleMappings realm={realm} of={path} mayManage={may('manage-users')} />}
            {asking === 'add' && <AddGroup realm={realm} parent={g} onClose={() => setAsking(undefined)} done={group.reload} />}
            {asking === 'delete' && (
              <ConfirmDialog
                title={t('groups.delete.title', { name: g.name })}
                text={t('groups.delete.text')}
                name={g.name}
                submit={t('delete')}
                done={t('groups.deleted', { name: g.name })}
                onClose={() => setAsking(undefined)}
                work={async () => { await remove(path); location.hash = linkTo(realm, 'groups'); }}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function GroupDetails(props: { realm: string; group: Group; reload: () => void }) {
  const may = useMay(props.realm);
  const { value: group, set, changed, isChanged, clear } = useChanges(props.group);
  const [busy, run] = useAction();
  const save = () => run(async () => {
    if (!(await attempt(() => put(realmPath(props.realm, 'groups', group.id), changed), t('saved')))) return;
    clear();
    props.reload();
  });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card>
        <TextField label={t('name')} value={group.name} required onChange={(name) => set({ name })} />
        <TextField label={t('description')} value={group.description} onChange={(description) => set({ description })} />
        <AttributesField key={JSON.stringify(props.group.attributes)} label={t('attributes')} value={group.attributes} onChange={(attributes) => set({ attributes })} />
        {may('manage-users') && <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!isChanged}>{t('save')}</Button></div>}
      </Card>
    </form>
  );
}

function Members({ realm, path }: { realm: string; path: string }) {
  const list = usePaged<User>((q, signal) => get(`${path}/members${queryOf({ first: q.first, max: q.max })}`, signal), [path]);
  return (
    <Paged
      of={list}
      label={t('groups.members')}
      id={(u) => u.id}
      empty={t('groups.members.empty')}
      columns={[
        { title: t('user.username'), cell: (u) => <a href={linkTo(realm, 'users', u.id)}>{u.username}</a> },
        { title: t('user.email'), cell: (u) => u.email },
      ]}
    />
  );
}
