/* Lines over time, for figures that one looks at. Series differ by colour and by their dashes; who does
 * not see them hears what is now, the least and the most, and finds the figures in a table. */
import { formatClock, t } from '../lib/i18n';
import { extentOf, pathOf, roundUp, type Value } from './lines_data';

const WIDTH = 300;
const HEIGHT = 80;
const ROWS = 12; // of the table

export interface Line {
  name: string;
  values: Value[];
}

interface Props {
  title: string;
  times: number[];
  spanMs: number; // that the chart shows, up to the last time
  lines: Line[];
  format: (value: number) => string;
  most?: number; // the top of the chart; without: by the values
}

const said = (value: Value, format: Props['format']) => (value === null ? '–' : format(value));

function Figures(props: Props) {
  const step = Math.max(1, Math.ceil(props.times.length / ROWS));
  const picked = props.times.map((_, i) => i).filter((i) => (props.times.length - 1 - i) % step === 0);
  return (
    <details>
      <summary>{t('chart.figures')}</summary>
      <table aria-label={props.title}>
        <thead>
          <tr><th scope="col">{t('chart.time')}</th>{props.lines.map((l) => <th key={l.name} scope="col">{l.name}</th>)}</tr>
        </thead>
        <tbody>
          {picked.map((i) => (
            <tr key={props.times[i]}>
              <th scope="row">{formatClock(props.times[i]!)}</th>
              {props.lines.map((l) => <td key={l.name} data-title={l.name}>{said(l.values[i] ?? null, props.format)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

export function Lines(props: Props) {
  const to = props.times[props.times.length - 1] ?? 0;
  const extents = props.lines.map((l) => extentOf(l.values));
  const most = props.most ?? roundUp(Math.max(0, ...extents.map((e) => e.most ?? 0)));
  const spoken = props.lines
    .map((l, i) => t('chart.said', {
      name: l.name, now: said(extents[i]!.now, props.format), least: said(extents[i]!.least, props.format), most: said(extents[i]!.most, props.format),
    }))
    .join('; ');
  return (
    <figure class="chart lines">
      <h3>{props.title}</h3>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${props.title}. ${spoken}`}>
        {props.lines.map((l, i) => (
          <path key={l.name} class={`line-${i}`} d={pathOf(props.times, l.values, to - props.spanMs, to, most, WIDTH, HEIGHT)} />
        ))}
      </svg>
      <figcaption>
        {props.lines.map((l, i) => (
          <span key={l.name} class="line-key">
            <svg viewBox="0 0 24 8" aria-hidden="true"><path class={`line-${i}`} d="M0 4H24" /></svg>
            {l.name}: <strong>{said(extents[i]!.now, props.format)}</strong>
          </span>
        ))}
        <small>{t('chart.top', { value: props.format(most) })}</small>
      </figcaption>
      <Figures {...props} />
    </figure>
  );
}
