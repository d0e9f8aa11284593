import { useEffect, useState } from 'preact/hooks';

import { post } from '../lib/api';
import { useAction } from '../lib/data';
import { quoted, setting } from '../lib/first_run';
import { formatBytes, formatTime, t } from '../lib/i18n';
import type { NodeStatus } from '../lib/node';
import { attempt, Badge, Button, Code, Facts } from '../ui/basics';
import { TextField } from '../ui/form';
import type { StepProps } from './first_run';
import { trialText } from './operations_backups';

const LOOK_MS = 1000;

/* The place is a setting of the machine: the service may write nowhere else, and a page must not open that. */
export function Backup({ known, reload }: StepProps) {
  const { status } = known;
  return (
    <>
      <p>{t('first-run.backup.lead')}</p>
      {status.backup.configured ? <Made status={status} reload={reload} /> : <Place status={status} />}
      <p>{t('first-run.backup.key')} <code>{`${status.settings.data}/master.key`}</code></p>
    </>
  );
}

function Place({ status }: { status: NodeStatus }) {
  const [dir, setDir] = useState('/backup/garita');
  const fits = /^\/[^\0\n]+$/.test(dir.trim());
  const path = dir.trim();
  return (
    <>
      <TextField label={t('first-run.backup.dir')} hint={t('first-run.backup.dir.hint')} value={dir} onChange={setDir} error={fits ? undefined : t('first-run.backup.dir.wrong')} />
      {fits && (
        <>
          <p>{t('first-run.backup.folder')}</p>
          <Code label={t('first-run.backup.folder')} text={`sudo install -d -o garita -g garita -m 700 ${quoted(path)}`} />
          <p>{t('first-run.backup.line', { file: status.settings.file })}</p>
          <Code label={t('first-run.backup.line', { file: status.settings.file })} text={setting('backup-dir', path)} />
          <p>{t('first-run.backup.unit')}</p>
          <Code label={t('first-run.backup.unit')} text={`sudo systemctl edit garita\n\n[Service]\nReadWritePaths=${path}`} />
          <Code label={t('first-run.restart')} text="sudo systemctl restart garita" />
          <p role="status">{t('first-run.backup.waits')}</p>
        </>
      )}
    </>
  );
}

function Made({ status, reload }: { status: NodeStatus; reload: () => void }) {
  const b = status.backup;
  const [busy, run] = useAction();
  const runs = b.trial.state === 'wanted' || b.trial.state === 'running';
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [runs]);
  return (
    <>
      <Facts
        of={[
          [t('first-run.backup.dir'), <code>{status.settings.backupDir}</code>],
          [t('operations.backups.last'), b.lastMs ? <>{formatTime(b.lastMs)} <small>{formatBytes(b.lastBytes)}</small> {b.failed && <Badge kind="bad">{t('operations.trial.failed')}</Badge>}</> : t('operations.backups.never')],
          [t('operations.trial'), <span aria-live="polite">{trialText(b.trial)}</span>],
        ]}
      />
      <div class="actions">
        <Button
          kind={b.lastMs ? undefined : 'main'}
          busy={busy || runs}
          onClick={() => run(async () => {
            await attempt(() => post('/garita/backup', {}), t('first-run.backup.begun'));
            reload();
          })}
        >
          {t('first-run.backup.make')}
        </Button>
      </div>
    </>
  );
}
