/** Drawings of the graphs that are served: made when somebody asks, and kept as long as the version is. */
import { z } from 'zod';
import { fail } from '../core/errors.js';
import { reasonOf } from '../core/reason-of.js';
import type { ServedModel } from './life-cycle/served-model.js';

const drawingSchema = z.object({
  width: z.number(),
  height: z.number(),
  nodes: z
    .array(
      z.object({
        kind: z.enum(['port', 'node']),
        label: z.string(),
        x: z.number().meta({ description: 'Of its centre' }),
        y: z.number(),
        width: z.number(),
        height: z.number(),
        rule: z.int().nullable().meta({ description: 'Place in `rules`: what took it out, or made it' }),
        lines: z.array(z.string()).readonly().meta({ description: 'What there is to say of it' }),
      }),
    )
    .readonly(),
  edges: z
    .array(z.array(z.number()).readonly())
    .readonly()
    .meta({ description: 'Of each its points, x and y in turn' }),
  left: z.int().meta({ description: 'Nodes that are not drawn' }),
});

export const drawingsSchema = z.object({
  file: z.string().meta({ description: 'That is served' }),
  rules: z.array(z.string()).readonly(),
  before: drawingSchema.nullable().meta({ description: 'Null where the model was imported' }),
  after: drawingSchema,
});

export type GraphDrawings = z.infer<typeof drawingsSchema>;

/** Off the main thread. */
export type DrawGraphs = (folder: string, file: string) => Promise<GraphDrawings>;

export class ModelGraphs {
  readonly #draw: DrawGraphs | null;
  readonly #drawn = new WeakMap<ServedModel, Promise<GraphDrawings>>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param draw null where nothing draws */
  constructor(draw: DrawGraphs | null) {
    this.#draw = draw;
  }

  /** One after another. @throws RetortError graph_undrawable */
  of(model: ServedModel): Promise<GraphDrawings> {
    const kept = this.#drawn.get(model);
    if (kept !== undefined) return kept;
    const drawing = this.#turn.then(() => this.#drawOne(model));
    this.#turn = drawing.catch(() => undefined);
    this.#drawn.set(model, drawing);
    drawing.catch(() => this.#drawn.delete(model));
    return drawing;
  }

  async #drawOne({ manifest, folder, pool }: ServedModel): Promise<GraphDrawings> {
    const undrawable = (reason: string, cause?: unknown) =>
      fail('graph_undrawable', { model: `${manifest.name} ${manifest.version}`, reason }, cause);
    if (this.#draw === null) throw undrawable('this server has nothing that draws');
    try {
      return await this.#draw(folder, pool.facts.file);
    } catch (thrown) {
      throw undrawable(reasonOf(thrown), thrown);
    }
  }
}
