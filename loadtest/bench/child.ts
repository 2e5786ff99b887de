/** The product's own commands as child processes: the server under test, and the load that drives it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { processTicks, ticksPerSecond } from '../../core/linux-times.js';
import { fail } from '../../core/errors.js';
import { reportSchema, type LoadReport } from '../report.js';

const pollMs = 20;
const readyTimeoutMs = 120_000;
const stopTimeoutMs = 15_000;

export interface ServedProcess {
  readonly target: URL;
  readonly pid: number;
  /** From starting the process to its first prediction. */
  readonly readySeconds: number;
  /** Resident memory of the process now, in bytes; null where the system does not say. */
  residentBytes(): Promise<number | null>;
  /** Processor time that the process itself has taken, its workers' left out; null where the system does not say. */
  processorSeconds(): Promise<number | null>;
  /** That those of its workers have taken which live now. */
  workerProcessorSeconds(): Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Starts a server with `node cli ...arguments`; `text` is what its first prediction is asked for.
 * @throws RetortError bench_server_failed
 */
export async function startServed(
  cli: string,
  commandLine: readonly string[],
  target: URL,
  text: string,
): Promise<ServedProcess> {
  const started = performance.now();
  const child = endingWithUs(
    spawn(process.execPath, [cli, ...commandLine], { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  const complaint = tail(child);
  const stop = () => stopChild(child);
  while (!(await predicts(target, text))) {
    if (child.exitCode !== null || performance.now() - started > readyTimeoutMs) {
      await stop();
      throw fail('bench_server_failed', { command: commandLine.join(' '), reason: complaint() });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const readySeconds = (performance.now() - started) / 1000;
  const pid = child.pid ?? 0;
  return {
    target,
    pid,
    readySeconds,
    residentBytes: () => residentBytes(pid),
    processorSeconds: () => processorSeconds(pid),
    workerProcessorSeconds: async () => {
      const each = await Promise.all((await childrenOf(pid)).map(processorSeconds));
      return each.reduce((sum, seconds) => (sum === null || seconds === null ? null : sum + seconds), 0);
    },
    stop,
  };
}

/**
 * Runs `retort loadtest` in a process of its own and reads its report.
 * @throws RetortError bench_load_failed
 */
export async function loadInChild(cli: string, commandLine: readonly string[]): Promise<LoadReport> {
  const child = endingWithUs(
    spawn(process.execPath, [cli, 'loadtest', ...commandLine, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const complaint = tail(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw fail('bench_load_failed', { status: code ?? 'none', reason: complaint() });
  return reportSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address with a port');
  return address.port;
}

async function predicts(target: URL, text: string): Promise<boolean> {
  try {
    const answer = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(5000),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Null where the system does not say. */
export async function residentBytes(pid: number): Promise<number | null> {
  const kilobytes = await readFile(`/proc/${pid}/status`, 'utf8')
    .then((status) => /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1])
    .catch(async () => (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout)
    .catch(() => undefined);
  const parsed = Number(kilobytes);
  return kilobytes === undefined || !(parsed > 0) ? null : parsed * 1024;
}

async function processorSeconds(pid: number): Promise<number | null> {
  const ticks = processTicks(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  return ticks === null ? null : ticks / ticksPerSecond;
}

/** Processes that a process has started. */
export async function childrenOf(pid: number): Promise<number[]> {
  const found = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .catch(async () => (await promisify(execFile)('pgrep', ['-P', String(pid)])).stdout)
    .catch(() => '');
  return found.split(/\s+/).filter(Boolean).map(Number);
}

/** The child does not outlive this process, however early that ends. */
function endingWithUs<T extends ChildProcess>(child: T): T {
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(hard);
}

/** Keeps the end of what the child writes to standard error. */
function tail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-2000)));
  return () => text.trim() || 'it says nothing';
}
