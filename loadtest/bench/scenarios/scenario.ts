/** What a scenario of the serving benchmark is: a server under the open-loop generator, and something that happens to it. */
import type { RunResult } from '../../measurement.js';
import { offered, type Outcomes } from '../../outcome.js';
import type { GeneratorHandle } from '../../open-loop/generator-handle.js';
import type { ServedProcess } from '../child.js';

export interface Stage {
  readonly served: ServedProcess;
  readonly generator: GeneratorHandle;
  /** Name of the one model that is served. */
  readonly model: string;
  /** Of each load. */
  readonly seconds: number;
  readonly rounds: number;
  readonly seed: number;
  readonly onProgress: (line: string) => void;
}

export interface Scenario {
  readonly summary: string;
  /** @returns what was measured, and the same as lines for people */
  readonly run: (stage: Stage) => Promise<{ readonly result: object; readonly lines: readonly string[] }>;
}

/** So many that a server's queue and what is on its way never meet it: what is not sent would flatter the server. */
const maxInFlight = 20_000;
/** Fills a queue before anything is measured. */
const warmupSeconds = 3;

/** Poisson arrivals at one rate, requests a second. */
export function loadAt(
  { generator, seed, seconds }: Pick<Stage, 'generator' | 'seed' | 'seconds'>,
  rate: number,
  signal?: AbortSignal,
): Promise<RunResult> {
  return generator.run(
    {
      stages: [{ seconds, from: rate, to: rate }],
      arrivals: 'poisson',
      seed,
      warmupSeconds,
      maxInFlight,
    },
    signal === undefined ? {} : { signal },
  );
}

/** Requests that ended otherwise than well, by how; none for those that were stopped with the run. */
export function failed({ ok: _ok, unfinished: _unfinished, ...others }: Outcomes): {
  readonly count: number;
  readonly by: Outcomes;
} {
  return { count: offered(others), by: others };
}

export function mebibytes(bytes: number | null): string {
  return bytes === null ? 'unknown' : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
