/* Backups: how old, whether they can be restored, and how one restores a realm. */
import { useEffect, useState } from 'preact/hooks';

import { post } from '../lib/api';
import { useAction } from '../lib/data';
import { formatBytes, formatNumber, formatTime, t } from '../lib/i18n';
import type { BackupStatus, Trial } from '../lib/node';
import { useMay, useWho } from '../lib/who';
import { attempt, Badge, Button, Card, Code, Facts } from '../ui/basics';

const LOOK_MS = 1500;

export function trialText(trial: Trial) {
  const counts = { realms: formatNumber(trial.realms), people: formatNumber(trial.people), events: formatNumber(trial.events) };
  switch (trial.state) {
    case 'none': return t('operations.trial.none');
    case 'wanted':
    case 'running': return t('operations.trial.running', { time: formatTime(trial.beganMs) });
    case 'good': return <><Badge kind="good">{t('operations.trial.good')}</Badge> {t('operations.trial.found', { backup: trial.backup, ...counts })}</>;
    case 'failed': return <><Badge kind="bad">{t('operations.trial.failed')}</Badge> {trial.reason}</>;
  }
}

function Verify({ trial, reload }: { trial: Trial; reload: () => void }) {
  const [busy, run] = useAction();
  const runs = trial.state === 'wanted' || trial.state === 'running';
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [runs]);
  return (
    <Button
      busy={busy || runs}
      onClick={() => run(async () => {
        await attempt(() => post('/garita/backup/trial', {}), t('operations.trial.begun'));
        reload();
      })}
    >
      {t('operations.trial.begin')}
    </Button>
  );
}

function Restore({ realm }: { realm: string }) {
  const names = Object.keys(useWho().realm_access).filter((name) => name !== 'master').slice(0, 2000);
  const [chosen, setChosen] = useState(names[0] ?? realm);
  return (
    <details>
      <summary>{t('operations.restore')}</summary>
      <p>{t('operations.restore.lead')}</p>
      <div class="field">
        <label for="restore-realm">{t('realm')}</label>
        <input id="restore-realm" class="search" list="restore-realms" value={chosen} onInput={(e) => setChosen(e.currentTarget.value)} autocomplete="off" />
        <datalist id="restore-realms">{names.map((n) => <option key={n} value={n} />)}</datalist>
      </div>
      <Code label={t('operations.restore')} text={`sudo -u garita garita restore --data /var/lib/garita --realm '${chosen.replaceAll("'", "'\\''")}' --in-place`} />
      <p>{t('operations.restore.after')}</p>
    </details>
  );
}

export function Backups(props: { realm: string; of: BackupStatus; reload: () => void }) {
  const may = useMay('master');
  const b = props.of;
  if (!b.configured)
    return <Card title={t('operations.backups')}><p>{t('operations.backups.none')}</p><Code label="backup-dir" text="backup-dir: /srv/garita-backups" /></Card>;
  return (
    <Card title={t('operations.backups')} lead={b.hourUtc < 0 ? t('operations.backups.by-hand') : t('operations.backups.daily', { hour: b.hourUtc })}>
      <Facts
        of={[
          [t('operations.backups.last'), b.lastMs ? <>{formatTime(b.lastMs)} {b.lastBytes > 0 && <small>{formatBytes(b.lastBytes)}</small>} {b.failed && <Badge kind="bad">{t('operations.trial.failed')}</Badge>}</> : t('operations.backups.never')],
          [t('operations.backups.proved'), b.provedMs ? formatTime(b.provedMs) : t('operations.backups.not-since-start')],
          [t('operations.trial'), <span aria-live="polite">{trialText(b.trial)}</span>],
        ]}
      />
      {may('manage-realm') && b.lastMs > 0 && <div class="actions"><Verify trial={b.trial} reload={props.reload} /></div>}
      <Restore realm={props.realm} />
    </Card>
  );
}
