/** Lines over a common axis, drawn by uPlot in the page's colours. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../shell/display.js';

export interface Line {
  readonly name: string;
  /** A custom property of the page's style. */
  readonly colour: string;
  /** One a place of the axis; null leaves a gap. */
  readonly values: readonly (number | null)[];
  readonly points?: boolean;
}

interface ChartProps {
  /** What the chart shows, in words. */
  readonly label: string;
  readonly axis: readonly number[];
  readonly axisName: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly logarithmic?: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum, which is there for types alone
const LOGARITHMIC = 3 as uPlot.Scale.Distr;

/** Pixels. */
const height = 240;

export function Chart({ label, axis, axisName, unit, lines, logarithmic = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(
      optionsOf({ axisName, unit, lines, logarithmic }, element.clientWidth),
      [[...axis], ...lines.map(({ values }) => [...values])],
      element,
    );
    const watch = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [axis, axisName, unit, lines, logarithmic, theme.value]);
  return (
    <figure class="chart">
      <figcaption>{label}</figcaption>
      <div ref={place} role="img" aria-label={label} />
    </figure>
  );
}

function optionsOf(
  {
    axisName,
    unit,
    lines,
    logarithmic,
  }: Pick<ChartProps, 'axisName' | 'unit' | 'lines'> & { readonly logarithmic: boolean },
  width: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => resolved(style, name);
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    font: '12px system-ui',
    labelFont: '12px system-ui',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  return {
    width,
    height,
    cursor: { y: false },
    scales: {
      x: { time: false },
      y: logarithmic
        ? { distr: LOGARITHMIC, log: 10 }
        : { range: (_plot, _low, high) => [0, high * 1.1 || 1] },
    },
    axes: [
      { ...axis, label: axisName, labelSize: 20 },
      { ...axis, label: unit, labelSize: 20, size: 56 },
    ],
    series: [
      { label: axisName },
      ...lines.map(({ name, colour: property, points = false }) => ({
        label: name,
        stroke: colour(property),
        width: points ? 0 : 2,
        ...(points ? { paths: () => null } : {}),
        points: { show: points, size: 6, fill: colour(property), stroke: colour(property) },
      })),
    ],
  };
}

/** The canvas knows no `light-dark()`: the browser works the colour out on an element. */
function resolved(style: CSSStyleDeclaration, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = style.getPropertyValue(property);
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
