import { useState } from 'preact/hooks';

import { get, put, queryOf, realmPath, remove } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Group, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Paged, Table, usePaged } from '../ui/table';

export function UserGroups({ realm, user }: { realm: string; user: User }) {
  const may = useMay(realm);
  const path = `${realmPath(realm, 'users', user.id)}/groups`;
  const [joining, setJoining] = useState(false);
  const groups = useData<Group[]>((signal) => get(path, signal), [path]);
  const leave = (g: Group) =>
    attempt(async () => { await remove(`${path}/${g.id}`); groups.reload(); }, t('groups.left', { name: g.name }));
  const join = (g: Group) =>
    attempt(async () => { await put(`${path}/${g.id}`, {}); groups.reload(); setJoining(false); }, t('groups.joined', { name: g.name }));
  return (
    <Card title={t('nav.groups')}>
      {may('manage-users') && <div class="tools"><Button kind="main" onClick={() => setJoining(true)}>{t('groups.join')}</Button></div>}
      <Loaded of={groups}>
        {(rows) => (
          <Table
            label={t('nav.groups')}
            rows={rows}
            id={(g) => g.id}
            empty={t('user.groups.empty')}
            columns={[
              { title: t('name'), cell: (g) => <a href={linkTo(realm, 'groups', g.id)}>{g.path ?? g.name}</a> },
              { title: t('actions'), narrow: true, cell: (g) => may('manage-users') && <Button kind="plain" onClick={() => leave(g)}>{t('groups.leave')}</Button> },
            ]}
          />
        )}
      </Loaded>
      {joining && <GroupPicker realm={realm} title={t('groups.join')} pick={join} onClose={() => setJoining(false)} />}
    </Card>
  );
}

function flat(groups: Group[]): Group[] {
  return groups.flatMap((g) => [g, ...flat(g.subGroups ?? [])]);
}

export function GroupPicker(props: { realm: string; title: string; pick: (g: Group) => unknown; onClose: () => void }) {
  const list = usePaged<Group>(
    async (q, signal) => flat(await get<Group[]>(`${realmPath(props.realm, 'groups')}${queryOf({ ...q })}`, signal)),
    [props.realm],
  );
  return (
    <Dialog title={props.title} onClose={props.onClose} wide>
      <Paged
        of={list}
        label={t('nav.groups')}
        searchLabel={t('groups.search')}
        id={(g) => g.id}
        empty={t('groups.empty')}
        columns={[
          { title: t('name'), cell: (g) => g.path ?? g.name },
          { title: t('actions'), narrow: true, cell: (g) => <Button kind="plain" onClick={() => props.pick(g)}>{t('choose')}</Button> },
        ]}
      />
      <div class="actions end"><Button onClick={props.onClose}>{t('cancel')}</Button></div>
    </Dialog>
  );
}
