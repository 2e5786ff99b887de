/** A share of what the student answers, labelled again by the teacher when nothing else waits for it. */
import type { Logger } from 'pino';
import { argmax, probabilities } from '../../core/probabilities.js';
import { brownOut } from '../cascade/brown-out.js';
import type { Clock } from '../clock.js';
import type { Metrics } from '../metrics.js';
import type { ServedModel } from '../model-registry.js';
import type { Prediction } from '../predictor.js';
import { Agreement, type AgreementReport, klDivergence } from './agreement.js';

export interface ShadowSettings {
  readonly student: string;
  readonly teacher: string;
  /** Of the texts, 0 to 1. */
  readonly share: number;
  /** Samples that agreement is taken over. */
  readonly window: number;
  /** Agreement at distillation; null for that of the student's manifest. */
  readonly baseline: number | null;
}

export interface ShadowOptions extends ShadowSettings {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Throws where it is not served. */
  readonly teacherModel: () => ServedModel;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Samples that may wait for the teacher. */
const mostOpen = 32;
/** A sample that waits longer is given up. */
const patienceMs = 30_000;

export class Shadow {
  readonly #options: ShadowOptions;
  /** By the student that was answering: each version has a record of its own. */
  readonly #agreements = new WeakMap<ServedModel, Agreement>();
  #open = 0;
  #drifts = false;

  constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /** A text that was answered; resolves when it is compared or dropped. Never rejects. */
  async offer(student: ServedModel, text: string, prediction: Prediction): Promise<void> {
    const { share, random, clock, metrics, teacherModel } = this.#options;
    const { name: model } = student.manifest;
    if (model !== this.#options.student || random() >= share) return;
    if (this.#open >= mostOpen || !brownOut(student.queue.fill).shadow) {
      metrics.shadow.samples.inc({ model, result: 'dropped' });
      return;
    }
    this.#open += 1;
    try {
      const teacher = teacherModel();
      const { predictions } = await teacher.queue.submit({
        items: [{ text }],
        deadlineMs: clock.now() + patienceMs,
        priority: 'low',
        isAnswered: true,
      });
      if (predictions[0] !== undefined) this.#compare(student, prediction, teacher, predictions[0]);
      metrics.shadow.samples.inc({ model, result: 'compared' });
    } catch {
      metrics.shadow.samples.inc({ model, result: 'failed' });
    } finally {
      this.#open -= 1;
    }
  }

  #compare(student: ServedModel, own: Prediction, teacher: ServedModel, other: Prediction): void {
    const { metrics } = this.#options;
    const model = student.manifest.name;
    const scores = (of: ServedModel, { logits }: Prediction) =>
      probabilities(logits, of.manifest.calibration?.temperature);
    const [p, q] = [scores(teacher, other), scores(student, own)];
    const sample = { student: argmax(q), teacher: argmax(p), divergence: klDivergence(p, q) };
    if (sample.student !== sample.teacher) {
      const label = (place: number) => student.manifest.labels[place] ?? '';
      metrics.shadow.flips.inc({ model, student: label(sample.student), teacher: label(sample.teacher) });
    }
    this.#report(model, this.#agreementOf(student).add(sample));
  }

  #report(model: string, { agreement, divergence, drifts, samples, interval }: AgreementReport): void {
    const { metrics, logger } = this.#options;
    metrics.shadow.agreement.set({ model }, agreement);
    metrics.shadow.divergence.set({ model }, divergence);
    metrics.shadow.drift.set({ model }, drifts ? 1 : 0);
    if (drifts && !this.#drifts)
      logger.warn(
        { model, agreement, interval, samples },
        'student and teacher agree less than at distillation',
      );
    this.#drifts = drifts;
  }

  #agreementOf(student: ServedModel): Agreement {
    const { window, baseline } = this.#options;
    let found = this.#agreements.get(student);
    if (found === undefined) {
      found = new Agreement(window, baseline ?? student.manifest.agreement?.rate ?? null);
      this.#agreements.set(student, found);
    }
    return found;
  }
}
