/* Where one looks rather than reads. A table of the same figures is there for screen readers. */
import { formatNumber, language, t } from '../lib/i18n';
import { HOUR } from './chart_data';

interface Series {
  name: string;
  kind: 'good' | 'bad';
  values: number[];
}

function hourName(at: number, count: number): string {
  const time = new Date(Date.now() - (count - 1 - at) * HOUR);
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(time.setMinutes(0));
}

export function Bars(props: { label: string; series: Series[] }) {
  const count = props.series[0]?.values.length ?? 0;
  const sums = Array.from({ length: count }, (_, i) => props.series.reduce((n, s) => n + (s.values[i] ?? 0), 0));
  const most = Math.max(1, ...sums);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${count * 20} 100`} preserveAspectRatio="none" aria-hidden="true">
        {sums.map((_, i) => {
          let top = 100;
          return props.series.map((s) => {
            const height = ((s.values[i] ?? 0) / most) * 96;
            top -= height;
            return <rect key={`${i}${s.kind}`} class={s.kind} x={i * 20 + 2} y={top} width={16} height={height} />;
          });
        })}
      </svg>
      <figcaption>
        {props.series.map((s) => (
          <span key={s.kind} class={`key ${s.kind}`}>
            {s.name}: {formatNumber(s.values.reduce((a, b) => a + b, 0))}
          </span>
        ))}
      </figcaption>
      <details>
        <summary>{t('chart.figures')}</summary>
        <table>
          <thead>
            <tr><th scope="col">{t('chart.hour')}</th>{props.series.map((s) => <th key={s.kind} scope="col">{s.name}</th>)}</tr>
          </thead>
          <tbody>
            {sums.map((_, i) => (
              <tr key={i}>
                <th scope="row">{hourName(i, count)}</th>
                {props.series.map((s) => <td key={s.kind}>{formatNumber(s.values[i] ?? 0)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
