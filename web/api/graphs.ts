/** Drawings of a version's graph, before and after fusion. */
import * as z from 'zod/mini';
import { ask } from './client.js';
import type { Manifest } from './schemas.js';

const nodeSchema = z.object({
  kind: z.enum(['port', 'node']),
  label: z.string(),
  /** Of its centre. */
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  /** Place in `rules`; null where no rule took it out or made it. */
  rule: z.nullable(z.number()),
  lines: z.array(z.string()),
});

const drawingSchema = z.object({
  width: z.number(),
  height: z.number(),
  nodes: z.array(nodeSchema),
  edges: z.array(z.array(z.number())),
  left: z.number(),
});

const drawingsSchema = z.object({
  file: z.string(),
  rules: z.array(z.string()),
  before: z.nullable(drawingSchema),
  after: drawingSchema,
});

export type DrawnNode = z.infer<typeof nodeSchema>;
export type GraphDrawing = z.infer<typeof drawingSchema>;
export type GraphDrawings = z.infer<typeof drawingsSchema>;

/** @throws RequestFailure graph_undrawable */
export function graphsOf({ name, version }: Pick<Manifest, 'name' | 'version'>): Promise<GraphDrawings> {
  return ask(
    `/v1/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/graphs`,
    drawingsSchema,
  );
}
