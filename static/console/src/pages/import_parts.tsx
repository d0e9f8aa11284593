/* What both imports share: choosing a file, trying it, doing it, and the report. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { ApiError } from '../lib/api';
import { formatBytes, formatDecimal, formatNumber, formatSeconds, t, type Key } from '../lib/i18n';
import { isPartial, type PartialReport, type RealmReport, type Remark } from '../lib/import_report';
import { FILE_MOST, FileProblem, readRealms, type Content } from '../lib/realm_file';
import type { OnProgress, Progress } from '../lib/upload';
import { toast } from '../ui/toast';
import { Button, Card, errorText, Failure } from '../ui/basics';
import { FileField } from '../ui/file_field';
import { Select } from '../ui/form';
import { Table } from '../ui/table';

const ROWS_SHOWN = 200;

export function ChooseFile(props: { onContent: (content: Content | undefined) => void }) {
  const [realms, setRealms] = useState<Content[]>([]);
  const [chosen, setChosen] = useState('0');
  const [problem, setProblem] = useState<Key>();
  const take = async (file: File | undefined) => {
    setRealms([]);
    setProblem(undefined);
    props.onContent(undefined);
    if (!file) return;
    try {
      if (file.size > FILE_MOST) throw new FileProblem('import.file-large');
      const found = readRealms(await file.text());
      setRealms(found);
      setChosen('0');
      props.onContent(found[0]);
    } catch (error) {
      setProblem(error instanceof FileProblem ? error.key : 'import.no-json');
    }
  };
  return (
    <>
      <FileField label={t('import.file')} hint={t('import.file.hint')} accept=".json,application/json" onFile={(f) => void take(f)} />
      {problem && <div class="failure" role="alert"><p>{t(problem, { most: formatBytes(FILE_MOST) })}</p></div>}
      {realms.length > 1 && (
        <Select label={t('import.which')} value={chosen} options={realms.map((r, i): [string, string] => [String(i), String(r.realm)])}
          onChange={(at) => {
            setChosen(at);
            props.onContent(realms[Number(at)]);
          }} />
      )}
    </>
  );
}

/* So much is taken: told before it is sent. */
export function Size(props: { bytes: number; most: number }) {
  const large = props.bytes > props.most;
  return (
    <p class={large ? 'alert' : 'lead'} role={large ? 'alert' : undefined}>
      {t(large ? 'import.large' : 'import.size', { size: formatBytes(props.bytes), most: formatBytes(props.most) })}
    </p>
  );
}

type Report = RealmReport | PartialReport;
type Phase = { step: 'idle' | 'trying' | 'doing' } | { step: 'tried' | 'done'; report: Report } | { step: 'failed'; error: unknown };

/* A bar that shows a part when the part is known, and only then. */
function Running(props: { text: Key; progress: Progress | undefined; count?: number }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const { progress } = props;
  const text = progress?.step === 'sending' ? t('import.sending') : t(props.text);
  const part = progress?.part;
  const counted = progress?.step === 'working' && progress.done !== undefined;
  return (
    <div>
      <p role="status">{text}</p>
      <progress aria-label={text} value={part} max={1} />{' '}
      <small aria-hidden="true">
        {part !== undefined && `${formatDecimal(Math.floor(part * 100), 0)} % · `}
        {counted && `${t('import.people-done', { done: formatNumber(progress.done!), total: formatNumber(progress.total!) })} · `}
        {progress?.step === 'working' && !counted && props.count !== undefined && `${t('import.objects-count', { count: formatNumber(props.count) })} · `}
        {formatSeconds(seconds)}
      </small>
    </div>
  );
}

