/** The progress of a load: one line that is written over on a terminal, a line a second elsewhere. */
import type { Progress } from '../../loadtest/measurement.js';
import { failures } from '../../loadtest/outcome.js';

export interface ProgressPrinter {
  readonly show: (progress: Progress) => void;
  /** Something that is not of every second. */
  readonly note: (line: string) => void;
  /** Takes the line away. */
  readonly stop: () => void;
}

/** On standard error, so that standard output is the report alone. */
export function progressPrinter(stream: NodeJS.WriteStream = process.stderr): ProgressPrinter {
  const erase = stream.isTTY ? '\r\u001B[K' : '';
  let shownSeconds = 0;
  return {
    show(progress) {
      const { elapsedSeconds, outcomes } = progress;
      // A run that follows another begins at 0 again.
      if (elapsedSeconds <= shownSeconds) shownSeconds = 0;
      const rate = (outcomes.ok ?? 0) / Math.max(0.1, elapsedSeconds - shownSeconds);
      shownSeconds = elapsedSeconds;
      stream.write(`${erase}${describe(progress, rate)}${stream.isTTY ? '' : '\n'}`);
    },
    note(line) {
      stream.write(`${erase}${line}\n`);
    },
    stop() {
      stream.write(erase);
    },
  };
}

function describe(progress: Progress, rate: number): string {
  const { phase, elapsedSeconds, totalSeconds, inFlight, outcomes, latencyMs } = progress;
  const latency =
    latencyMs === null
      ? 'no answer'
      : `p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`;
  return (
    `${phase} ${elapsedSeconds.toFixed(0)}/${totalSeconds.toFixed(0)} s: ${rate.toFixed(0)} ok/s, ${latency}, ` +
    `${inFlight} in flight, ${failures(outcomes)} failed`
  );
}
