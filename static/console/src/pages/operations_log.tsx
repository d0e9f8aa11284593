/* The last lines of the log: who has not all rights over master is told so. */
import { useEffect, useState } from 'preact/hooks';

import { get } from '../lib/api';
import { useData } from '../lib/data';
import { formatClock, t } from '../lib/i18n';
import { Card, Loaded } from '../ui/basics';

const EVERY_MS = 3000;
const LINES = 100;

interface LogLine {
  timestamp: string;
  level: string;
  component: string;
  tenant_id?: string;
  message: string;
  metadata?: Record<string, string | number>;
}

function details(line: LogLine): string {
  const parts = Object.entries(line.metadata ?? {}).map(([name, value]) => `${name}=${value}`);
  return (line.tenant_id ? [`realm=${line.tenant_id}`, ...parts] : parts).join(' ');
}

function Lines({ level }: { level: string }) {
  const log = useData<LogLine[]>((signal) => get(`/garita/log?max=${LINES}&level=${level}`, signal), [level]);
  const refused = log.error?.status === 403;
  useEffect(() => {
    if (refused) return;
    const timer = setInterval(() => { if (!document.hidden) log.reload(); }, EVERY_MS);
    return () => clearInterval(timer);
  }, [refused, level]);
  if (refused) return <p class="empty">{t('operations.log.refused')}</p>;
  return (
    <Loaded of={log}>
      {(lines) => lines.length === 0 ? <p class="empty">{t('operations.log.empty')}</p> : (
        <div class="log" tabIndex={0} role="region" aria-label={t('operations.log')}>
          <ol>
            {[...lines].reverse().map((line, i) => (
              <li key={`${line.timestamp} ${i}`} class={line.level}>
                {formatClock(Date.parse(line.timestamp))} {line.level} {line.component}: {line.message} <small>{details(line)}</small>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Loaded>
  );
}

export function Log() {
  const [level, setLevel] = useState('warn');
  return (
    <Card title={t('operations.log')} lead={t('operations.log.lead')}>
      <div class="field">
        <label for="log-level">{t('operations.log.level')}</label>
        <select id="log-level" class="search" value={level} onChange={(e) => setLevel(e.currentTarget.value)}>
          <option value="warn">{t('operations.log.warn')}</option>
          <option value="info">{t('operations.log.all')}</option>
        </select>
      </div>
      <Lines level={level} key={level} />
    </Card>
  );
}
