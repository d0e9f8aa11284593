/* Objects of a file put into this realm. */
import { useMemo, useState } from 'preact/hooks';

import { post, realmPath } from '../lib/api';
import { formatNumber, t, type Key } from '../lib/i18n';
import type { PartialReport } from '../lib/import_report';
import { bytesOf, CALL_MOST, countOf, partialImport, partsOf, tooMany, type Content, type PartId, type Policy } from '../lib/realm_file';
import { Card } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { Select, Switch } from '../ui/form';
import { ChooseFile, Size, TryAndDo } from './import_parts';

export function ImportInto({ realm }: { realm: string }) {
  const [content, setContent] = useState<Content>();
  return (
    <>
      <Card title={t('import.into')} lead={t('import.into.lead')}><ChooseFile onContent={setContent} /></Card>
      {content && <Chosen realm={realm} content={content} />}
    </>
  );
}

const policies: [Policy, Key][] = [['SKIP', 'import.skip'], ['OVERWRITE', 'import.overwrite'], ['FAIL', 'import.fail']];

function Chosen({ realm, content }: { realm: string; content: Content }) {
  const found = partsOf(content);
  const [out, setOut] = useState<PartId[]>([]);
  const [policy, setPolicy] = useState<Policy>('SKIP');
  const [asking, setAsking] = useState<() => void>();
  const chosen = useMemo(() => found.map((p) => p.id).filter((id) => !out.includes(id)), [content, out]);
  const body = useMemo(() => partialImport(content, chosen, policy), [content, chosen, policy]);
  const bytes = useMemo(() => bytesOf(body), [body]);
  const many = tooMany(content, chosen);
  if (found.length === 0) return <p class="empty">{t('import.nothing')}</p>;
  return (
    <>
      <Card title={t('import.parts')}>
        {found.map((p) => (
          <Switch key={p.id} label={`${t(p.text)} (${formatNumber(p.count)})`} value={!out.includes(p.id)}
            onChange={(on) => setOut(on ? out.filter((id) => id !== p.id) : [...out, p.id])} />
        ))}
        <Select label={t('import.exists')} value={policy} options={policies.map(([id, key]): [string, string] => [id, t(key)])} onChange={(id) => setPolicy(id as Policy)} />
        <Size bytes={bytes} most={CALL_MOST} />
        {many && <p class="alert" role="alert">{t('import.many')}</p>}
      </Card>
      <TryAndDo
        of={body}
        disabled={chosen.length === 0 || bytes > CALL_MOST || many}
        count={countOf(content, chosen)}
        send={(dryRun, tell) => post<PartialReport>(`${realmPath(realm, 'partialImport')}${dryRun ? '?dryRun=true' : ''}`, body, {
          onSent: (part) => tell(part < 1 ? { step: 'sending', part } : { step: 'working' }),
        })}
        confirm={policy === 'OVERWRITE' ? (go) => setAsking(() => go) : undefined}
      />
      {asking && (
        <ConfirmDialog
          title={t('import.overwrite.title')}
          text={t('import.overwrite.text')}
          name={realm}
          submit={t('import.do')}
          onClose={() => setAsking(undefined)}
          work={async () => asking()}
        />
      )}
    </>
  );
}
