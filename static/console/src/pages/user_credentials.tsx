import { useState } from 'preact/hooks';

import { get, put, realmPath, remove } from '../lib/api';
import { useAction, useData } from '../lib/data';
import { formatTime, t } from '../lib/i18n';
import type { Credential, User } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Facts, Loaded } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { Switch, TextField } from '../ui/form';
import { Table } from '../ui/table';

interface Lockout {
  disabled: boolean;
  numFailures: number;
  lastFailure: number;
  lastIPFailure: string;
}

export function Credentials({ realm, user }: { realm: string; user: User }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'users', user.id);
  const [asking, setAsking] = useState<'password' | Credential>();
  const [busy, run] = useAction();
  const mail = () =>
    run(async () => {
      await attempt(() => put(`${path}/execute-actions-email`, ['UPDATE_PASSWORD']), t('credentials.mailed', { email: user.email ?? '' }));
    });
  const list = useData<Credential[]>((signal) => get(`${path}/credentials`, signal), [path]);
  return (
    <>
      <Card title={t('user.tab.credentials')} lead={t('credentials.lead')}>
        {may('manage-users') && (
          <div class="tools">
            <Button kind="main" onClick={() => setAsking('password')}>{t('credentials.set')}</Button>
            {user.email && <Button busy={busy} onClick={mail}>{t('credentials.mail')}</Button>}
          </div>
        )}
        <Loaded of={list}>
          {(rows) => (
            <Table
              label={t('user.tab.credentials')}
              rows={rows}
              id={(c) => c.id}
              empty={t('credentials.empty')}
              columns={[
                { title: t('type'), cell: (c) => c.type },
                { title: t('credentials.label'), cell: (c) => c.userLabel },
                { title: t('credentials.since'), cell: (c) => formatTime(c.createdDate) },
                {
                  title: t('actions'), narrow: true,
                  cell: (c) => may('manage-users') && (
                    <Button kind="plain" onClick={() => setAsking(c)}>{t('delete')}</Button>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </Card>
      <LockoutCard realm={realm} user={user} />
      {asking === 'password' && (
        <SetPassword path={path} user={user} onClose={() => { setAsking(undefined); list.reload(); }} />
      )}
      {asking && asking !== 'password' && (
        <ConfirmDialog
          title={t('credentials.delete.title')}
          text={t('credentials.delete.text', { type: asking.type, name: user.username })}
          submit={t('delete')}
          done={t('credentials.deleted')}
          onClose={() => setAsking(undefined)}
          work={async () => { await remove(`${path}/credentials/${asking.id}`); list.reload(); }}
        />
      )}
    </>
  );
}

function SetPassword(props: { path: string; user: User; onClose: () => void }) {
  const [value, setValue] = useState('');
  const [again, setAgain] = useState('');
  const [temporary, setTemporary] = useState(true);
  const differs = again !== '' && again !== value;
  return (
    <FormDialog
      title={t('credentials.set.title', { name: props.user.username })}
      submit={t('credentials.set')}
      done={t('credentials.set.done', { name: props.user.username })}
      disabled={!value || value !== again}
      onClose={props.onClose}
      work={() => put(`${props.path}/reset-password`, { type: 'password', value, temporary })}
    >
      <TextField label={t('password')} type="password" autocomplete="new-password" value={value} required onChange={setValue} />
      <TextField label={t('password.again')} type="password" autocomplete="new-password" value={again} required
        error={differs ? t('password.differs') : undefined} onChange={setAgain} />
      <Switch label={t('password.temporary')} hint={t('password.temporary.hint')} value={temporary} onChange={setTemporary} />
    </FormDialog>
  );
}

function LockoutCard({ realm, user }: { realm: string; user: User }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'attack-detection', 'brute-force', 'users', user.id);
  const state = useData<Lockout>((signal) => get(path, signal), [path]);
  if (!state.data || state.data.numFailures === 0) return null;
  return (
    <Card title={t('lockout')}>
      <Facts
        of={[
          [t('state'), state.data.disabled ? t('lockout.locked') : t('lockout.open')],
          [t('lockout.failures'), state.data.numFailures],
          [t('lockout.last'), formatTime(state.data.lastFailure)],
          [t('session.address'), state.data.lastIPFailure],
        ]}
      />
      {may('manage-users') && (
        <Button onClick={() => attempt(async () => { await remove(path); state.reload(); }, t('lockout.forgiven'))}>
          {t('lockout.forgive')}
        </Button>
      )}
    </Card>
  );
}
