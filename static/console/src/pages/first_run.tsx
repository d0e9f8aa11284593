/* The first steps of a new server: each has an address of its own, may be left out, and shows what is so now. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, realmPath } from '../lib/api';
import { useAction, useData, type Data } from '../lib/data';
import { ATTRIBUTE, isStep, marksOf, nextOpen, noteStep, stepAfter, stepIds, type Known, type Mark, type StepId } from '../lib/first_run';
import { t, type Key } from '../lib/i18n';
import type { NodeStatus } from '../lib/node';
import { linkTo } from '../lib/place';
import type { Credential, Realm } from '../lib/types';
import { useWho } from '../lib/who';
import { attempt, Badge, Button, Card, Loaded, Page } from '../ui/basics';
import { Address } from './first_run_address';
import { Backup } from './first_run_backup';
import { Factor } from './first_run_factor';
import { note } from './first_run_notice';
import { FirstRealm } from './first_run_realm';
import { Standby } from './first_run_standby';
import { Summary } from './first_run_summary';

const LOOK_MS = 2000;

export interface StepProps {
  known: Known;
  reload: () => void;
}

interface Step {
  title: Key;
  left?: Key; // what it means to leave it out
  part: (props: StepProps) => ComponentChildren;
}

const steps: Record<StepId, Step> = {
  factor: { title: 'first-run.factor', left: 'first-run.factor.left', part: Factor },
  address: { title: 'first-run.address', left: 'first-run.address.left', part: Address },
  realm: { title: 'first-run.realm', left: 'first-run.realm.left', part: FirstRealm },
  backup: { title: 'first-run.backup', left: 'first-run.backup.left', part: Backup },
  standby: { title: 'first-run.standby', left: 'first-run.standby.left', part: Standby },
  summary: { title: 'first-run.summary', part: Summary },
};

const markTexts = { done: 'first-run.done', skipped: 'first-run.skipped', open: 'first-run.open' } as const;

export const stepTitle = (step: StepId) => t(steps[step].title);
export function stepLeft(step: StepId): string {
  const key = steps[step].left;
  return key ? t(key) : '';
}
export function MarkBadge({ mark }: { mark: Mark }) {
  return <Badge kind={mark === 'done' ? 'good' : 'soft'}>{t(markTexts[mark])}</Badge>;
}

/* Looked at again while the page is seen: a standby, a restart or another administrator may bring news. */
function useKnown(): Data<Known> {
  const who = useWho();
  const known = useData<Known>(async (signal) => {
    const [status, credentials, master] = await Promise.all([
      get<NodeStatus>('/garita/status', signal),
      get<Credential[]>(realmPath('master', 'users', who.userId, 'credentials'), signal),
      get<Realm>(realmPath('master'), signal),
    ]);
    return { status, credentials, realms: Object.keys(who.realm_access), noted: master.attributes?.[ATTRIBUTE] };
  }, []);
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) known.reload(); }, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return known;
}

function List(props: { current: StepId; marks: Record<StepId, Mark> }) {
  return (
    <nav aria-label={t('first-run.steps')}>
      <ol class="first-steps">
        {stepIds.map((step) => (
          <li key={step}>
            <a href={linkTo('master', 'first-run', step)} aria-current={step === props.current ? 'step' : undefined}>{stepTitle(step)}</a>{' '}
            {step !== 'summary' && <MarkBadge mark={props.marks[step]} />}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/* Onward: what was done needs no word, what was not is noted as left out. */
function Onward(props: { step: StepId; mark: Mark; noted: string | undefined; reload: () => void }) {
  const { step, mark, noted } = props;
  const [busy, run] = useAction();
  const go = () => { location.hash = linkTo('master', 'first-run', stepAfter(step)); };
  const skip = () => run(async () => {
    if (!(await attempt(() => note(noteStep(noted, step, true))))) return;
    props.reload();
    go();
  });
  return (
    <div class="onward">
      {mark !== 'done' && <p class="lead" id="left">{stepLeft(step)}</p>}
      <div class="actions end">
        {mark === 'open'
          ? <Button busy={busy} onClick={skip}>{t('first-run.skip')}</Button>
          : <Button kind="main" onClick={go}>{t('first-run.next')}</Button>}
      </div>
    </div>
  );
}

function Current(props: { step: StepId; known: Known; reload: () => void }) {
  const { step, known } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const came = useRef(false);
  const Part = steps[step].part;
  const marks = marksOf(known);
  useEffect(() => {
    if (came.current) heading.current?.focus({ preventScroll: true });
    came.current = true;
  }, [step]);
  return (
    <div class="first-run">
      <List current={step} marks={marks} />
      <section class="card">
        <h2 ref={heading} tabIndex={-1}>{stepTitle(step)}</h2>
        <Part key={step} known={known} reload={props.reload} />
        {step !== 'summary' && <Onward step={step} mark={marks[step]} noted={known.noted} reload={props.reload} />}
      </section>
    </div>
  );
}

export default function FirstRun({ rest }: PageProps) {
  const known = useKnown();
  const who = useWho();
  if (!who.createRealm) return <Page title={t('first-run')}><Card lead={t('first-run.not-yours')} /></Page>;
  return (
    <Page title={t('first-run')} lead={t('first-run.lead')}>
      <Loaded of={known}>
        {(k) => <Current step={isStep(rest[0]) ? rest[0] : nextOpen(marksOf(k))} known={k} reload={known.reload} />}
      </Loaded>
    </Page>
  );
}
