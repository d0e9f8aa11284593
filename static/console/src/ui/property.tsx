/* A field for a setting that the server describes. */
import type { Wrong } from '../lib/api';
import { t } from '../lib/i18n';
import { labelKey, partition, withValue, type Config } from '../lib/properties';
import type { Property } from '../lib/serverinfo';
import { Grid, ListField, Select, Switch, TextField } from './form';

export function PropertyField(props: { property: Property; value: string | undefined; onChange: (value: string) => void; error?: string }) {
  const { property: p, value, onChange } = props;
  const key = labelKey(p.name);
  const label = key ? t(key) : (p.label ?? p.name);
  const hint = p.helpText || (key ? p.name : undefined);
  if (p.type === 'boolean') return <Switch label={label} hint={hint} value={value === 'true'} onChange={(on) => onChange(String(on))} />;
  if (p.type === 'List' && p.options)
    return <Select label={label} hint={hint} value={value} options={['', ...p.options].map((o): [string, string] => [o, o])} onChange={onChange} />;
  return (
    <TextField
      label={label}
      hint={hint}
      error={props.error}
      value={value}
      type={p.secret ? 'password' : 'text'}
      inputMode={p.type === 'Integer' ? 'numeric' : p.type === 'Url' ? 'url' : undefined}
      rows={p.type === 'Text' ? 4 : undefined}
      autocomplete={p.secret ? 'new-password' : 'off'}
      required={p.required}
      onChange={onChange}
    />
  );
}

interface Fields {
  properties: Property[];
  config: Config;
  onChange: (config: Config) => void;
  wrong?: Wrong;
}

function Field({ property: p, config, onChange, wrong }: Fields & { property: Property }) {
  const set = (values: string[]) => onChange(withValue(config, p.name, values));
  if (p.type === 'MultivaluedString')
    return <ListField label={p.label ?? p.name} hint={p.helpText} values={config[p.name]} onChange={set} />;
  return <PropertyField property={p} value={config[p.name]?.[0]} error={wrong?.field === p.name ? wrong.message : undefined} onChange={(v) => set([v])} />;
}

/* All of them: what matters first, the rest to be opened. */
export function PropertyFields(props: Fields) {
  const { first, more } = partition(props.properties);
  const fields = (list: Property[]) => <Grid>{list.map((p) => <Field key={p.name} {...props} property={p} />)}</Grid>;
  return (
    <>
      {fields(first)}
      {more.length > 0 && (
        <details open={more.some((p) => p.name === props.wrong?.field)}>
          <summary>{t('property.more', { count: more.length })}</summary>
          {fields(more)}
        </details>
      )}
    </>
  );
}
