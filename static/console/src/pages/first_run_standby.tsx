import { useState } from 'preact/hooks';

import { fresh } from '../account/fresh';
import { post } from '../lib/api';
import { useAction } from '../lib/data';
import { hostOf } from '../lib/first_run';
import { formatNumber, formatTime, t } from '../lib/i18n';
import type { NodeStatus } from '../lib/node';
import { linkTo } from '../lib/place';
import { attempt, Badge, Button, Code, Facts } from '../ui/basics';
import type { StepProps } from './first_run';

interface Invitation {
  token: string;
  expiresMs: number;
}

/* The token is in the memory of this page and nowhere else: who leaves the page makes another one. */
export function Standby({ known }: StepProps) {
  const { status } = known;
  const [invitation, setInvitation] = useState<Invitation>();
  const [busy, run] = useAction();
  if (status.replication.peer) return <Paired status={status} />;
  const make = () => run(async () => {
    history.replaceState(null, '', linkTo('master', 'first-run', 'standby')); // where a new login leads back to
    await attempt(() => fresh(async () => setInvitation(await post<Invitation>('/garita/standby/token', {}))));
  });
  return (
    <>
      <p>{t('first-run.standby.lead')}</p>
      {status.settings.replicationPort === 0 && <p>{t('first-run.standby.no-port')}</p>}
      {!invitation && status.settings.replicationPort !== 0 && (
        <div class="actions"><Button busy={busy} onClick={make}>{t('first-run.standby.make')}</Button></div>
      )}
      {invitation && <Commands of={invitation} status={status} />}
    </>
  );
}

function Commands({ of, status }: { of: Invitation; status: NodeStatus }) {
  const host = hostOf(status.settings.hostname || location.origin);
  const from = `${host.includes(':') ? `[${host}]` : host}:${status.settings.replicationPort}`;
  return (
    <>
      <p>{t('first-run.standby.once', { time: formatTime(of.expiresMs) })}</p>
      <Code label={t('first-run.standby.token')} text={of.token} />
      <p>{t('first-run.standby.init')}</p>
      <Code label={t('first-run.standby.init')} text={`sudo -u garita garita standby init --data /var/lib/garita --from ${from} --token-file -`} />
      <p>{t('first-run.standby.start')}</p>
      <Code label={t('first-run.standby.start')} text="sudo systemctl enable --now garita" />
      <p role="status"><Badge>{t('first-run.standby.waits')}</Badge> {t('first-run.standby.waits.lead', { port: status.settings.replicationPort })}</p>
    </>
  );
}

function Paired({ status }: { status: NodeStatus }) {
  const { peer, standby } = status.replication;
  return (
    <div role="status">
      <Facts
        of={[
          [t('operations.peer'), <><code>{peer!.address}</code>{' '}<Badge kind={standby?.inStep ? 'good' : 'soft'}>{standby?.inStep ? t('operations.peer.follows') : standby?.connected ? t('first-run.standby.catches-up') : t('first-run.standby.paired')}</Badge></>],
          ...(standby ? [[t('operations.behind'), t('operations.behind.by', { commits: formatNumber(standby.behindCommits), ms: formatNumber(standby.behindMs) })] as [string, string]] : []),
        ]}
      />
      <p>{t('first-run.standby.then')}</p>
    </div>
  );
}
