/** The same step in PyTorch, in a process of its own that waits while it is not asked: for measuring alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fail } from '../../core/errors.js';

/** From dist/training/bench/ to the sources, which Python runs as they are. */
const script = fileURLToPath(new URL('../../../training/bench/pytorch_step.py', import.meta.url));

export interface Peer {
  readonly version: string;
  /** Milliseconds of one step. */
  step(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerOptions {
  /** An interpreter that has torch. */
  readonly python: string;
  readonly threads: number;
  readonly dropout: number;
  readonly seed: number;
  /** Words of each row. */
  readonly lengths: readonly number[];
  /** The encoder's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

const readySchema = z.object({ version: z.string() });
const stepSchema = z.object({ seconds: z.number() });

/** @throws RetortError bench_peer_failed */
export async function openPeer({ python, config, ...rest }: PeerOptions): Promise<Peer> {
  const child = spawn(python, [script, JSON.stringify({ ...config, ...rest })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let trouble = '';
  child.on('error', (error) => (trouble = error.message));
  child.stdin.on('error', () => undefined); // a child that ended: the next line that is read says so
  child.stderr.on('data', (chunk: Buffer) => (trouble = `${trouble}${chunk.toString()}`.slice(-1000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(schema: z.ZodType<T>): Promise<T> => {
    const line = await lines.next();
    if (line.done === true)
      throw fail('bench_peer_failed', { python, reason: trouble.trim().split('\n').at(-1) ?? '' });
    return schema.parse(JSON.parse(line.value));
  };
  const { version } = await next(readySchema);
  return {
    version,
    async step() {
      child.stdin.write('\n');
      return 1000 * (await next(stepSchema)).seconds;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
