import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, queryOf, realmPath } from '../lib/api';
import { useDebounced } from '../lib/data';
import { formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { AdminEvent, LoginEvent } from '../lib/types';
import { Badge, Button, Code, Facts, Page, Tabs } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Grid, TextField } from '../ui/form';
import { Paged, usePaged } from '../ui/table';

export default function Events(props: PageProps) {
  const tab = props.rest[0] ?? 'logins';
  return (
    <Page title={t('nav.events')} lead={t('events.lead')}>
      <Tabs
        base={linkTo(props.realm, 'events')}
        current={tab}
        tabs={[['logins', t('events.logins')], ['changes', t('events.changes')]]}
      />
      {tab === 'changes' ? <ChangeList realm={props.realm} /> : <EventList realm={props.realm} />}
    </Page>
  );
}

interface Filter {
  type: string;
  client: string;
  user: string;
  ipAddress: string;
  dateFrom: string;
  dateTo: string;
}
const nothing: Filter = { type: '', client: '', user: '', ipAddress: '', dateFrom: '', dateTo: '' };

export function EventList(props: { realm: string; user?: string; client?: string }) {
  const { realm } = props;
  const [filter, setFilter] = useState<Filter>({ ...nothing, user: props.user ?? '', client: props.client ?? '' });
  const [shown, setShown] = useState<LoginEvent>();
  const late = useDebounced(filter, 250);
  const set = (part: Partial<Filter>) => setFilter({ ...filter, ...part });
  const list = usePaged<LoginEvent>(
    (q, signal) => get(`${realmPath(realm, 'events')}${queryOf({ ...late, type: late.type.toUpperCase(), first: q.first, max: q.max })}`, signal),
    [realm, JSON.stringify(late)],
  );
  return (
    <>
      <Grid>
        <TextField label={t('events.type')} value={filter.type} placeholder="LOGIN_ERROR" onChange={(type) => set({ type })} />
        {!props.client && <TextField label={t('client')} value={filter.client} onChange={(client) => set({ client })} />}
        {!props.user && <TextField label={t('events.user')} value={filter.user} onChange={(user) => set({ user })} />}
        <TextField label={t('session.address')} value={filter.ipAddress} onChange={(ipAddress) => set({ ipAddress })} />
        <TextField label={t('events.from')} type="date" value={filter.dateFrom} onChange={(dateFrom) => set({ dateFrom })} />
        <TextField label={t('events.to')} type="date" value={filter.dateTo} onChange={(dateTo) => set({ dateTo })} />
      </Grid>
      <Paged
        of={list}
        label={t('events.logins')}
        id={(e) => e.id ?? `${e.time}${e.type}`}
        empty={t('events.empty')}
        columns={[
          { title: t('events.time'), cell: (e) => formatTime(e.time) },
          { title: t('events.type'), cell: (e) => <Badge kind={e.error ? 'bad' : 'good'}>{e.type}</Badge> },
          { title: t('client'), cell: (e) => e.clientId },
          { title: t('user'), cell: (e) => e.userId && <a href={linkTo(realm, 'users', e.userId)}>{e.details?.username ?? e.userId}</a> },
          { title: t('session.address'), cell: (e) => e.ipAddress },
          { title: t('actions'), narrow: true, cell: (e) => <Button kind="plain" onClick={() => setShown(e)}>{t('details')}</Button> },
        ]}
      />
      {shown && <EventDialog title={shown.type} event={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function ChangeList({ realm }: { realm: string }) {
  const [path, setPath] = useState('');
  const [shown, setShown] = useState<AdminEvent>();
  const late = useDebounced(path, 250);
  const list = usePaged<AdminEvent>(
    (q, signal) => get(`${realmPath(realm, 'admin-events')}${queryOf({ resourcePath: late, first: q.first, max: q.max })}`, signal),
    [realm, late],
  );
  return (
    <>
      <Grid>
        <TextField label={t('events.path')} value={path} placeholder="users/*" onChange={setPath} />
      </Grid>
      <Paged
        of={list}
        label={t('events.changes')}
        id={(e) => e.id ?? `${e.time}${e.resourcePath}`}
        empty={t('events.empty')}
        columns={[
          { title: t('events.time'), cell: (e) => formatTime(e.time) },
          { title: t('events.operation'), cell: (e) => <Badge kind={e.error ? 'bad' : 'good'}>{e.operationType}</Badge> },
          { title: t('events.what'), cell: (e) => <>{e.resourceType} <code>{e.resourcePath}</code></> },
          { title: t('events.by'), cell: (e) => e.authDetails?.userId && <a href={linkTo(realm, 'users', e.authDetails.userId)}>{e.authDetails.userId}</a> },
          { title: t('session.address'), cell: (e) => e.authDetails?.ipAddress },
          { title: t('actions'), narrow: true, cell: (e) => <Button kind="plain" onClick={() => setShown(e)}>{t('details')}</Button> },
        ]}
      />
      {shown && <EventDialog title={`${shown.operationType} ${shown.resourcePath ?? ''}`} event={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function EventDialog(props: { title: string; event: LoginEvent | AdminEvent; onClose: () => void }) {
  const { details, ...rest } = props.event as AdminEvent & LoginEvent;
  const flat = Object.entries({ ...rest, ...details }).filter(([k, v]) => k !== 'representation' && typeof v !== 'object' && v !== undefined);
  return (
    <Dialog title={props.title} onClose={props.onClose} wide>
      <Facts of={flat.map(([k, v]): [string, string] => [k, k === 'time' ? formatTime(Number(v)) : String(v)])} />
      {rest.representation && <Code label={t('events.representation')} text={pretty(rest.representation)} />}
      <div class="actions end"><Button onClick={props.onClose}>{t('close')}</Button></div>
    </Dialog>
  );
}
