/** The student answers; of texts that it is not confident of, the teacher is asked, within a budget and the deadline. */
import { toRetortError } from '../../core/errors.js';
import { probabilities } from '../../core/probabilities.js';
import type { Clock } from '../clock.js';
import type { Metrics } from '../metrics.js';
import type { ServedModel } from '../model-registry.js';
import type { Prediction } from '../predictor.js';
import type { Submission } from '../scheduler/queue.js';
import { Breaker } from './breaker.js';
import { brownOut } from './brown-out.js';
import { EscalationBudget } from './escalation-budget.js';

export interface CascadeSettings {
  /** Names of models that are served. */
  readonly student: string;
  readonly teacher: string;
  /** Calibrated score of the student's label below which the teacher is asked. */
  readonly confidence: number;
  /** The largest share of the texts that the teacher is asked about. */
  readonly budget: number;
}

export interface CascadeOptions extends CascadeSettings {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Throws where it is not served. */
  readonly teacherModel: (requestId: string) => ServedModel;
}

/** A text's final answer. */
export interface Decision {
  readonly model: ServedModel;
  readonly prediction: Prediction;
  /** The teacher should have been asked, and could not be. */
  readonly degraded: boolean;
}

type CascadeCall = Pick<Submission, 'deadlineMs' | 'signal'> & {
  /** A canary's share of the teacher is drawn by it. */
  readonly requestId: string;
};

/** A teacher is waited for so many times as long as it takes, and never less than the floor. */
const patience = 4;
const shortestPatienceMs = 200;
/** Of a request's time, for the answer once the teacher was given up. */
const reserveMs = 10;
/** What a teacher takes before it has been asked. */
const firstGuessMs = 50;
/** Weight of the latest time in the moving average. */
const latestWeight = 0.2;

export class Cascade {
  readonly #options: CascadeOptions;
  readonly #budget: EscalationBudget;
  readonly #breaker = new Breaker();
  #teacherMs = firstGuessMs;

  constructor(options: CascadeOptions) {
    this.#options = options;
    this.#budget = new EscalationBudget(options.budget);
  }

  covers({ manifest }: ServedModel): boolean {
    return manifest.name === this.#options.student;
  }

  /** One decision a text, in order. The teacher's failures are never the client's. */
  decide(
    student: ServedModel,
    texts: readonly string[],
    predictions: readonly Prediction[],
    call: CascadeCall,
  ): Promise<Decision[]> {
    const { escalationShare } = brownOut(student.queue.fill);
    return Promise.all(
      predictions.map(async (prediction, index): Promise<Decision> => {
        this.#budget.earn(escalationShare);
        const own = { model: student, prediction, degraded: false };
        if (this.#isConfident(student, prediction)) return this.#count('confident', own);
        if (!this.#budget.allows || escalationShare === 0)
          return this.#count('over_budget', { ...own, degraded: true });
        this.#budget.spend();
        return this.#ask(texts[index] ?? '', own, call);
      }),
    );
  }

  async #ask(text: string, own: Decision, { deadlineMs, signal, requestId }: CascadeCall): Promise<Decision> {
    const { clock, teacherModel } = this.#options;
    const started = clock.now();
    try {
      const model = teacherModel(requestId);
      const expectedMs = model.queue.expectedWaitMs + this.#teacherMs;
      const latestMs = deadlineMs - reserveMs;
      if (started + expectedMs > latestMs || !this.#breaker.admits(started))
        return this.#count('too_late', { ...own, degraded: true });
      const patienceMs = Math.max(shortestPatienceMs, patience * expectedMs) * this.#breaker.patience;
      const { predictions } = await model.queue.submit({
        items: [{ text }],
        deadlineMs: Math.min(latestMs, started + patienceMs),
        signal,
        isAnswered: true,
      });
      this.#breaker.answered();
      const [prediction] = predictions;
      if (prediction === undefined) return this.#count('failed', { ...own, degraded: true });
      this.#teacherMs += latestWeight * (clock.now() - started - this.#teacherMs);
      return this.#count('escalated', { model, prediction, degraded: false });
    } catch (error) {
      if (toRetortError(error).code === 'deadline_exceeded') this.#breaker.missed(clock.now());
      return this.#count('failed', { ...own, degraded: true });
    }
  }

  #isConfident({ manifest }: ServedModel, { logits }: Prediction): boolean {
    const scores = probabilities(logits, manifest.calibration?.temperature);
    return Math.max(...scores) >= this.#options.confidence;
  }

  #count(outcome: string, decision: Decision): Decision {
    this.#options.metrics.cascade.outcomes.inc({ model: this.#options.student, outcome });
    return decision;
  }
}
