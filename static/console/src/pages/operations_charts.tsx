/* The live charts, of the last two minutes or of the last hour. */
import { useState } from 'preact/hooks';

import { formatBytes, formatDecimal, t } from '../lib/i18n';
import { SAMPLES, STEPS, type Live, type Sample } from '../lib/live_data';
import { Badge, Button } from '../ui/basics';
import { Lines, type Line } from '../ui/lines';
import { mean, perMinute, perSecond, share, type Value } from '../ui/lines_data';

const STEP_MS = 10_000;
const NEAR_MS = SAMPLES * 1000;
const FAR_MS = STEPS * STEP_MS;

interface Chart {
  title: string;
  lines: [name: string, value: (s: Sample) => Value][];
  format: (n: number) => string;
  most?: number;
}

const ms = (us: number): Value => (us > 0 ? us / 1000 : null);
const inMs = (n: number) => `${formatDecimal(n, n < 10 ? 2 : 0)} ms`;
const plain = (n: number) => formatDecimal(n, n < 10 ? 1 : 0);

function lag(): Chart[] {
  return [
    { title: t('live.lag'), format: inMs, lines: [[t('live.lag.name'), (s) => s.lagMs]] },
    { title: t('live.lag-commits'), format: (n) => formatDecimal(n, 0), lines: [[t('live.lag.name'), (s) => s.lagCommits]] },
    { title: t('live.lag-bytes'), format: formatBytes, lines: [[t('live.lag.name'), (s) => s.lagBytes]] },
  ];
}

function charts(replicates: boolean): Chart[] {
  return [
    { title: t('live.logins'), format: plain, lines: [[t('live.logins.good'), (s) => perMinute(s, s.logins)], [t('live.logins.bad'), (s) => perMinute(s, s.loginFailures)]] },
    { title: t('live.validations'), format: plain, lines: [[t('live.validations.name'), (s) => perSecond(s, s.validations)]] },
    { title: t('live.cache'), format: (n) => `${formatDecimal(n, 0)} %`, most: 100, lines: [[t('live.cache.name'), (s) => share(s.cacheHits, s.cacheAsked)]] },
    {
      title: t('live.latency'), format: inMs,
      lines: [
        [t('live.latency.token'), (s) => ms(s.p95Us.token)], [t('live.latency.login'), (s) => ms(s.p95Us.login)],
        [t('live.latency.validation'), (s) => ms(s.p95Us.validation)], [t('live.latency.administration'), (s) => ms(s.p95Us.administration)],
      ],
    },
    { title: t('live.requests'), format: plain, lines: [[t('live.requests.all'), (s) => perSecond(s, s.requests)], [t('live.requests.failed'), (s) => perSecond(s, s.serverErrors)]] },
    { title: t('live.commits'), format: plain, lines: [[t('live.commits.name'), (s) => perSecond(s, s.commits)]] },
    { title: t('live.flush'), format: inMs, lines: [[t('live.flush.name'), (s) => ms(mean(s.flushUs, s.flushes) ?? 0)]] },
    { title: t('live.connections'), format: (n) => formatDecimal(n, 0), lines: [[t('live.connections.name'), (s) => s.connections]] },
    ...(replicates ? lag() : []),
    { title: t('live.memory'), format: formatBytes, lines: [[t('live.memory.name'), (s) => s.memoryBytes]] },
  ];
}

function linesOf(chart: Chart, samples: Sample[]): Line[] {
  return chart.lines.map(([name, value]) => ({ name, values: samples.map(value) }));
}

const states = { waiting: 'live.waiting', live: 'live.live', lost: 'live.lost' } as const;

export function Charts({ live, replicates }: { live: Live; replicates: boolean }) {
  const [far, setFar] = useState(false);
  const [held, setHeld] = useState<Live>();
  const shown = held ?? live;
  const samples = far ? shown.steps : shown.samples;
  return (
    <section aria-label={t('live')}>
      <div class="tools">
        <span role="status"><Badge kind={live.state === 'live' ? 'good' : live.state === 'lost' ? 'bad' : 'soft'}>{t(held ? 'live.held' : states[live.state])}</Badge></span>
        <Button onClick={() => setHeld(held ? undefined : live)}>{held ? t('live.go-on') : t('live.hold')}</Button>
        <Button onClick={() => setFar(!far)}>{far ? t('live.near') : t('live.far')}</Button>
      </div>
      <div class="charts">
        {charts(replicates).map((c) => (
          <div class="card" key={c.title}>
            <Lines title={c.title} times={samples.map((s) => s.at)} spanMs={far ? FAR_MS : NEAR_MS} lines={linesOf(c, samples)} format={c.format} most={c.most} />
          </div>
        ))}
      </div>
    </section>
  );
}
