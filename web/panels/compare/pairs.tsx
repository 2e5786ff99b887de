import { useMemo } from 'preact/hooks';
import type { ComparisonRun } from '../../api/compare.js';
import { text } from '../../i18n/index.js';
import { Chart, type Line } from '../../parts/chart.js';

/** Every pair of runs, in the order in which they ran. */
export function Pairs({ pairs }: { readonly pairs: ComparisonRun['pairs'] }) {
  const words = text.value.compare;
  const axis = useMemo(() => pairs.map((_, place) => place + 1), [pairs]);
  const lines = useMemo<Line[]>(
    () => [
      {
        name: words.static,
        colour: '--stage-infer',
        values: pairs.map(({ staticMs }) => staticMs),
        points: true,
      },
      {
        name: words.eager,
        colour: '--stage-tokenize',
        values: pairs.map(({ eagerMs }) => eagerMs),
        points: true,
      },
    ],
    [pairs, words],
  );
  return <Chart label={words.chart} axis={axis} axisName={words.pair} unit="ms" lines={lines} logarithmic />;
}
