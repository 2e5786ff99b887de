/**
 * Threads that share cores, on a simulated clock. Each thread does its jobs one after another; those that have one share
 * the cores by weight, none getting more than one core. Of n threads with weights w_i on c cores, the ones of the larger
 * weight run at the share
 *
 *     min(1, c w / sum of all w_i)
 *
 * and the others share what is left. All is as fast as a core is while so many are busy. Threads of one weight being
 * equally fast, a job's end is known on a virtual clock of its weight, which runs at their speed. The pace is that of the
 * yielding threads alone: it is measured on what they run, which shares vector units and caches with the machine's
 * neighbours, while other code goes on as fast as ever.
 */
import { workerNiceness } from '../../core/batching/worker-niceness.js';

/** A core's speed while `busy` are, one alone being 1. */
export type CoreSpeed = (busy: number) => number;

/** How much longer yielding threads take, in one window after another, and again from the first. */
export interface Pace {
  readonly everyMs: number;
  readonly factors: readonly number[];
}

interface Job {
  /** Milliseconds on a core alone. */
  readonly work: number;
  readonly done: () => void;
}

/** `yielding` threads let others go first, as the server's workers do. */
export type Weight = 'normal' | 'yielding';

/** Of Linux's scheduler: a step of niceness is a factor of 1.25. */
const weights: Readonly<Record<Weight, number>> = { normal: 1, yielding: 1.25 ** -workerNiceness };

interface Group {
  readonly threads: SimulatedThread[];
  busy: number;
  virtual: number;
}

export class SimulatedThread {
  readonly waiting: Job[] = [];
  running: Job | null = null;
  /** Of the running job, on its group's virtual clock. */
  end = Infinity;
  constructor(readonly group: Group) {}
}

export class SimulatedCores {
  readonly #cores: number;
  readonly #speed: CoreSpeed;
  readonly #pace: Pace;
  /** On the clock, where the pace's window ends. */
  #windowEndMs: number;
  #window = 0;
  readonly #groups: Readonly<Record<Weight, Group>> = {
    normal: { threads: [], busy: 0, virtual: 0 },
    yielding: { threads: [], busy: 0, virtual: 0 },
  };
  #nowMs = 0;
  #busyMs = 0;

  constructor(cores: number, speed: CoreSpeed = () => 1, pace: Pace = { everyMs: Infinity, factors: [1] }) {
    this.#cores = cores;
    this.#speed = speed;
    this.#pace = pace;
    this.#windowEndMs = pace.everyMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Cores that were busy so far, on average. */
  get meanBusy(): number {
    return this.#nowMs === 0 ? 0 : this.#busyMs / this.#nowMs;
  }

  thread(weight: Weight = 'normal'): SimulatedThread {
    const group = this.#groups[weight];
    const thread = new SimulatedThread(group);
    group.threads.push(thread);
    return thread;
  }

  /** Gives a thread a job behind those that it has. */
  run(thread: SimulatedThread, work: number, done: () => void): void {
    thread.waiting.push({ work, done });
    if (thread.running === null) startNext(thread);
  }

  /** Goes on to the next end of a job before a time, or to that time; false when no job ended. */
  advance(untilMs: number): boolean {
    while (this.#nextEnd().endMs > this.#windowEndMs && untilMs > this.#windowEndMs) {
      if (untilMs === Infinity && !this.#isBusy) return false;
      this.#pass(this.#windowEndMs, this.#speeds());
      this.#window = (this.#window + 1) % this.#pace.factors.length;
      this.#windowEndMs += this.#pace.everyMs;
    }
    const { next, endMs, speeds } = this.#nextEnd();
    if (next === null || endMs > untilMs) {
      if (untilMs < Infinity) this.#pass(untilMs, speeds);
      return false;
    }
    this.#pass(endMs, speeds);
    const ended = next.running;
    next.running = null;
    next.group.busy -= 1;
    startNext(next);
    ended?.done();
    return true;
  }

  get #isBusy(): boolean {
    return this.#groups.normal.busy + this.#groups.yielding.busy > 0;
  }

  /** At the pace of now. */
  #nextEnd() {
    const speeds = this.#speeds();
    let next: SimulatedThread | null = null;
    let endMs = Infinity;
    for (const weight of ['normal', 'yielding'] as const) {
      const { threads, virtual } = this.#groups[weight];
      for (const thread of threads) {
        if (thread.running === null) continue;
        const ends = this.#nowMs + Math.max(0, thread.end - virtual) / speeds[weight];
        if (ends < endMs) [next, endMs] = [thread, ends];
      }
    }
    return { next, endMs, speeds };
  }

  #pass(nowMs: number, speeds: Readonly<Record<Weight, number>>): void {
    const passed = nowMs - this.#nowMs;
    const { normal, yielding } = this.#groups;
    this.#busyMs += Math.min(normal.busy + yielding.busy, this.#cores) * passed;
    normal.virtual += passed * speeds.normal;
    yielding.virtual += passed * speeds.yielding;
    this.#nowMs = nowMs;
  }

  /** Of each busy thread of a weight. */
  #speeds(): Record<Weight, number> {
    const [first, others] = [this.#groups.normal.busy, this.#groups.yielding.busy];
    const all = first + others;
    if (all === 0) return { normal: 0, yielding: 0 };
    const speed = this.#speed(Math.min(all, this.#cores));
    const pace = this.#pace.factors[this.#window] ?? 1;
    const fair = (this.#cores * weights.normal) / (first * weights.normal + others * weights.yielding);
    const normal = Math.min(1, fair);
    const yielding = others === 0 ? 0 : Math.min(1, (this.#cores - first * normal) / others);
    return { normal: normal * speed, yielding: (yielding * speed) / pace };
  }
}

function startNext(thread: SimulatedThread): void {
  const job = thread.waiting.shift();
  if (job === undefined) return;
  thread.running = job;
  thread.end = thread.group.virtual + job.work;
  thread.group.busy += 1;
}
