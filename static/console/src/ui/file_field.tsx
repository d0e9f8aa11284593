/* A file of this computer, read in the page. Choosing begins anew each time: a browser says nothing when the same
 * file is chosen once more, though somebody has changed what is in it. */
import { useId } from 'preact/hooks';

export function FileField(props: { label: string; hint?: string; accept: string; onFile: (file: File | undefined) => void }) {
  const id = useId();
  const begin = (input: HTMLInputElement) => {
    if (!input.value) return;
    input.value = '';
    props.onFile(undefined);
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input id={id} type="file" accept={props.accept} aria-describedby={props.hint ? `${id}h` : undefined} onClick={(e) => begin(e.currentTarget)}
        onChange={(e) => props.onFile(e.currentTarget.files?.[0])} />
      {props.hint && <small id={`${id}h`}>{props.hint}</small>}
    </div>
  );
}
