/** One report or two, figure by figure and second by second. */
import { useMemo } from 'preact/hooks';
import type { LoadReport } from '../../api/load-reports.js';
import { text } from '../../i18n/index.js';
import { Chart, type Line } from '../../parts/chart.js';
import { date, milliseconds, number } from '../../parts/format.js';

const colours = ['--accent', '--stage-tokenize'];

interface ReportsProps {
  readonly names: readonly string[];
  readonly reports: readonly LoadReport[];
}

export function Reports({ names, reports }: ReportsProps) {
  const words = text.value.load;
  const seconds = useMemo(() => axisOf(reports), [reports]);
  const answered = useMemo(
    () => linesOf(names, reports, seconds, ({ outcomes }) => outcomes.ok ?? 0),
    [names.join(), reports, seconds],
  );
  const slowest = useMemo(
    () => linesOf(names, reports, seconds, ({ latencyMs }) => latencyMs?.p99 ?? null),
    [names.join(), reports, seconds],
  );
  if (reports.length === 0) return null;
  return (
    <>
      <Figures names={names} reports={reports} />
      <div class="split">
        <Chart
          label={words.answeredChart}
          axis={seconds}
          axisName={words.seconds}
          unit={words.requests}
          lines={answered}
        />
        <Chart label={words.latencyChart} axis={seconds} axisName={words.seconds} unit="ms" lines={slowest} />
      </div>
    </>
  );
}

function Figures({ names, reports }: ReportsProps) {
  const words = text.value.load;
  const rows: readonly (readonly [string, (report: LoadReport) => string])[] = [
    [words.started, ({ startedAt }) => date(startedAt)],
    [words.kind, conditionsOf],
    [
      words.throughput,
      ({ measured, textsPerRequest }) => number(measured.requestsPerSecond * textsPerRequest, 1),
    ],
    ['p50', ({ measured }) => latency(measured.latencyMs?.p50)],
    ['p90', ({ measured }) => latency(measured.latencyMs?.p90)],
    ['p99', ({ measured }) => latency(measured.latencyMs?.p99)],
    ['p99.9', ({ measured }) => latency(measured.latencyMs?.p99_9)],
    [words.slowest, ({ measured }) => latency(measured.latencyMs?.max)],
    [words.answered, ({ measured }) => number(measured.outcomes.ok ?? 0)],
    [words.failed, failuresOf],
    [words.ended, ({ ended }) => ended],
  ];
  return (
    <div class="table-scroll" role="region" tabIndex={0} aria-label={text.value.figures}>
      <table>
        <thead>
          <tr>
            <td />
            {reports.map((_, place) => (
              <th key={place} scope="col" class="number">
                {names[place]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, read]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {reports.map((report, place) => (
                <td key={place} class="number">
                  {read(report)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function conditionsOf(report: LoadReport): string {
  const words = text.value.load;
  return report.kind === 'closed-loop'
    ? words.closedLoop(report.connections ?? 0)
    : words.openLoop(report.arrivals ?? '');
}

function latency(value: number | undefined): string {
  return value === undefined ? '–' : milliseconds(value);
}

function failuresOf({ measured: { outcomes } }: LoadReport): string {
  const failed = Object.entries(outcomes).filter(([outcome, count]) => outcome !== 'ok' && count > 0);
  return failed.length === 0
    ? '0'
    : failed.map(([outcome, count]) => `${outcome} × ${number(count)}`).join(', ');
}

type Window = LoadReport['measured']['windows'][number];

function axisOf(reports: readonly LoadReport[]): number[] {
  const last = Math.max(
    0,
    ...reports.flatMap(({ measured }) => measured.windows.map(({ second }) => second)),
  );
  return Array.from({ length: last + 1 }, (_, second) => second);
}

function linesOf(
  names: readonly string[],
  reports: readonly LoadReport[],
  seconds: readonly number[],
  read: (window: Window) => number | null,
): Line[] {
  return reports.map(({ measured }, place) => {
    const windows = new Map(measured.windows.map((window) => [window.second, window]));
    return {
      name: names[place] ?? '',
      colour: colours[place] ?? '--quiet',
      values: seconds.map((second) => {
        const window = windows.get(second);
        return window === undefined ? null : read(window);
      }),
    };
  });
}
