import type { PageProps } from '../app';
import { get, queryOf, realmPath } from '../lib/api';
import { issuerOf } from '../lib/auth';
import { useData } from '../lib/data';
import { formatNumber, formatTime, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { LoginEvent, Realm } from '../lib/types';
import { useMay } from '../lib/who';
import { Badge, Card, Code, Copy, Facts, Loaded, Page } from '../ui/basics';
import { Bars } from '../ui/chart';
import { perHour } from '../ui/chart_data';
import { FirstRunNotice } from './first_run_notice';

interface Stat {
  id: string;
  clientId: string;
  active: string;
  offline: string;
}

export default function Overview({ realm }: PageProps) {
  const may = useMay(realm);
  const info = useData<Realm>((signal) => get(realmPath(realm), signal), [realm]);
  const title = info.data?.displayName || realm;
  return (
    <Page title={title} lead={t('overview.lead')}>
      {info.data?.enabled === false && <p class="failure" role="status">{t('overview.disabled')}</p>}
      {realm === 'master' && <FirstRunNotice />}
      <div class="tiles">
        {may('view-users') && <Count realm={realm} path="users/count" text={t('nav.users')} to="users" />}
        {may('view-clients') && <Sessions realm={realm} />}
      </div>
      {may('view-events') && <Logins realm={realm} />}
      <Card title={t('overview.addresses')} lead={t('overview.addresses.lead')}>
        <Facts
          of={[
            [t('overview.issuer'), <><code>{issuerOf(realm)}</code> <Copy text={issuerOf(realm)} /></>],
            [t('overview.discovery'), <a href={`${issuerOf(realm)}/.well-known/openid-configuration`}>.well-known/openid-configuration</a>],
          ]}
        />
        <Code label={t('overview.try')} text={`curl ${issuerOf(realm)}/.well-known/openid-configuration`} />
      </Card>
    </Page>
  );
}

function Count(props: { realm: string; path: string; text: string; to: string }) {
  const count = useData<number>((signal) => get(`${realmPath(props.realm)}/${props.path}`, signal), [props.realm]);
  return (
    <a class="tile" href={linkTo(props.realm, props.to)}>
      <strong>{count.data === undefined ? '…' : formatNumber(count.data)}</strong>
      <span>{props.text}</span>
    </a>
  );
}

function Sessions({ realm }: { realm: string }) {
  const stats = useData<Stat[]>((signal) => get(realmPath(realm, 'client-session-stats'), signal), [realm]);
  const active = (stats.data ?? []).reduce((n, s) => n + Number(s.active), 0);
  return (
    <a class="tile" href={linkTo(realm, 'sessions')}>
      <strong>{stats.data ? formatNumber(active) : '…'}</strong>
      <span>{t('overview.sessions')}</span>
    </a>
  );
}

/* The last events say what a day looked like: as many as one question brings. */
function Logins({ realm }: { realm: string }) {
  const events = useData<LoginEvent[]>(
    (signal) => get(`${realmPath(realm, 'events')}${queryOf({ max: 500 })}`, signal),
    [realm],
  );
  const since = Date.now() - 24 * 3600 * 1000;
  return (
    <Card title={t('overview.logins')}>
      <Loaded of={events}>
        {(rows) => {
          const recent = rows.filter((e) => e.time >= since);
          const good = recent.filter((e) => e.type === 'LOGIN');
          const bad = recent.filter((e) => e.type.endsWith('_ERROR'));
          return (
            <>
              <Bars
                label={t('overview.logins')}
                series={[
                  { name: t('overview.logins.good'), kind: 'good', values: perHour(good.map((e) => e.time)) },
                  { name: t('overview.logins.bad'), kind: 'bad', values: perHour(bad.map((e) => e.time)) },
                ]}
              />
              <ul class="plain-list">
                {bad.slice(0, 5).map((e) => (
                  <li key={e.id}>
                    {formatTime(e.time)} <Badge kind="bad">{e.error ?? e.type}</Badge> {e.details?.username} {e.ipAddress}
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
