/** The machine that a figure was measured on: the conditions printed beside it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, arch, cpus, loadavg, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cpuQuota } from './cpu-quota.js';

export const machineSchema = z.strictObject({
  platform: z.string(),
  cpu: z.string(),
  /** Logical cores that this process may use. */
  cores: z.int().positive(),
  /** The container's CPU quota in cores; null where there is none. */
  cpuQuota: z.number().nullable(),
  /** Those of `relevantSets` that the CPU reports; empty where the system does not say. */
  instructionSets: z.array(z.string()),
  node: z.string(),
  /** ONNX Runtime packages by name; absent ones are left out. */
  onnxruntime: z.record(z.string(), z.string()),
  /** 1, 5 and 15 minutes, when it was asked for. */
  loadAverage: z.tuple([z.number(), z.number(), z.number()]),
});

export type Machine = z.infer<typeof machineSchema>;

/** Instruction sets that change what a matrix product costs, as /proc/cpuinfo names them on x86 and Arm. */
const relevantSets = [
  'avx2',
  'avx512f',
  'avx512_vnni',
  'avx_vnni',
  'amx_tile',
  'amx_int8',
  'amx_bf16',
  'asimddp',
  'i8mm',
  'sve',
];

/** Reads the machine's conditions; what the system does not tell is empty or null, never an error. */
export function describeMachine(): Machine {
  const flags = new Set(
    (/^(?:flags|Features)\s*:(.*)$/m.exec(readOr('/proc/cpuinfo'))?.[1] ?? '').split(/\s+/),
  );
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim().replace(/\s+/g, ' ') ?? 'unknown',
    cores: availableParallelism(),
    cpuQuota: cpuQuota(),
    instructionSets: relevantSets.filter((name) => flags.has(name)),
    node: process.versions.node,
    onnxruntime: versionsOf(['onnxruntime-node', 'onnxruntime-web']),
    loadAverage: [one, five, fifteen],
  };
}

/**
 * Instruction sets whose products of 8 bits are summed in 32. x86 without them sums pairs in 16 bits, which saturate,
 * and gains less from integers.
 */
const wideSums = ['avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm'];

export function sumsIntegersWide({
  instructionSets,
  platform: system,
}: Pick<Machine, 'instructionSets' | 'platform'>): boolean {
  return !system.endsWith('x64') || instructionSets.some((name) => wideSums.includes(name));
}

/** The conditions as one line of text. */
export function machineLine(machine: Machine): string {
  const load = machine.loadAverage.map((value) => value.toFixed(2)).join(' ');
  return `${standingLine(machine)}, load ${load}`;
}

/** What stays the same from one run to the next. */
export function standingLine(machine: Machine): string {
  const quota = machine.cpuQuota === null ? '' : `, quota ${machine.cpuQuota}`;
  const sets = machine.instructionSets.length === 0 ? '' : ` (${machine.instructionSets.join(' ')})`;
  const runtimes = Object.entries(machine.onnxruntime).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cpu}${sets}`,
    `${machine.cores} core${machine.cores === 1 ? '' : 's'}${quota}`,
    machine.platform,
    `Node ${machine.node}`,
    ...runtimes,
  ].join(', ');
}

/** The CPUs that this process may run on, as Linux lists them (`0-3,8`); null where the system does not say. */
export function cpuAffinity(): string | null {
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(readOr('/proc/self/status'))?.[1] ?? null;
}

/** A package's own manifest may be hidden by its `exports`, so it is looked for upwards from the entry point. */
function versionsOf(packages: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versions: Record<string, string> = {};
  for (const name of packages) {
    try {
      let folder = dirname(require.resolve(name));
      while (!folder.endsWith(join('node_modules', name)) && folder !== dirname(folder))
        folder = dirname(folder);
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      versions[name] = z.object({ version: z.string() }).parse(manifest).version;
    } catch {
      // An absent package has no version to report.
    }
  }
  return versions;
}

function readOr(path: string, otherwise = ''): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
