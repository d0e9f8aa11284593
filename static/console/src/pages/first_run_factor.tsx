import { answered, config, signIn } from '../lib/auth';
import { useAction } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { Button } from '../ui/basics';
import type { StepProps } from './first_run';

const ACTION = 'CONFIGURE_TOTP';

/* Set up on the server's own pages, which lead back here. */
export function Factor({ known }: StepProps) {
  const [busy, run] = useAction();
  const has = known.credentials.some((c) => c.type === 'otp');
  const offered = config.actions?.includes(ACTION) ?? false;
  return (
    <>
      <p>{t('first-run.factor.lead')}</p>
      <div role="status">
        {has && <p>{t('first-run.factor.has')}</p>}
        {!has && answered.action === ACTION && answered.status !== 'success' && <p>{t('first-run.factor.cancelled')}</p>}
      </div>
      {!has && offered && (
        <div class="actions">
          <Button
            kind="main"
            busy={busy}
            onClick={() => run(async () => {
              history.replaceState(null, '', linkTo('master', 'first-run', 'factor'));
              await signIn({ kc_action: ACTION });
            })}
          >
            {t('first-run.factor.set-up')}
          </Button>
        </div>
      )}
      {!has && !offered && <p>{t('first-run.factor.off')}</p>}
    </>
  );
}
