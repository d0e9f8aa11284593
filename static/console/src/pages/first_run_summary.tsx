import { useState } from 'preact/hooks';

import { issuerOf } from '../lib/auth';
import { useAction } from '../lib/data';
import { isOver, marksOf, OVER, stepIds } from '../lib/first_run';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { attempt, Button, Code, Copy, Facts } from '../ui/basics';
import { Select } from '../ui/form';
import { MarkBadge, stepLeft, stepTitle, type StepProps } from './first_run';
import { note } from './first_run_notice';

export function Summary({ known, reload }: StepProps) {
  const marks = marksOf(known);
  const realms = known.realms.filter((name) => name !== 'master');
  const [chosen, setChosen] = useState(realms[0] ?? 'master');
  const [busy, run] = useAction();
  return (
    <>
      <ul class="plain-list">
        {stepIds.filter((s) => s !== 'summary').map((s) => (
          <li key={s}>
            <a href={linkTo('master', 'first-run', s)}>{stepTitle(s)}</a> <MarkBadge mark={marks[s]} />
            {marks[s] !== 'done' && <> <small>{stepLeft(s)}</small></>}
          </li>
        ))}
      </ul>
      <h3>{t('first-run.developers')}</h3>
      <p>{t('first-run.developers.lead')}</p>
      {realms.length > 1 && <Select label={t('realm')} value={chosen} options={realms.slice(0, 200).map((r) => [r, r])} onChange={setChosen} />}
      <Addresses realm={chosen} />
      <ul class="plain-list">
        <li><a href={linkTo(chosen, 'clients')}>{t('first-run.next.client')}</a></li>
        <li><a href={linkTo(chosen, 'users')}>{t('first-run.next.people')}</a></li>
        <li><a href={linkTo(chosen, 'realm-settings')}>{t('first-run.next.mail')}</a></li>
      </ul>
      {!isOver(known.noted) && (
        <div class="actions end">
          <Button
            kind="main"
            busy={busy}
            onClick={() => run(async () => {
              if (!(await attempt(() => note(OVER), t('first-run.finished')))) return;
              reload();
              location.hash = linkTo(chosen);
            })}
          >
            {t('first-run.finish')}
          </Button>
        </div>
      )}
    </>
  );
}

export function Addresses({ realm }: { realm: string }) {
  const issuer = issuerOf(realm);
  const discovery = `${issuer}/.well-known/openid-configuration`;
  return (
    <>
      <Facts
        of={[
          [t('overview.issuer'), <><code>{issuer}</code> <Copy text={issuer} /></>],
          [t('overview.discovery'), <><a href={discovery}>{discovery}</a> <Copy text={discovery} /></>],
          [t('first-run.account'), <a href={`${issuer}/account/`}>{`${issuer}/account/`}</a>],
        ]}
      />
      <Code label={t('overview.try')} text={`curl ${discovery}`} />
    </>
  );
}
