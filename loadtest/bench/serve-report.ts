/** What the serving benchmark found: the shape of its JSON, and the same as text. */
import { z } from 'zod';
import { machineLine, machineSchema } from '../../core/machine.js';
import { median } from '../../core/statistics.js';
import { bareBatch } from './bare-protocol.js';

export const SERVE_BENCH_FORMAT = 2;

const ratioSchema = z.strictObject({
  estimate: z.number(),
  interval: z.tuple([z.number(), z.number()]).readonly(),
});

export const serveBenchSchema = z.strictObject({
  format: z.literal(SERVE_BENCH_FORMAT),
  bundle: z.string(),
  precision: z.string(),
  /** Texts a second, a number a round. */
  rounds: z.strictObject({
    bareSession: z.array(z.number()),
    bareWithTokenizer: z.array(z.number()),
    /** Of eight texts of like length. */
    bareBatches: z.array(z.number()),
    served: z.array(z.number()),
  }),
  /** Served texts a second over the bare ones of the same round: the median, with a 95 % bootstrap interval. */
  servedOverSession: ratioSchema,
  servedOverWithTokenizer: ratioSchema,
  servedOverBatches: ratioSchema,
  /** Medians over the rounds of each round's percentile. */
  latencyMs: z.strictObject({ p50: z.number(), p99: z.number() }),
  /** How late the server's main thread runs what is due; null where the server does not say. */
  eventLoopDelayMs: z.strictObject({ p50: z.number(), p99: z.number() }).nullable(),
  /** Answers other than 2xx, and requests without an answer, in all rounds. */
  notSucceeded: z.int(),
  readySeconds: z.number(),
  /** Of the server process after the rounds. */
  residentBytes: z.number().nullable(),
  workers: z.int(),
  connections: z.int(),
  secondsEach: z.number(),
  texts: z.int(),
  seed: z.int(),
  machine: machineSchema,
});

export type ServeBench = z.infer<typeof serveBenchSchema>;

export function renderServeBench(bench: ServeBench): string {
  const { rounds, latencyMs, eventLoopDelayMs: delay, residentBytes } = bench;
  const rates = (values: readonly number[]) =>
    `${median(values).toFixed(0)} texts/s (rounds: ${values.map((value) => value.toFixed(0)).join(', ')})`;
  const ratio = ({ estimate, interval: [low, high] }: ServeBench['servedOverSession']) =>
    `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
  const memory = residentBytes === null ? 'unknown' : `${(residentBytes / 2 ** 20).toFixed(0)} MiB`;
  const line = (label: string, value: string) => `${label.padEnd(28)}${value}`;
  return [
    line('bare sessions', rates(rounds.bareSession)),
    line('bare, with tokenisation', rates(rounds.bareWithTokenizer)),
    line('bare, in batches', rates(rounds.bareBatches)),
    line('served over HTTP', rates(rounds.served)),
    line('served latency', `p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`),
    line('served / bare', ratio(bench.servedOverSession)),
    line('served / bare in batches', ratio(bench.servedOverBatches)),
    line('served / with tokenisation', ratio(bench.servedOverWithTokenizer)),
    line(
      'event-loop delay',
      delay === null ? 'unknown' : `p50 ${delay.p50.toFixed(1)} ms, p99 ${delay.p99.toFixed(1)} ms`,
    ),
    line('not succeeded', String(bench.notSucceeded)),
    line('time to first prediction', `${bench.readySeconds.toFixed(2)} s`),
    line('resident memory', memory),
    `conditions  ${bench.bundle} ${bench.precision}, ${bench.workers} worker${bench.workers === 1 ? '' : 's'} of one thread ` +
      `each, ${bench.texts} texts in rotation; bare sessions run them one by one, or in batches of ` +
      `${bareBatch} of like length; the server batches those of ` +
      `${bench.connections} connections, one text a request, driven from a process of its own on the same cores; ` +
      `${rounds.served.length} rounds of ${bench.secondsEach} s each, interleaved in random order (seed ${bench.seed}); ` +
      'ratios are medians over the rounds, 95 % bootstrap interval',
    `machine     ${machineLine(bench.machine)}`,
  ].join('\n');
}
