/* Where the person is logged in, and signing out there. */
import { get, remove } from '../../lib/api';
import { useAction, useData } from '../../lib/data';
import { formatTime } from '../../lib/i18n';
import { attempt, Badge, Button, Card, Loaded, Page } from '../../ui/basics';
import type { PageProps } from '../app';
import { clientName, t } from '../text';
import type { Device, Session } from '../types';

function deviceName(d: Device): string {
  const os = `${d.os === 'Other' ? t('device.unknown') : d.os} ${d.osVersion.replace(/_/g, '.')}`.trim();
  return d.device === 'Other' ? os : `${d.device}, ${os}`;
}

const browserOf = (s: Session) => (s.browser === 'Other' ? t('browser.unknown') : s.browser.replace('/', ' '));

function Row(props: { session: Session; may: boolean; reload: () => void }) {
  const s = props.session;
  const [busy, run] = useAction();
  const end = () => run(async () => {
    if (await attempt(() => remove(`/sessions/${encodeURIComponent(s.id)}`), t('session.over'))) props.reload();
  });
  return (
    <div class="device">
      <div>
        <p>{browserOf(s)} {s.current && <Badge kind="good">{t('session.current')}</Badge>}</p>
        <small>
          {t('session.times', { started: formatTime(s.started * 1000), last: formatTime(s.lastAccess * 1000) })}
          {s.ipAddress && ` · ${s.ipAddress}`}
        </small>
        {s.clients.length > 0 && <small>{t('session.clients', { names: s.clients.map(clientName).join(', ') })}</small>}
      </div>
      {props.may && !s.current && (
        <Button busy={busy} label={`${t('session.end')}: ${browserOf(s)}, ${formatTime(s.started * 1000)}`} onClick={end}>{t('session.end')}</Button>
      )}
    </div>
  );
}

export default function Devices(props: PageProps) {
  const data = useData((signal) => get<Device[]>('/sessions/devices', signal), []);
  const [busy, run] = useAction();
  const may = props.roles.includes('manage-account');
  const others = data.data?.some((d) => d.sessions.some((s) => !s.current)) ?? false;
  const endOthers = () => run(async () => {
    if (await attempt(() => remove('/sessions'), t('session.all-over'))) data.reload();
  });
  return (
    <Page
      title={t('devices')}
      lead={t('devices.lead')}
      actions={may && others && <Button kind="danger" busy={busy} onClick={endOthers}>{t('session.end-others')}</Button>}
    >
      <Loaded of={data}>
        {(devices) => devices.map((d, i) => (
          <Card key={i} title={deviceName(d)}>
            {d.sessions.map((s) => <Row key={s.id} session={s} may={may} reload={data.reload} />)}
          </Card>
        ))}
      </Loaded>
    </Page>
  );
}
