/** Reads a server's own histograms before, during and after a run. */
import { z } from 'zod';
import {
  difference,
  scrapeStages,
  serverStageSchema,
  stagePercentile,
  type ServerStage,
} from './server-stages.js';

export const serverSeenSchema = z.strictObject({
  /** The whole run. */
  stages: z.array(serverStageSchema),
  /** What came between one reading and the next. */
  during: z.array(
    z.strictObject({
      /** Of the later reading, from the first. */
      second: z.number(),
      stage: z.string(),
      p50Ms: z.number(),
      p99Ms: z.number(),
    }),
  ),
});
export type ServerSeen = z.infer<typeof serverSeenSchema>;

/** Seldom, since writing its metrics takes the server's time. */
const everyMs = 5000;

export class ServerWatch {
  readonly #scrape: () => Promise<ServerStage[] | null>;
  readonly #startedMs = performance.now();
  readonly #first: Promise<ServerStage[] | null>;
  readonly #during: ServerSeen['during'] = [];
  readonly #timer: NodeJS.Timeout;
  #last: Promise<ServerStage[] | null>;

  constructor({ url, headers }: { readonly url: URL; readonly headers: Readonly<Record<string, string>> }) {
    this.#scrape = () => scrapeStages(url, headers);
    this.#first = this.#scrape();
    this.#last = this.#first;
    this.#timer = setInterval(() => {
      this.#read();
    }, everyMs).unref();
  }

  /** Null where the server has no such histograms, or was started anew. */
  async stop(): Promise<ServerSeen | null> {
    clearInterval(this.#timer);
    this.#read();
    const stages = difference(await this.#first, await this.#last);
    return stages === null ? null : { stages, during: this.#during };
  }

  #read(): void {
    const before = this.#last;
    this.#last = before.then(async (earlier) => {
      // A server without histograms is not asked again.
      if (earlier === null) return null;
      const now = await this.#scrape();
      const second = (performance.now() - this.#startedMs) / 1000;
      for (const stage of difference(earlier, now) ?? []) {
        const [p50Ms, p99Ms] = [stagePercentile(stage, 50), stagePercentile(stage, 99)];
        this.#during.push({ second, stage: stage.stage, p50Ms, p99Ms });
      }
      return now;
    });
  }
}
