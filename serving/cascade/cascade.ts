/** The student answers; of texts that it is not confident of, the teacher is asked, within a budget and the deadline. */
import { probabilities } from '../../core/probabilities.js';
import type { Clock } from '../clock.js';
import type { Metrics } from '../metrics.js';
import type { ServedModel } from '../model-registry.js';
import type { Prediction } from '../predictor.js';
import type { Submission } from '../scheduler/queue.js';
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
  readonly teacherModel: () => ServedModel;
}

/** A text's final answer. */
export interface Decision {
  readonly model: ServedModel;
  readonly prediction: Prediction;
  /** The teacher should have been asked, and could not be. */
  readonly degraded: boolean;
}

/** What a teacher takes before it has been asked. */
const firstGuessMs = 50;
/** Weight of the latest time in the moving average. */
const latestWeight = 0.2;

export class Cascade {
  readonly #options: CascadeOptions;
  readonly #budget: EscalationBudget;
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
    call: Pick<Submission, 'deadlineMs' | 'signal'>,
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

  async #ask(
    text: string,
    own: Decision,
    { deadlineMs, signal }: Pick<Submission, 'deadlineMs' | 'signal'>,
  ): Promise<Decision> {
    const { clock, teacherModel } = this.#options;
    const started = clock.now();
    try {
      const model = teacherModel();
      if (started + model.queue.expectedWaitMs + this.#teacherMs > deadlineMs)
        return this.#count('too_late', { ...own, degraded: true });
      const { predictions } = await model.queue.submit({ items: [{ text }], deadlineMs, signal });
      const [prediction] = predictions;
      if (prediction === undefined) return this.#count('failed', { ...own, degraded: true });
      this.#teacherMs += latestWeight * (clock.now() - started - this.#teacherMs);
      return this.#count('escalated', { model, prediction, degraded: false });
    } catch {
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
