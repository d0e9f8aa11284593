/* Fields: a label, the control, a hint, and what is wrong with it. */
import { cloneElement, type ComponentChildren, type VNode } from 'preact';
import { useId, useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { Button } from './basics';

export function Field(props: { label: string; hint?: string; error?: string; children: VNode<any> }) {
  const id = useId();
  const about = [props.hint && `${id}h`, props.error && `${id}e`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {cloneElement(props.children, {
        id,
        'aria-describedby': about || undefined,
        'aria-invalid': props.error ? true : undefined,
      })}
      {props.hint && <small id={`${id}h`}>{props.hint}</small>}
      {props.error && <small class="wrong" id={`${id}e`}>{props.error}</small>}
    </div>
  );
}

type Text = {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
  hint?: string;
  error?: string;
  type?: string;
  required?: boolean;
  readOnly?: boolean;
  autocomplete?: string;
  placeholder?: string;
  rows?: number;
  pattern?: string;
  inputMode?: string;
  name?: string;
};

export function TextField(props: Text) {
  const { label, hint, error, onChange, value, rows, ...rest } = props;
  return (
    <Field label={label} hint={hint} error={error}>
      {rows ? (
        <textarea {...rest} rows={rows} value={value ?? ''} onInput={(e) => onChange(e.currentTarget.value)} />
      ) : (
        <input
          {...(rest as object)}
          autocomplete={(props.autocomplete ?? 'off') as 'off'}
          value={value ?? ''}
          onInput={(e) => onChange(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function NumberField(props: {
  label: string;
  value: number | undefined;
  onChange: (value: number) => void;
  hint?: string;
  error?: string;
  min?: number;
  max?: number;
}) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      <input
        type="number"
        min={props.min ?? 0}
        max={props.max}
        value={props.value ?? 0}
        onInput={(e) => onNumber(e.currentTarget.value, props.onChange)}
      />
    </Field>
  );
}

function onNumber(text: string, set: (n: number) => void): void {
  const n = Number(text);
  if (text !== '' && Number.isFinite(n)) set(n);
}

const units = [['unit.seconds', 1], ['unit.minutes', 60], ['unit.hours', 3600], ['unit.days', 86400]] as const;

/* Seconds, in the largest unit that they are a whole number of. */
export function DurationField(props: {
  label: string;
  value: number | undefined;
  onChange: (seconds: number) => void;
  hint?: string;
}) {
  const value = props.value ?? 0;
  const fits = [...units].reverse().find(([, size]) => value > 0 && value % size === 0)?.[1] ?? 60;
  const [unit, setUnit] = useState<number>(fits);
  return (
    <Field label={props.label} hint={props.hint}>
      <DurationInput value={value} unit={unit} setUnit={setUnit} onChange={props.onChange} label={props.label} />
    </Field>
  );
}

function DurationInput(props: {
  id?: string;
  label: string;
  value: number;
  unit: number;
  setUnit: (unit: number) => void;
  onChange: (seconds: number) => void;
}) {
  return (
    <span class="pair">
      <input
        id={props.id}
        type="number"
        min={0}
        value={props.value / props.unit}
        onInput={(e) => onNumber(e.currentTarget.value, (n) => props.onChange(Math.round(n * props.unit)))}
      />
      <select
        aria-label={t('unit.of', { name: props.label })}
        value={String(props.unit)}
        onChange={(e) => props.setUnit(Number(e.currentTarget.value))}
      >
        {units.map(([key, size]) => (
          <option key={key} value={String(size)}>{t(key)}</option>
        ))}
      </select>
    </span>
  );
}

export function Select(props: {
  label: string;
  value: string | undefined;
  options: [value: string, text: string][];
  onChange: (value: string) => void;
  hint?: string;
  error?: string;
}) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      <select value={props.value ?? ''} onChange={(e) => props.onChange(e.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>{text}</option>
        ))}
      </select>
    </Field>
  );
}

export function Switch(props: {
  label: string;
  value: boolean | undefined;
  onChange: (value: boolean) => void;
  hint?: string;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={!!props.value}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}h` : undefined}
        onChange={(e) => props.onChange(e.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && <small id={`${id}h`}>{props.hint}</small>}
    </div>
  );
}

/* Several values of one thing: redirect URIs, web origins. */
export function ListField(props: {
  label: string;
  hint?: string;
  error?: string;
  values: string[] | undefined;
  onChange: (values: string[]) => void;
  placeholder?: string;
}) {
  const id = useId();
  const about = [props.hint && id, props.error && `${id}e`].filter(Boolean).join(' ');
  const values = props.values ?? [];
  const set = (i: number, text: string) => props.onChange(values.map((v, k) => (k === i ? text : v)));
  return (
    <fieldset class="list-field">
      <legend>{props.label}</legend>
      {props.hint && <small id={id}>{props.hint}</small>}
      {values.map((value, i) => (
        <div class="pair" key={i}>
          <input
            value={value}
            aria-label={t('list.item', { name: props.label, n: i + 1 })}
            placeholder={props.placeholder}
            aria-describedby={about || undefined}
            aria-invalid={props.error ? true : undefined}
            onInput={(e) => set(i, e.currentTarget.value)}
          />
          <Button
            kind="plain"
            label={t('list.remove', { name: value || String(i + 1) })}
            onClick={() => props.onChange(values.filter((_, k) => k !== i))}
          >
            ×
          </Button>
        </div>
      ))}
      {props.error && <small class="wrong" id={`${id}e`}>{props.error}</small>}
      <Button kind="plain" onClick={() => props.onChange([...values, ''])}>{t('list.add')}</Button>
    </fieldset>
  );
}

/* Attributes of people, groups and roles: names with several values each. */
export function AttributesField(props: {
  label: string;
  value: Record<string, string[]> | undefined;
  onChange: (value: Record<string, string[]>) => void;
}) {
  const [rows, setRows] = useState<[string, string][]>(() =>
    Object.entries(props.value ?? {}).flatMap(([k, vs]) => vs.map((v): [string, string] => [k, v])),
  );
  const change = (next: [string, string][]) => {
    setRows(next);
    const out: Record<string, string[]> = Object.create(null);
    for (const [k, v] of next) if (k) (out[k] ??= []).push(v);
    props.onChange({ ...out });
  };
  return (
    <fieldset class="list-field">
      <legend>{props.label}</legend>
      {rows.map(([name, value], i) => (
        <div class="pair" key={i}>
          <input value={name} aria-label={t('attributes.name', { n: i + 1 })} placeholder={t('name')}
            onInput={(e) => change(rows.map((r, k) => (k === i ? [e.currentTarget.value, r[1]] : r)))} />
          <input value={value} aria-label={t('attributes.value', { n: i + 1 })} placeholder={t('value')}
            onInput={(e) => change(rows.map((r, k) => (k === i ? [r[0], e.currentTarget.value] : r)))} />
          <Button kind="plain" label={t('list.remove', { name: name || String(i + 1) })}
            onClick={() => change(rows.filter((_, k) => k !== i))}>×</Button>
        </div>
      ))}
      <Button kind="plain" onClick={() => change([...rows, ['', '']])}>{t('list.add')}</Button>
    </fieldset>
  );
}

export function Grid(props: { children: ComponentChildren }) {
  return <div class="grid">{props.children}</div>;
}
