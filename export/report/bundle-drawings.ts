/** The graph of a bundle as its network gives it and as a file of the bundle holds it, laid out to be drawn. */
import { FOREIGN_NETWORK, type Manifest } from '../../core/bundle/manifest.js';
import { type Bundle, openBundle } from '../../core/bundle/read.js';
import { readModel } from '../../core/graph/onnx-file.js';
import type { Graph } from '../../core/graph/ir.js';
import { describeMachine } from '../../core/machine.js';
import { parametersOfBundle } from '../../models/bundle-parameters.js';
import { networkOf } from '../../models/networks.js';
import { staticGraph } from '../../models/static-graph.js';
import { type Form, makeForm } from '../form.js';
import { schemeOf } from '../quantize/schemes.js';
import { weightFormFor } from '../../core/weight-form.js';
import { paint } from './colors.js';
import { linesOf } from './graph-figure.js';
import { drawingOf, isPort } from './layout.js';

interface DrawnNode {
  readonly kind: 'port' | 'node';
  readonly label: string;
  /** Of its centre. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Place in `rules` of the one that took it out (before) or made it (after); null where none did. */
  readonly rule: number | null;
  /** What there is to say of it. */
  readonly lines: readonly string[];
}

export interface GraphDrawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly DrawnNode[];
  /** Of each edge its points, x and y in turn. */
  readonly edges: readonly (readonly number[])[];
  /** Nodes of the graph that are not drawn. */
  readonly left: number;
}

export interface BundleDrawings {
  readonly file: string;
  /** In the order in which they first rewrote something. */
  readonly rules: readonly string[];
  /** Null where the bundle was imported, and the graph alone is known. */
  readonly before: GraphDrawing | null;
  readonly after: GraphDrawing;
}

/**
 * Rules are not written into files: the form is made once more, and what it names as the file does has the same origin.
 * @throws RetortError of the bundle, the network and the quantisation
 */
export async function bundleDrawings(folder: string, file: string): Promise<BundleDrawings> {
  const bundle = await openBundle(folder, { checkFiles: false });
  const variant = bundle.manifest.variants.find((one) => one.file === file);
  if (variant === undefined) throw new RangeError(`${folder} has no variant in ${file}`);
  const { graph } = await readModel(bundle.path(file));
  const made = await madeAgain(bundle, variant);
  const { rules, removed, added } = paint(made?.rewrites ?? []);
  return {
    file,
    rules,
    before: made === null ? null : placed(made.interpreted, removed, rules),
    after: placed(graph, added, rules),
  };
}

async function madeAgain(
  bundle: Bundle,
  { scheme, opset, irVersion, latency }: Manifest['variants'][number],
): Promise<(Pick<Form, 'rewrites'> & { readonly interpreted: Graph }) | null> {
  const { kind, config } = bundle.manifest.network;
  if (kind === FOREIGN_NETWORK) return null;
  const network = networkOf(kind, config);
  const parameters = await parametersOfBundle(bundle, network.parameters);
  const interpreted = staticGraph(network, parameters);
  const { rewrites } = await makeForm(scheme === undefined ? null : schemeOf(scheme), {
    interpreted,
    versions: { opset, irVersion },
    parameters,
    latency: latency === true,
    weights: weightFormFor(describeMachine()),
    calibration: bundle.golden.cases,
  });
  return { interpreted, rewrites };
}

function placed(graph: Graph, painted: ReadonlyMap<string, string>, rules: readonly string[]): GraphDrawing {
  const { width, height, boxes, edges, left } = drawingOf(graph);
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: boxes.map((box) => {
      const rule = box.node === null ? undefined : painted.get(box.node.name);
      return {
        kind: isPort(box) ? 'port' : 'node',
        label: box.label,
        x: tenths(box.x),
        y: tenths(box.y),
        width: box.width,
        height: box.height,
        rule: rule === undefined ? null : rules.indexOf(rule),
        lines: linesOf(box, graph),
      };
    }),
    edges: edges.map((points) => points.flatMap(({ x, y }) => [tenths(x), tenths(y)])),
    left,
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
