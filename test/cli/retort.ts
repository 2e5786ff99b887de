/** The product as a user starts it: `node dist/cli.js …`. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match when one of the two outputs matches; rejects when the command ends before. */
  says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>;
}

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const running = new Set<ChildProcess>();

/** Runs a command to its end. */
export function retort(...commandLine: string[]): Promise<Ended> {
  return start(...commandLine).ended;
}

export function start(...commandLine: string[]): Running {
  return spawned({}, commandLine);
}

/** With more environment variables. */
export function startWith(environment: Readonly<Record<string, string>>, ...commandLine: string[]): Running {
  return spawned({ env: { ...process.env, ...environment } }, commandLine);
}

/** In another folder. */
export function startIn(cwd: string, ...commandLine: string[]): Running {
  return spawned({ cwd }, commandLine);
}

function spawned(options: Pick<SpawnOptions, 'cwd' | 'env'>, commandLine: readonly string[]): Running {
  const child = spawn(process.execPath, [cli, ...commandLine], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => {
      running.delete(child);
      resolve({ status, ...said });
    });
  });
  return {
    child,
    ended,
    says: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(said[stream]);
          if (match !== null) resolve(match);
        };
        child[stream].on('data', look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying ${pattern}: ${said.stderr}`)));
      }),
  };
}

/** Starts `retort serve` on a free port and waits until it answers. */
export async function serve(...options: string[]): Promise<Running & { readonly url: string }> {
  const server = start('serve', '--port', '0', '--workers', '1', ...options);
  const [, url = ''] = await server.says('stdout', /answers on (\S+)/);
  return { ...server, url };
}

/** Ends what a failed test left behind. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
