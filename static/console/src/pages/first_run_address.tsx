/* Where clients reach the server, and the certificate that says so. The address is in every token and link, so it
 * changes with the configuration and a restart; the certificate is exchanged while the server runs. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { post, put } from '../lib/api';
import { issuerOf } from '../lib/auth';
import { useAction } from '../lib/data';
import { covers, hostOf, originOf, quoted, setting } from '../lib/first_run';
import { formatNumber, formatTime, t } from '../lib/i18n';
import type { NodeStatus } from '../lib/node';
import { attempt, Badge, Button, Code, Facts } from '../ui/basics';
import { TextField } from '../ui/form';
import { toast } from '../ui/toast';
import type { StepProps } from './first_run';

const DAY_MS = 86_400_000;

export function Address({ known, reload }: StepProps) {
  const { status } = known;
  const now = new URL(issuerOf('master')).origin;
  const [typed, setTyped] = useState(status.settings.hostname || now);
  const origin = originOf(typed);
  return (
    <>
      <p>{t('first-run.address.lead')}</p>
      <Facts
        of={[
          [t('first-run.address.now'), <><code>{now}</code>{' '}<Badge kind={status.settings.hostname ? 'good' : 'soft'}>{status.settings.hostname ? t('first-run.address.set') : t('first-run.address.guessed')}</Badge></>],
          ...certificateFacts(status),
        ]}
      />
      <h3>{t('first-run.address.name')}</h3>
      <TextField label={t('first-run.address.wanted')} hint={t('first-run.address.wanted.hint')} value={typed} onChange={setTyped} error={origin ? undefined : t('first-run.address.wrong')} />
      {origin && origin !== status.settings.hostname && (
        <>
          <p>{t('first-run.address.how', { file: status.settings.file })}</p>
          <Code label={t('first-run.address.line')} text={setting('hostname', origin)} />
          <Code label={t('first-run.restart')} text="sudo systemctl restart garita" />
        </>
      )}
      <h3>{t('first-run.certificate')}</h3>
      <Certificate status={status} host={hostOf(origin ?? now)} reload={reload} />
    </>
  );
}

function certificateFacts(status: NodeStatus): [string, ComponentChildren][] {
  const c = status.certificates[0];
  if (!c) return [[t('first-run.certificate'), t('first-run.certificate.none')]];
  const days = Math.floor((c.expiresMs - status.node.nowMs) / DAY_MS);
  const host = hostOf(status.settings.hostname || location.origin);
  return [
    [t('first-run.certificate'), <>{c.subject} {c.selfSigned && <Badge>{t('operations.self-signed')}</Badge>}</>],
    [t('first-run.certificate.names'), <>{c.names.join(', ') || '–'} {!covers(c.names, host) && <Badge kind="bad">{t('first-run.certificate.not-for', { host })}</Badge>}</>],
    [t('first-run.certificate.until'), <>{formatTime(c.expiresMs)} <Badge kind={days < 21 ? 'bad' : 'good'}>{t('operations.days-left', { days: formatNumber(days) })}</Badge></>],
  ];
}

function Certificate(props: { status: NodeStatus; host: string; reload: () => void }) {
  const source = props.status.settings.certificate;
  if (source === 'none') return <p>{t('first-run.certificate.no-tls')}</p>;
  if (source === 'configured')
    return <><p>{t('first-run.certificate.configured')}</p><Code label={t('first-run.reload')} text="sudo systemctl reload garita" /></>;
  return <><Install reload={props.reload} /><Ask host={props.host} /></>;
}

function Install({ reload }: { reload: () => void }) {
  const [certificate, setCertificate] = useState('');
  const [privateKey, setPrivateKey] = useState('');
  const [busy, run] = useAction();
  const install = () => run(async () => {
    const body = privateKey.trim() ? { certificate, privateKey } : { certificate };
    if (!(await attempt(() => put('/garita/certificate', body), t('first-run.certificate.installed')))) return;
    setCertificate('');
    setPrivateKey('');
    reload();
  });
  return (
    <details>
      <summary>{t('first-run.certificate.install')}</summary>
      <form onSubmit={(e) => { e.preventDefault(); void install(); }}>
        <p>{t('first-run.certificate.lead')}</p>
        <TextField label={t('first-run.certificate.pem')} hint={t('first-run.certificate.pem.hint')} rows={5} required value={certificate} onChange={setCertificate} />
        <TextField label={t('first-run.certificate.key')} hint={t('first-run.certificate.key.hint')} rows={5} value={privateKey} onChange={setPrivateKey} />
        <div class="actions"><Button type="submit" kind="main" busy={busy}>{t('first-run.certificate.use')}</Button></div>
      </form>
    </details>
  );
}

function Ask({ host }: { host: string }) {
  const [names, setNames] = useState(host);
  const [pem, setPem] = useState('');
  const [busy, run] = useAction();
  const ask = () => run(async () => {
    await attempt(async () => {
      const list = names.split(/[\s,]+/).filter(Boolean);
      setPem((await post<{ request: string }>('/garita/certificate/request', { names: list })).request);
      toast.good(t('first-run.request.made'));
    });
  });
  return (
    <details>
      <summary>{t('first-run.request')}</summary>
      <form onSubmit={(e) => { e.preventDefault(); void ask(); }}>
        <p>{t('first-run.request.lead')}</p>
        <TextField label={t('first-run.request.names')} hint={t('first-run.request.names.hint')} required value={names} onChange={setNames} />
        <div class="actions"><Button type="submit" busy={busy}>{t('first-run.request.make')}</Button></div>
      </form>
      {pem && (
        <>
          <Code label={t('first-run.request')} text={pem.trim()} />
          <p>{t('first-run.request.look')} <code>{`openssl req -in ${quoted(`${host}.csr`)} -noout -text`}</code></p>
        </>
      )}
    </details>
  );
}
