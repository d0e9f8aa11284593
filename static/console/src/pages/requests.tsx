/* Changes that wait for a second person, what became of others, and which kinds wait at all. */
import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, post, put, queryOf, realmPath } from '../lib/api';
import { useAction, useData } from '../lib/data';
import { formatTime, t, type Key } from '../lib/i18n';
import { useMay, useWho } from '../lib/who';
import { attempt, Badge, Button, Card, Code, Facts, Loaded, Page } from '../ui/basics';
import { Dialog, FormDialog } from '../ui/dialog';
import { NumberField, Select, Switch, TextField } from '../ui/form';
import { Table } from '../ui/table';

interface Person {
  id: string;
  username?: string;
}
interface Request {
  id: string;
  status: string;
  kinds: string[];
  method: string;
  path: string;
  justification?: string;
  requestedBy: Person;
  decidedBy?: Person;
  reason?: string;
  requestedAt?: number;
  expiresAt?: number;
  changes?: unknown[];
  body?: unknown;
}

const kinds: [id: string, text: Key][] = [
  ['client-redirect-uris', 'kind.client-redirect-uris'],
  ['client-secrets', 'kind.client-secrets'],
  ['token-contents', 'kind.token-contents'],
  ['role-grants', 'kind.role-grants'],
  ['administrators', 'kind.administrators'],
  ['key-rotation', 'kind.key-rotation'],
  ['realm-settings', 'kind.realm-settings'],
  ['realm-deletion', 'kind.realm-deletion'],
  ['identity-providers', 'kind.identity-providers'],
  ['authentication-flows', 'kind.authentication-flows'],
];

function kindName(kind: string): string {
  const known = kinds.find(([id]) => id === kind);
  return known ? t(known[1]) : kind;
}

export default function Requests({ realm }: PageProps) {
  const may = useMay(realm);
  const [status, setStatus] = useState('pending');
  const [shown, setShown] = useState<string>();
  const base = realmPath(realm, 'change-requests');
  const list = useData<Request[]>((signal) => get(`${base}${queryOf({ status })}`, signal), [base, status]);
  return (
    <Page title={t('nav.requests')} lead={t('requests.lead')}>
      <Select label={t('state')} value={status} options={[['pending', t('requests.pending')], ['', t('requests.all')]]} onChange={setStatus} />
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('nav.requests')}
            rows={rows}
            id={(r) => r.id}
            empty={t('requests.empty')}
            columns={[
              { title: t('type'), cell: (r) => r.kinds.map((k) => <Badge key={k}>{kindName(k)}</Badge>) },
              { title: t('why.reason'), cell: (r) => r.justification },
              { title: t('requests.by'), cell: (r) => r.requestedBy.username ?? r.requestedBy.id },
              { title: t('state'), cell: (r) => <Badge kind={r.status === 'approved' ? 'good' : r.status === 'rejected' ? 'bad' : 'soft'}>{r.status}</Badge> },
              { title: t('actions'), narrow: true, cell: (r) => <Button kind="plain" onClick={() => setShown(r.id)}>{t('details')}</Button> },
            ]}
          />
        )}
      </Loaded>
      {may('view-realm', 'manage-realm') && <Setting realm={realm} />}
      {shown && <RequestDialog path={`${base}/${shown}`} onClose={() => { setShown(undefined); list.reload(); }} />}
    </Page>
  );
}

function RequestDialog(props: { path: string; onClose: () => void }) {
  const who = useWho();
  const [rejecting, setRejecting] = useState(false);
  const data = useData<Request>((signal) => get(props.path, signal), [props.path]);
  const [busy, run] = useAction();
  const end = (what: string, done: string) =>
    run(async () => {
      if (await attempt(() => post(`${props.path}/${what}`, {}), done)) props.onClose();
    });
  if (rejecting) return <Reject path={props.path} onClose={props.onClose} />;
  return (
    <Dialog title={t('requests.change')} onClose={props.onClose} wide>
      <Loaded of={data}>
        {(r) => (
          <>
            <Facts of={factsOf(r)} />
            <Code label={t('requests.change')} text={JSON.stringify(r.changes ?? [], null, 2)} />
            {r.body !== undefined && <Code label={t('requests.body')} text={JSON.stringify(r.body, null, 2)} />}
            <div class="actions end">
              <Button onClick={props.onClose}>{t('close')}</Button>
              {r.status === 'pending' && r.requestedBy.id === who.userId && (
                <Button busy={busy} onClick={() => end('cancel', t('requests.withdrawn'))}>{t('requests.withdraw')}</Button>
              )}
              {r.status === 'pending' && r.requestedBy.id !== who.userId && (
                <>
                  <Button kind="danger" onClick={() => setRejecting(true)}>{t('requests.reject')}</Button>
                  <Button kind="main" busy={busy} onClick={() => end('approve', t('requests.approved'))}>{t('requests.approve')}</Button>
                </>
              )}
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function factsOf(r: Request): [string, string][] {
  const facts: [string, string | undefined][] = [
    [t('requests.what'), `${r.method} ${r.path}`],
    [t('why.reason'), r.justification],
    [t('requests.by'), r.requestedBy.username ?? r.requestedBy.id],
    [t('session.start'), r.requestedAt ? formatTime(r.requestedAt) : undefined],
    [t('requests.until'), r.status === 'pending' && r.expiresAt ? formatTime(r.expiresAt) : undefined],
    [t('requests.decided'), r.decidedBy && (r.decidedBy.username ?? r.decidedBy.id)],
  ];
  return facts.filter((f): f is [string, string] => f[1] !== undefined);
}

function Reject(props: { path: string; onClose: () => void }) {
  const [reason, setReason] = useState('');
  return (
    <FormDialog
      title={t('requests.reject')}
      submit={t('requests.reject')}
      kind="danger"
      done={t('requests.rejected')}
      onClose={props.onClose}
      work={() => post(`${props.path}/reject`, { reason })}
    >
      <TextField label={t('why.reason')} value={reason} required onChange={setReason} />
    </FormDialog>
  );
}

interface FourEyes {
  kinds: string[];
  expiresAfterDays: number;
}

function Setting({ realm }: { realm: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'four-eyes');
  // The kind of the setting itself comes and goes with the others.
  const stored = useData<FourEyes>(async (signal) => {
    const found = await get<FourEyes>(path, signal);
    return { ...found, kinds: found.kinds.filter((k) => k !== 'four-eyes') };
  }, [path]);
  const [changed, setChanged] = useState<FourEyes>();
  const [busy, run] = useAction();
  const save = () =>
    run(async () => {
      if (!(await attempt(() => put(path, changed), t('saved')))) return;
      setChanged(undefined);
      stored.reload();
    });
  return (
    <Card title={t('requests.setting')} lead={t('requests.setting.lead')}>
      <Loaded of={stored}>
        {(d) => {
          const now = changed ?? d;
          const toggle = (kind: string, on: boolean) =>
            setChanged({ ...now, kinds: on ? [...now.kinds, kind] : now.kinds.filter((k) => k !== kind) });
          return (
            <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
              {kinds.map(([k, text]) => (
                <Switch key={k} label={t(text)} disabled={!may('manage-realm')} value={now.kinds.includes(k)} onChange={(on) => toggle(k, on)} />
              ))}
              <NumberField label={t('requests.days')} min={1} value={now.expiresAfterDays} onChange={(expiresAfterDays) => setChanged({ ...now, expiresAfterDays })} />
              {may('manage-realm') && <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!changed}>{t('save')}</Button></div>}
            </form>
          );
        }}
      </Loaded>
    </Card>
  );
}