/* Tried first, then done: what was changed on the page since (of) has to be tried anew. */
export function TryAndDo(props: {
  of: unknown;
  disabled: boolean;
  count?: number; // of objects, for who waits
  send: (dryRun: boolean, tell: OnProgress) => Promise<Report>;
  confirm?: (go: () => void) => void; // before it is done
  done?: () => void;
  after?: ComponentChildren; // what can be done next
}) {
  const [last, setLast] = useState<{ of: unknown; phase: Phase }>({ of: props.of, phase: { step: 'idle' } });
  const [progress, setProgress] = useState<Progress>();
  const busy = last.phase.step === 'trying' || last.phase.step === 'doing';
  const phase: Phase = busy || last.of === props.of ? last.phase : { step: 'idle' };
  const run = async (dryRun: boolean) => {
    const setPhase = (next: Phase) => setLast({ of: props.of, phase: next });
    setProgress(undefined);
    setPhase({ step: dryRun ? 'trying' : 'doing' });
    try {
      const report = await props.send(dryRun, setProgress);
      setPhase({ step: dryRun ? 'tried' : 'done', report });
      if (!dryRun) props.done?.();
    } catch (error) {
      if (error instanceof ApiError && error.status === 202) {
        toast.good(t('change.waits'));
        setPhase({ step: 'idle' });
      } else setPhase({ step: 'failed', error });
    }
  };
  const go = () => void run(false);
  return (
    <>
      <div class="tools">
        <Button kind={phase.step === 'tried' ? undefined : 'main'} busy={busy} disabled={props.disabled} onClick={() => void run(true)}>{t('import.try')}</Button>
        {phase.step === 'tried' && (
          <Button kind="main" disabled={props.disabled} onClick={() => (props.confirm ? props.confirm(go) : go())}>{t('import.do')}</Button>
        )}
      </div>
      {busy && <Running text={phase.step === 'trying' ? 'import.trying' : 'import.doing'} progress={progress} count={props.count} />}
      {phase.step === 'failed' && <Refused error={phase.error} />}
      {phase.step === 'tried' && <ReportCard title={t('import.would')} lead={t('import.would.lead')} of={phase.report} />}
      {phase.step === 'done' && <ReportCard title={t('import.was')} of={phase.report}>{props.after}</ReportCard>}
    </>
  );
}

function Refused({ error }: { error: unknown }) {
  const large = error instanceof ApiError && error.status === 413;
  return large ? <Failure error={new Error(t('import.refused-large', { reason: errorText(error) }))} /> : <Failure error={error} />;
}

function ReportCard(props: { title: string; lead?: string; of: Report; children?: ComponentChildren }) {
  return (
    <Card title={props.title} lead={props.lead}>
      {isPartial(props.of) ? <PartialResults of={props.of} /> : <RealmResults of={props.of} />}
      {props.children && <div class="actions">{props.children}</div>}
    </Card>
  );
}

function Remarks(props: { title: string; list: Remark[] }) {
  if (props.list.length === 0) return null;
  return (
    <>
      <h3>{props.title}</h3>
      <Table
        label={props.title}
        rows={props.list}
        id={(r) => r.reason}
        columns={[
          { title: t('import.why'), cell: (r) => r.reason },
          { title: t('import.count'), narrow: true, cell: (r) => formatNumber(r.count) },
          { title: t('import.places'), cell: (r) => <>{r.places.map((p) => <code key={p}>{p} </code>)}{r.count > r.places.length && '…'}</> },
        ]}
      />
    </>
  );
}

function RealmResults({ of }: { of: RealmReport }) {
  return (
    <>
      <h3>{t('import.taken')}</h3>
      <Table
        label={t('import.taken')}
        rows={Object.entries(of.taken)}
        id={([kind]) => kind}
        columns={[{ title: t('type'), cell: ([kind]) => kind }, { title: t('import.count'), narrow: true, cell: ([, n]) => formatNumber(n) }]}
      />
      <Remarks title={t('import.adapted')} list={of.adapted} />
      <Remarks title={t('import.left')} list={of.left} />
      {of.adapted.length + of.left.length === 0 && <p>{t('import.all-taken')}</p>}
    </>
  );
}

const actions = { ADDED: 'import.added', OVERWRITTEN: 'import.overwritten', SKIPPED: 'import.skipped' } as const;

function PartialResults({ of }: { of: PartialReport }) {
  return (
    <>
      <p>
        {t('import.added')}: <strong>{formatNumber(of.added)}</strong> · {t('import.overwritten')}: <strong>{formatNumber(of.overwritten)}</strong>{' '}
        · {t('import.skipped')}: <strong>{formatNumber(of.skipped)}</strong>
      </p>
      <Table
        label={t('import.objects')}
        rows={of.results.slice(0, ROWS_SHOWN)}
        id={(r) => `${r.resourceType} ${r.resourceName}`}
        columns={[
          { title: t('import.action'), narrow: true, cell: (r) => t(actions[r.action]) },
          { title: t('type'), cell: (r) => r.resourceType },
          { title: t('name'), cell: (r) => r.resourceName },
        ]}
      />
      {of.results.length > ROWS_SHOWN && <p class="lead">{t('import.more', { count: formatNumber(of.results.length - ROWS_SHOWN) })}</p>}
    </>
  );
}
