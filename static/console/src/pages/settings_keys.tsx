/* The keys of a realm: their lives as one looks at them, and the list. */
import { get, realmPath } from '../lib/api';
import { useData } from '../lib/data';
import { formatDay, formatNumber, t, type Key as Text } from '../lib/i18n';
import { livesOf, spanOf, type Key, type Life, type State } from '../lib/key_times';
import { Badge, Card, Loaded } from '../ui/basics';
import { Table } from '../ui/table';

const WIDTH = 600;
const DAY = 86_400_000;
const SOON_DAYS = 30;

const states: Record<State, Text> = { signs: 'keys.signs', ready: 'keys.ready', verifies: 'keys.verifies', off: 'keys.off' };

interface Answer {
  keys: Key[];
  active: Record<string, string>;
}

export function Keys({ realm }: { realm: string }) {
  const keys = useData<Answer>((signal) => get(`${realmPath(realm, 'keys')}?withTimes=true`, signal), [realm]);
  return (
    <Loaded of={keys}>
      {(d) => (
        <>
          <Timeline lives={livesOf(d.keys, d.active, Date.now())} now={Date.now()} />
          <List of={d} />
        </>
      )}
    </Loaded>
  );
}

const daysOf = (ms: number) => Math.floor(ms / DAY);

/* What the bar shows, in words. */
function said(life: Life, now: number): string {
  const parts = [t(states[life.state]), t('keys.age', { days: formatNumber(daysOf(now - life.from)) })];
  if (life.key.notAfter && life.state === 'verifies') parts.push(t('keys.until', { date: formatDay(life.key.notAfter) }));
  return parts.join(' · ');
}

function Timeline({ lives, now }: { lives: Life[]; now: number }) {
  const span = spanOf(lives, now);
  const x = (time: number) => ((time - span.from) / (span.to - span.from)) * WIDTH;
  return (
    <Card title={t('keys.lives')} lead={t('keys.lives.lead')}>
      <ul class="key-lives">
        {lives.map((life) => (
          <li key={`${life.key.kid}${life.key.algorithm}`}>
            <span class="key-name"><strong>{life.key.algorithm}</strong> <code>{life.key.kid.slice(0, 10)}</code></span>
            <svg viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" role="img" aria-label={`${life.key.algorithm} ${life.key.kid.slice(0, 10)}: ${said(life, now)}`}>
              <rect class={`life ${life.state}`} x={x(life.from)} y="4" width={Math.max(3, x(life.until) - x(life.from))} height="12" />
              <rect class="life signed" x={x(life.from)} y="4" width={Math.max(life.signed > life.from ? 3 : 0, x(life.signed) - x(life.from))} height="12" />
              <path class="now" d={`M${x(now)} 0V20`} />
            </svg>
            <small>{said(life, now)}</small>
            <Certificate life={life} now={now} />
          </li>
        ))}
      </ul>
      <p class="key-axis"><small>{formatDay(span.from)}</small><small>{formatDay(span.to)}</small></p>
      <p>
        <span class="key">{t('keys.legend.signed')}</span>
        <span class="key verifies">{t('keys.legend.verifies')}</span>
        <span class="key today">{t('keys.axis', { now: formatDay(now) })}</span>
      </p>
    </Card>
  );
}

function Certificate({ life, now }: { life: Life; now: number }) {
  if (life.key.validTo === undefined || life.certificateUsed === undefined || life.state === 'off') return null;
  const left = daysOf(life.key.validTo - now);
  const soon = left < SOON_DAYS;
  return (
    <span class="key-certificate">
      <svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect class={soon ? 'soon' : ''} width={100 * life.certificateUsed} height="1" /></svg>
      <small>{t('keys.certificate', { date: formatDay(life.key.validTo) })} <Badge kind={soon ? 'bad' : 'good'}>{t('operations.days-left', { days: formatNumber(left) })}</Badge></small>
    </span>
  );
}

function List({ of }: { of: Answer }) {
  return (
    <Card title={t('settings.keys')} lead={t('settings.keys.lead')}>
      <Table
        label={t('settings.keys')}
        rows={of.keys}
        id={(k) => `${k.kid}${k.algorithm}`}
        columns={[
          { title: t('settings.algorithm'), cell: (k) => k.algorithm },
          { title: t('type'), cell: (k) => `${k.type} ${k.use}` },
          { title: t('id'), cell: (k) => <code>{k.kid}</code> },
          { title: t('keys.made'), cell: (k) => formatDay(k.createdTimestamp) },
          { title: t('state'), cell: (k) => <Badge kind={k.status === 'ACTIVE' ? 'good' : 'soft'}>{k.status}</Badge> },
          { title: t('settings.keys.signs'), narrow: true, cell: (k) => of.active[k.algorithm] === k.kid && '✓' },
        ]}
      />
    </Card>
  );
}
