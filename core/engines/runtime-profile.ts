/** ONNX Runtime's profile of a session: the JSON file that its profiler writes, read and removed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

export interface ProfiledRun {
  /** Of the whole run inside ONNX Runtime. */
  readonly milliseconds: number;
  /** In the order in which they started; those of a subgraph are within their operator's. */
  readonly kernels: readonly { readonly op: string; readonly milliseconds: number }[];
}

/** Chrome's trace format; times in microseconds. */
const eventSchema = z.looseObject({
  cat: z.string().optional(),
  name: z.string(),
  ts: z.number(),
  dur: z.number().optional(),
  args: z.looseObject({ op_name: z.string().optional() }).optional(),
});

export interface Recording {
  /** What the profiler puts before its file's name. */
  readonly prefix: string;
  /** Once the profiler has ended; the file is removed. */
  read(): Promise<ProfiledRun[]>;
}

/** A temporary folder of its own for one session: the profiler names its files by the second. */
export async function openRecording(): Promise<Recording> {
  const folder = await mkdtemp(path.join(tmpdir(), 'retort-profile-'));
  return {
    prefix: path.join(folder, 'session'),
    async read() {
      const [file] = await readdir(folder);
      if (file === undefined) return [];
      const trace: unknown = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
      await rm(folder, { recursive: true });
      return runsOf(trace);
    },
  };
}

/** @param trace the profiler's events */
export function runsOf(trace: unknown): ProfiledRun[] {
  const events = z
    .array(eventSchema)
    .parse(trace)
    .map(({ cat, name, ts, dur = 0, args }) => ({
      kind: cat === 'Session' ? name : cat === 'Node' && name.endsWith('_kernel_time') ? 'kernel' : 'other',
      op: args?.op_name ?? name,
      start: ts,
      end: ts + dur,
    }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const runs = events.filter(({ kind }) => kind === 'model_run');
  const kernels = events.filter(({ kind }) => kind === 'kernel');
  return runs.map(({ start, end }) => {
    let free = start;
    const own = kernels.filter((kernel) => {
      if (kernel.start < free || kernel.end > end) return false;
      free = kernel.end;
      return true;
    });
    return {
      milliseconds: (end - start) / 1000,
      kernels: own.map((kernel) => ({ op: kernel.op, milliseconds: (kernel.end - kernel.start) / 1000 })),
    };
  });
}
