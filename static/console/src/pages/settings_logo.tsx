/* The logo that the realm keeps itself: taken from a file of this computer, and gone again. The server tells by its bytes
 * what kind of picture it is, and refuses drawings that hold more than a drawing. */
import { get, put, realmPath, remove } from '../lib/api';
import { useAction, useData, type Data } from '../lib/data';
import { formatNumber, t } from '../lib/i18n';
import { attempt, Button, Card } from '../ui/basics';
import { FileField } from '../ui/file_field';

export interface Logo {
  type: string;
  data: string; // base64
}

const MAX_KIB = 128;

export const sourceOf = (logo: Logo): string => `data:${logo.type};base64,${logo.data}`;

export function useLogo(realm: string): Data<Logo | null> {
  return useData<Logo | null>(
    async (signal) => {
      const { type, data } = await get<Partial<Logo>>(realmPath(realm, 'logo'), signal);
      return type && data ? { type, data } : null;
    },
    [realm],
  );
}

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

export function LogoCard(props: { realm: string; logo: Data<Logo | null>; may: boolean; hidden: boolean }) {
  const [busy, run] = useAction();
  const path = realmPath(props.realm, 'logo');
  const { data: logo, reload } = props.logo;
  const keep = (file: File) =>
    run(async () => {
      const work = async () => {
        if (file.size > MAX_KIB * 1024) throw new Error(t('logo.large', { size: formatNumber(Math.ceil(file.size / 1024)), most: MAX_KIB }));
        await put(path, { data: await base64Of(file) });
      };
      if (await attempt(work, t('logo.kept'))) reload();
    });
  const drop = () => run(async () => { if (await attempt(() => remove(path), t('logo.gone'))) reload(); });
  return (
    <Card title={t('logo')} lead={t('logo.lead')}>
      {logo && <p class="logo-now"><img src={sourceOf(logo)} alt={t('logo.now')} /></p>}
      {logo && props.hidden && <p class="lead">{t('logo.hidden')}</p>}
      {props.may && (
        <>
          <FileField label={t('logo.file')} hint={t('logo.file.hint', { most: MAX_KIB })} accept=".png,.jpg,.jpeg,.webp,.svg" onFile={(file) => file && void keep(file)} />
          {logo && <div class="actions"><Button busy={busy} onClick={drop}>{t('logo.remove')}</Button></div>}
        </>
      )}
    </Card>
  );
}
