/** Places for the nodes of a graph, by dagre: from the inputs at the top to the outputs at the bottom. */
import * as dagre from '@dagrejs/dagre';
import type { Graph, Node } from '../../core/graph/ir.js';
import { valuesRead } from '../../core/graph/order.js';
import { type Item, withoutRepetitions } from './repetition.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is used of dagre, whose own declarations name files without their endings, which Node's resolution refuses. */
interface Dagre {
  readonly Graph: new () => LayoutGraph;
  readonly layout: (graph: LayoutGraph) => void;
}

interface LayoutGraph {
  setGraph(settings: Readonly<Record<string, number | string>>): void;
  setDefaultEdgeLabel(label: () => object): void;
  setNode(key: string, size: Size): void;
  setEdge(from: string, to: string): void;
  graph(): Partial<Size>;
  node(key: string): Point & Size;
  edges(): LayoutEdge[];
  edge(edge: LayoutEdge): { readonly points?: readonly Point[] };
}

interface LayoutEdge {
  readonly v: string;
  readonly w: string;
}

/** Its point is its centre. */
export interface Box extends Point, Size {
  /**
   * The node's name behind `node:`; of an input or output of the graph, its name behind `in:` or `out:`; of copies of
   * the nodes above, the first one's name behind `repeats:`.
   */
  readonly key: string;
  readonly label: string;
  readonly node: Node | null;
}

/** Whether it stands for an input or output of the graph. */
export const isPort = ({ key }: Box) => key.startsWith('in:') || key.startsWith('out:');

export interface Drawing extends Size {
  readonly boxes: readonly Box[];
  /** Points of each edge, from above to below. */
  readonly edges: readonly (readonly Point[])[];
  /** Nodes of the graph for which a box of copies stands. */
  readonly repeated: number;
  /** Nodes of the graph that are not drawn. */
  readonly left: number;
}

/** Beyond it a layout takes minutes, and nobody reads it: then repeated parts are drawn once. */
const mostNodes = 1200;
const [boxHeight, letterWidth, padding] = [26, 7.2, 18];

export function drawingOf(graph: Graph): Drawing {
  const items = withoutRepetitions(graph.nodes, mostNodes).slice(0, mostNodes);
  const { Graph: LayoutGraph, layout } = dagre as unknown as Dagre;
  const graphed = new LayoutGraph();
  graphed.setGraph({ ranker: 'longest-path', nodesep: 14, ranksep: 30, marginx: 12, marginy: 12 });
  graphed.setDefaultEdgeLabel(() => ({}));
  const labels = new Map<string, { readonly label: string; readonly node: Node | null }>();
  const add = (key: string, label: string, node: Node | null) => {
    labels.set(key, { label, node });
    graphed.setNode(key, { width: Math.ceil(label.length * letterWidth) + padding, height: boxHeight });
  };
  const givers = new Map<string, string>();
  for (const name of graph.inputs) {
    add(`in:${name}`, name, null);
    givers.set(name, `in:${name}`);
  }
  for (const item of items) {
    const key = keyOf(item);
    if (item.kind === 'node') add(key, item.node.opType, item.node);
    else add(key, repeatsLabel(item), null);
    for (const node of nodesOf(item)) for (const name of node.outputs) givers.set(name, key);
  }
  for (const item of items) {
    const key = keyOf(item);
    const read = new Set(
      nodesOf(item).flatMap((node) => [...valuesRead(node)].map((name) => givers.get(name))),
    );
    for (const giver of read) if (giver !== undefined && giver !== key) graphed.setEdge(giver, key);
  }
  for (const name of graph.outputs) {
    const giver = givers.get(name);
    if (giver === undefined) continue;
    add(`out:${name}`, name, null);
    graphed.setEdge(giver, `out:${name}`);
  }
  layout(graphed);
  const { width = 0, height = 0 } = graphed.graph();
  return {
    width,
    height,
    boxes: Array.from(labels, ([key, { label, node }]) => {
      const { x, y, width: boxWidth, height: boxesHeight } = graphed.node(key);
      return { key, label, node, x, y, width: boxWidth, height: boxesHeight };
    }),
    edges: graphed.edges().map((edge) => graphed.edge(edge).points ?? []),
    repeated: count(items.filter(({ kind }) => kind === 'repeats')),
    left: graph.nodes.length - count(items),
  };
}

type Repeats = Extract<Item, { kind: 'repeats' }>;

const nodesOf = (item: Item) => (item.kind === 'node' ? [item.node] : item.nodes);

const count = (items: readonly Item[]) => items.reduce((sum, item) => sum + nodesOf(item).length, 0);

function keyOf(item: Item): string {
  return item.kind === 'node' ? `node:${item.node.name}` : `repeats:${item.nodes[0]?.name ?? ''}`;
}

function repeatsLabel({ times, nodes }: Repeats): string {
  const each = nodes.length / times;
  const part = each === 1 ? 'this node' : `these ${String(each)} nodes`;
  return `${part} ${times === 1 ? 'once' : `${String(times)} times`} more`;
}
