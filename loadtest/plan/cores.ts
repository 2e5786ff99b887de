/**
 * Threads on cores, on a simulated clock, the cores handed out much as Linux does it. A thread does its jobs one after
 * another. One that gets a job takes the core it had last, if that is busy one that is idle, and if all are busy it waits
 * at its own: nobody is driven off before the next tick of the clock. Then a core goes on with the thread at it that has
 * had the least, and one that is idle takes a thread that waits elsewhere.
 * What a thread has had is its time at the core over its weight, and for one that comes what the least of those there has
 * had. So a thread may wait behind another while a core is idle, at most until a tick.
 *
 * All is as fast as a core is while so many are busy. The pace is that of the yielding threads alone: it is measured on
 * what they run, which shares vector units and caches with the machine's neighbours, while other code goes on as fast as
 * ever.
 */
import { workerNiceness } from '../../core/batching/worker-niceness.js';

/** A core's speed while `busy` are, one alone being 1. */
export type CoreSpeed = (busy: number) => number;

/** How much longer yielding threads take, in one window after another, and again from the first. */
export interface Pace {
  readonly everyMs: number;
  readonly factors: readonly number[];
}

/** Of Linux's clock at 250 Hz. */
const tickMs = 4;

interface Job {
  /** Milliseconds on a core alone. */
  readonly work: number;
  readonly done: () => void;
}

/** `yielding` threads let others go first, as the server's workers do. */
export type Weight = 'normal' | 'yielding';

/** Of Linux's scheduler: a step of niceness is a factor of 1.25. */
const weights: Readonly<Record<Weight, number>> = { normal: 1, yielding: 1.25 ** -workerNiceness };

type Speeds = Readonly<Record<Weight, number>>;

export class SimulatedThread {
  readonly jobs: Job[] = [];
  /** Of the first job. */
  workLeft = 0;
  /** Milliseconds on its core since it came, over its weight; beside others from what the least of them had. */
  had = 0;
  constructor(
    readonly weight: Weight,
    public core: Core,
  ) {}
}

interface Core {
  running: SimulatedThread | null;
  readonly waiting: SimulatedThread[];
}

export class SimulatedCores {
  readonly #cores: readonly [Core, ...Core[]];
  readonly #speed: CoreSpeed;
  readonly #pace: Pace;
  /** On the clock, where the pace's window ends. */
  #windowEndMs: number;
  #window = 0;
  #nowMs = 0;
  #busyMs = 0;

  constructor(cores: number, speed: CoreSpeed = () => 1, pace: Pace = { everyMs: Infinity, factors: [1] }) {
    this.#cores = [newCore(), ...Array.from({ length: cores - 1 }, newCore)];
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
    return new SimulatedThread(weight, this.#cores[0]);
  }

  /** Gives a thread a job behind those that it has. */
  run(thread: SimulatedThread, work: number, done: () => void): void {
    thread.jobs.push({ work, done });
    if (thread.jobs.length > 1) return;
    thread.workLeft = work;
    this.#wake(thread);
  }

  /** Goes on to the next end of a job before a time, or to that time; false when no job ended. */
  advance(untilMs: number): boolean {
    for (;;) {
      const speeds = this.#speeds();
      const { next, endMs } = this.#nextEnd(speeds);
      if (next === null && untilMs === Infinity) return false;
      const tick = this.#isAnyWaiting ? tickMs * (Math.floor(this.#nowMs / tickMs) + 1) : Infinity;
      const nowMs = Math.min(endMs, untilMs, tick, this.#windowEndMs);
      this.#pass(nowMs, speeds);
      if (next !== null && nowMs === endMs) {
        this.#end(next);
        return true;
      }
      if (nowMs === tick) this.#tick();
      if (nowMs === this.#windowEndMs) {
        this.#window = (this.#window + 1) % this.#pace.factors.length;
        this.#windowEndMs += this.#pace.everyMs;
      }
      if (nowMs === untilMs) return false;
    }
  }

  get #isAnyWaiting(): boolean {
    return this.#cores.some(({ waiting }) => waiting.length > 0);
  }

  #wake(thread: SimulatedThread): void {
    const idle = this.#cores.find(({ running }) => running === null);
    if (thread.core.running !== null && idle !== undefined) thread.core = idle;
    const { core } = thread;
    const there = core.running === null ? [] : [core.running, ...core.waiting];
    thread.had = there.length === 0 ? 0 : Math.min(...there.map(({ had }) => had));
    if (core.running === null) core.running = thread;
    else core.waiting.push(thread);
  }

  #end(thread: SimulatedThread): void {
    const { core } = thread;
    const ended = thread.jobs.shift();
    const [following] = thread.jobs;
    if (following === undefined) core.running = takeLeast(core);
    else thread.workLeft = following.work;
    ended?.done();
  }

  #tick(): void {
    for (const core of this.#cores) {
      const { running, waiting } = core;
      if (running === null || waiting.every(({ had }) => had >= running.had)) continue;
      core.running = takeLeast(core);
      waiting.push(running);
    }
    for (const core of this.#cores) {
      if (core.running !== null) continue;
      const crowded = this.#cores.find(({ waiting }) => waiting.length > 0);
      const taken = crowded === undefined ? null : takeLeast(crowded);
      if (taken === null) return;
      taken.core = core;
      taken.had = 0;
      core.running = taken;
    }
  }

  /** Where the speeds stay as they are. */
  #nextEnd(speeds: Speeds): { readonly next: SimulatedThread | null; readonly endMs: number } {
    let next: SimulatedThread | null = null;
    let endMs = Infinity;
    for (const { running } of this.#cores) {
      if (running === null) continue;
      const ends = this.#nowMs + running.workLeft / speeds[running.weight];
      if (ends < endMs) [next, endMs] = [running, ends];
    }
    return { next, endMs };
  }

  #pass(nowMs: number, speeds: Speeds): void {
    const passed = nowMs - this.#nowMs;
    for (const { running } of this.#cores) {
      if (running === null) continue;
      running.workLeft = Math.max(0, running.workLeft - passed * speeds[running.weight]);
      running.had += passed / weights[running.weight];
      this.#busyMs += passed;
    }
    this.#nowMs = nowMs;
  }

  /** Of a thread of each weight on a core. */
  #speeds(): Speeds {
    const speed = this.#speed(this.#cores.filter(({ running }) => running !== null).length);
    return { normal: speed, yielding: speed / (this.#pace.factors[this.#window] ?? 1) };
  }
}

function newCore(): Core {
  return { running: null, waiting: [] };
}

/** The waiting thread that has had the least; null for none. */
function takeLeast({ waiting }: Core): SimulatedThread | null {
  const least = Math.min(...waiting.map(({ had }) => had));
  const place = waiting.findIndex(({ had }) => had === least);
  return place < 0 ? null : (waiting.splice(place, 1)[0] ?? null);
}
