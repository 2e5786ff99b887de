/** What a training run tells: lines for people, or one JSON object an event. */
import type { Score } from '../../training/evaluation.js';
import type { RunEvent } from '../../training/labelled-run.js';

export type Listener = (event: RunEvent) => void;

export function printJson(event: RunEvent): void {
  if (event.kind !== 'step') process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Lines for people; on a terminal the running step is written over itself. */
export function printer(): Listener {
  const terminal = process.stderr.isTTY;
  const started = performance.now();
  let tokens = 0;
  let steps = 0;
  const line = (text: string) => process.stdout.write(`${terminal ? '\r\u001b[2K' : ''}${text}\n`);
  return (event) => {
    switch (event.kind) {
      case 'data':
        line(
          `${event.split}: ${String(event.rows)} rows${event.rejected.length > 0 ? `, ${String(event.rejected.length)} left out` : ''}`,
        );
        for (const { line: number, reason } of event.rejected.slice(0, 5))
          line(`  line ${String(number)}: ${reason}`);
        break;
      case 'left-out':
        line(`labels: ${String(event.rows)} rows left out, which stand in dev or test`);
        break;
      case 'tokenizer':
        line(`tokenizer: ${event.name}, ${String(event.vocabularySize)} entries`);
        break;
      case 'step': {
        tokens += event.tokens;
        steps += 1;
        if (!terminal) break;
        const seconds = (performance.now() - started) / 1000;
        const remaining = ((event.steps - event.step) * seconds) / steps;
        process.stderr.write(
          `\r\u001b[2Kepoch ${String(event.epoch)}  step ${String(event.step)}/${String(event.steps)}  loss ${event.loss.toFixed(3)}  ` +
            `${(tokens / seconds).toFixed(0)} tokens/s  ${remaining.toFixed(0)} s left`,
        );
        break;
      }
      case 'evaluation': {
        const percent = ({ rows, accuracy }: Score) =>
          rows === 0 ? '–' : `${(100 * accuracy).toFixed(2)} %`;
        const seconds = (performance.now() - started) / 1000;
        line(
          `step ${String(event.step)}  epoch ${event.epoch.toFixed(2)}  loss ${event.trainLoss.toFixed(4)}  dev ${percent(event.all)}  ` +
            `not in train ${percent(event.kept)}  ${(tokens / seconds).toFixed(0)} tokens/s  ${seconds.toFixed(0)} s${event.best ? '  best' : ''}`,
        );
        break;
      }
    }
  };
}
