/* A file of this computer, read in the page. */
import { useId } from 'preact/hooks';

export function FileField(props: { label: string; hint?: string; accept: string; onFile: (file: File | undefined) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input id={id} type="file" accept={props.accept} aria-describedby={props.hint ? `${id}h` : undefined} onChange={(e) => props.onFile(e.currentTarget.files?.[0])} />
      {props.hint && <small id={`${id}h`}>{props.hint}</small>}
    </div>
  );
}
