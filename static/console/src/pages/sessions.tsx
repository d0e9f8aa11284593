import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, post, put, realmPath } from '../lib/api';
import { useData } from '../lib/data';
import { formatNumber, formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Realm } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Facts, Loaded, Page } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { Table } from '../ui/table';

interface Stat {
  id: string;
  clientId: string;
  active: string;
  offline: string;
}

export default function Sessions({ realm }: PageProps) {
  const may = useMay(realm);
  const [asking, setAsking] = useState(false);
  const stats = useData<Stat[]>((signal) => get(realmPath(realm, 'client-session-stats'), signal), [realm]);
  return (
    <Page
      title={t('nav.sessions')}
      lead={t('sessions.lead')}
      actions={may('manage-users') && <Button kind="danger" onClick={() => setAsking(true)}>{t('sessions.end-all')}</Button>}
    >
      <Card>
        <Loaded of={stats}>
          {(rows) => (
            <Table
              label={t('nav.sessions')}
              rows={rows}
              id={(s) => s.id}
              empty={t('sessions.empty')}
              columns={[
                { title: t('client'), cell: (s) => <a href={linkTo(realm, 'clients', s.id, 'sessions')}>{s.clientId}</a> },
                { title: t('sessions.active'), cell: (s) => formatNumber(Number(s.active)) },
                { title: t('sessions.offline'), cell: (s) => formatNumber(Number(s.offline)) },
              ]}
            />
          )}
        </Loaded>
      </Card>
      <NotBefore realm={realm} />
      {asking && (
        <ConfirmDialog
          title={t('sessions.end-all.title', { realm })}
          text={t('sessions.end-all.text')}
          name={realm}
          submit={t('sessions.end-all')}
          done={t('sessions.ended')}
          onClose={() => setAsking(false)}
          work={async () => { await post(realmPath(realm, 'logout-all')); stats.reload(); }}
        />
      )}
    </Page>
  );
}

function NotBefore({ realm }: { realm: string }) {
  const may = useMay(realm);
  const info = useData<Realm>((signal) => get(realmPath(realm), signal), [realm]);
  const set = (notBefore: number) =>
    attempt(async () => {
      await put(realmPath(realm), { realm, notBefore });
      info.reload();
    }, t('saved'));
  return (
    <Card title={t('sessions.not-before')} lead={t('sessions.not-before.lead')}>
      <Loaded of={info}>
        {(r) => <Facts of={[[t('sessions.not-before'), r.notBefore ? formatTime(r.notBefore * 1000) : t('sessions.not-before.none')]]} />}
      </Loaded>
      {may('manage-realm') && (
        <div class="actions">
          <Button onClick={() => set(Math.floor(Date.now() / 1000))}>{t('sessions.not-before.now')}</Button>
          <Button onClick={() => set(0)}>{t('sessions.not-before.clear')}</Button>
        </div>
      )}
    </Card>
  );
}
