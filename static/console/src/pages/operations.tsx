/* How the appliance is doing: what needs somebody, what happens now, backups, certificates, jobs, log. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get } from '../lib/api';
import { useData, type Data } from '../lib/data';
import { formatBytes, formatNumber, formatSeconds, formatTime, t } from '../lib/i18n';
import { follow } from '../lib/live';
import type { Live } from '../lib/live_data';
import { alertKey, type NodeStatus } from '../lib/node';
import { Badge, Card, Facts, Failure, Loaded, Page } from '../ui/basics';
import { FirstRunNotice } from './first_run_notice';
import { Backups } from './operations_backups';
import { Charts } from './operations_charts';
import { Log } from './operations_log';

const STATUS_EVERY_MS = 10_000;

/* Asked again now and then, while the page is seen. */
function useStatus(): Data<NodeStatus> {
  const status = useData<NodeStatus>((signal) => get('/garita/status', signal), []);
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) status.reload(); }, STATUS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return status;
}

function useLive(): [Live, unknown] {
  const [live, setLive] = useState<Live>({ samples: [], steps: [], state: 'waiting' });
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    follow(abort.signal, setLive).catch(setError);
    return () => abort.abort();
  }, []);
  return [live, error];
}

export default function Operations({ realm }: PageProps) {
  const status = useStatus();
  const [live, error] = useLive();
  return (
    <Page title={t('nav.operations')} lead={t('operations.lead')}>
      <FirstRunNotice />
      <Loaded of={status}>{(s) => <Alerts of={s} />}</Loaded>
      {error !== undefined && <Failure error={error} />}
      <Charts live={live} replicates={status.data !== undefined && status.data.replication.role !== 'alone'} />
      <Loaded of={status}>
        {(s) => (
          <>
            <Node of={s} memoryBytes={live.samples[live.samples.length - 1]?.memoryBytes} />
            <Replication of={s} />
            <Backups realm={realm} of={s.backup} reload={status.reload} />
            <Certificates of={s} />
            <Jobs of={s} />
          </>
        )}
      </Loaded>
      <Log />
    </Page>
  );
}

function Alerts({ of }: { of: NodeStatus }) {
  return (
    <div role="status">
      {of.alerts.length === 0 && <p><Badge kind="good">{t('operations.well')}</Badge> {t('operations.well.lead')}</p>}
      {of.alerts.map((a) => {
        const key = alertKey(a.id);
        return (
          <p class="alert" key={`${a.id} ${a.about}`}>
            <strong>{a.severity === 'critical' ? t('operations.critical') : t('operations.warning')}</strong>{' '}
            {a.about && <code>{a.about}</code>} {key ? t(key) : a.text}
          </p>
        );
      })}
    </div>
  );
}

function Meter(props: { label: string; used: number; total: number }) {
  const part = props.total > 0 ? Math.min(100, (100 * props.used) / props.total) : 0;
  return (
    <>
      {props.label}
      <svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width={part} height="1" />
      </svg>
    </>
  );
}

function Node({ of, memoryBytes }: { of: NodeStatus; memoryBytes?: number }) {
  const { node, disk, memory, realms } = of;
  return (
    <Card title={t('operations.node')}>
      <Facts
        of={[
          [t('name'), `${node.name} · Garita ${node.version}`],
          [t('operations.since'), `${formatTime(node.startedMs)} (${formatSeconds(Math.floor((node.nowMs - node.startedMs) / 1000))})`],
          [t('operations.realms'), formatNumber(realms.count)],
          [t('operations.sessions'), `${formatNumber(realms.sessions)} (${t('operations.as-of', { time: formatTime(realms.countedMs) })})`],
          [t('operations.disk'), <Meter label={t('operations.free-of', { free: formatBytes(disk.freeBytes), total: formatBytes(disk.totalBytes) })} used={disk.totalBytes - disk.freeBytes} total={disk.totalBytes} />],
          [t('operations.memory'), memoryBytes === undefined ? '–' : <Meter label={t('operations.used-of', { used: formatBytes(memoryBytes), total: formatBytes(memory.machineBytes) })} used={memoryBytes} total={memory.machineBytes} />],
        ]}
      />
    </Card>
  );
}

const roles = { alone: 'operations.role.alone', primary: 'operations.role.primary', standby: 'operations.role.standby', fenced: 'operations.role.fenced' } as const;

/* Shown where there is another node. */
function Replication({ of }: { of: NodeStatus }) {
  const r = of.replication;
  if (r.role === 'alone') return null;
  const follows = r.standby?.inStep ?? r.primary?.connected ?? false;
  const facts: [string, ComponentChildren][] = [
    [t('operations.role'), t(roles[r.role])],
    [t('operations.peer'), <>{r.peer?.address ?? '–'} <Badge kind={follows ? 'good' : 'bad'}>{follows ? t('operations.peer.follows') : t('operations.peer.away')}</Badge></>],
  ];
  if (r.standby) facts.push([t('operations.behind'), t('operations.behind.by', { commits: formatNumber(r.standby.behindCommits), ms: formatNumber(r.standby.behindMs) })]);
  return <Card title={t('operations.replication')}><Facts of={facts} /></Card>;
}

function Certificates({ of }: { of: NodeStatus }) {
  return (
    <Card title={t('operations.certificates')} lead={t('operations.certificates.lead')}>
      {of.certificates.length === 0 && <p class="empty">{t('operations.certificates.none')}</p>}
      <Facts
        of={of.certificates.map((c) => {
          const days = Math.floor((c.expiresMs - of.node.nowMs) / 86_400_000);
          return [c.host || c.subject, (
            <>
              {t('operations.until', { time: formatTime(c.expiresMs) })}{' '}
              <Badge kind={days < 21 ? 'bad' : 'good'}>{t('operations.days-left', { days: formatNumber(days) })}</Badge>
              {c.selfSigned && <Badge>{t('operations.self-signed')}</Badge>}
            </>
          )];
        })}
      />
    </Card>
  );
}

function Jobs({ of }: { of: NodeStatus }) {
  const names: Record<string, string> = { sweep: t('operations.job.sweep'), check: t('operations.job.check') };
  return (
    <Card title={t('operations.jobs')}>
      <Facts
        of={of.jobs.map((j) => [
          names[j.name] ?? j.name,
          `${j.endedMs ? t('operations.job.ended', { time: formatTime(j.endedMs) }) : t('operations.job.never')} · ${t('operations.job.every', { time: formatSeconds(j.everySeconds) })}`,
        ])}
      />
    </Card>
  );
}
