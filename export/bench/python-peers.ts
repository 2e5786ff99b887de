/** Peers that are Python: what they make of a file, and OpenVINO in a process of its own, asked line by line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { toNumbers } from '../../core/tensor.js';
import type { Contestant, Feeds } from './contestant.js';
import { sessionContestant } from './session-contestant.js';

/** From dist/export/bench/ three folders up. */
const script = fileURLToPath(new URL('../../../export/bench/peers.py', import.meta.url));

const preparedSchema = z.object({
  name: z.string(),
  precision: z.enum(['fp32', 'int8']),
  file: z.string().optional(),
  error: z.string().optional(),
});

export interface Peers {
  readonly contestants: readonly Contestant[];
  /** Peers that did not manage, and why. */
  readonly failures: readonly string[];
}

/** @throws RetortError bench_python_failed */
export async function pythonPeers(python: string, file: string, folder: string): Promise<Peers> {
  const lines = await answersOf(python, [script, 'prepare', file, folder]);
  const prepared = lines.map((line) => preparedSchema.parse(JSON.parse(line)));
  const contestants: Contestant[] = [];
  const failures: string[] = [];
  for (const { name, precision, file: made, error } of prepared) {
    if (made === undefined) failures.push(`${name}: ${error ?? 'no file'}`);
    else contestants.push(await sessionContestant(name, precision, made));
  }
  const quantized = prepared.find(({ name }) => name === 'quantize_dynamic')?.file;
  contestants.push(await openvino(python, 'OpenVINO', 'fp32', file, true));
  contestants.push(await openvino(python, 'OpenVINO, its default precision', 'bf16', file, false));
  if (quantized !== undefined)
    contestants.push(await openvino(python, 'OpenVINO of quantize_dynamic', 'int8', quantized, false));
  return { contestants, failures };
}

async function answersOf(python: string, commandLine: readonly string[]): Promise<string[]> {
  const child = spawn(python, commandLine, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, complaint]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk.toString()));
  const failed = once(child, 'error').then(([error]) => String(error));
  const closed = once(child, 'close').then(([code]) => (code === 0 ? null : complaint.join('').slice(-500)));
  const reason = await Promise.race([failed, closed]);
  if (reason !== null) throw fail('bench_python_failed', { python, reason });
  return out
    .join('')
    .split('\n')
    .filter((line) => line !== '');
}

const answerSchema = z.union([
  z.object({ opened: z.string() }),
  z.object({ milliseconds: z.number(), processorMilliseconds: z.number(), output: z.array(z.number()) }),
  z.object({ error: z.string() }),
]);

/** @param exact in fp32; false leaves the precision to OpenVINO */
async function openvino(
  python: string,
  name: string,
  precision: Contestant['precision'],
  file: string,
  exact: boolean,
): Promise<Contestant> {
  return {
    name,
    precision,
    nodes: null,
    bytes: (await stat(file)).size,
    async open(threads) {
      const child = spawn(python, [script, 'openvino'], { stdio: ['pipe', 'pipe', 'ignore'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const ask = async (question: unknown) => {
        child.stdin.write(`${JSON.stringify(question)}\n`);
        const next: IteratorResult<string, undefined> = await lines.next();
        if (next.done === true) throw fail('bench_python_failed', { python, reason: `${name} ended` });
        const answer = answerSchema.parse(JSON.parse(next.value));
        if ('error' in answer)
          throw fail('bench_python_failed', { python, reason: `${name}: ${answer.error}` });
        return answer;
      };
      await ask({ open: 'model', file, threads, exact });
      return {
        async time(feeds, times) {
          const answer = await ask({ run: 'model', feeds: plain(feeds), times });
          if (!('milliseconds' in answer))
            throw fail('bench_python_failed', { python, reason: `${name} gave no time` });
          return answer;
        },
        async close() {
          child.stdin.end();
          if (child.exitCode === null) await once(child, 'close');
        },
      };
    },
  };
}

function plain(feeds: Feeds) {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [
      name,
      { dtype: value.dtype, shape: value.shape, data: toNumbers(value) },
    ]),
  );
}
