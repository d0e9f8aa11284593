/* On pages that administrators of master see: the way back to the first steps, until they are over. */
import { get, put, realmPath } from '../lib/api';
import { useAction, useData } from '../lib/data';
import { ATTRIBUTE, isOver, OVER } from '../lib/first_run';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Realm } from '../lib/types';
import { useMay, useWho } from '../lib/who';
import { attempt, Button, Card } from '../ui/basics';

/* Attributes are sent as a whole. */
export async function note(value: string): Promise<void> {
  const { attributes } = await get<Realm>(realmPath('master'));
  await put(realmPath('master'), { realm: 'master', attributes: { ...attributes, [ATTRIBUTE]: value } });
}

export function FirstRunNotice() {
  const may = useMay('master');
  const wanted = may('manage-realm') && useWho().createRealm;
  const master = useData<Realm>(wanted ? (signal) => get(realmPath('master'), signal) : undefined, [wanted]);
  const [busy, run] = useAction();
  if (!master.data || isOver(master.data.attributes?.[ATTRIBUTE])) return null;
  return (
    <Card title={t('first-run')} lead={t('first-run.notice')}>
      <div class="actions">
        <a class="button" href={linkTo('master', 'first-run')}>{t('first-run.go-on')}</a>
        <Button
          kind="plain"
          busy={busy}
          onClick={() => run(async () => {
            if (await attempt(() => note(OVER))) master.reload();
          })}
        >
          {t('first-run.dismiss')}
        </Button>
      </div>
    </Card>
  );
}
