/** Nodes of which every input is a constant are computed, by ONNX Runtime, and become constants. */
import { openSession } from '../../../core/engines/session.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import type { Graph, Node } from '../../../core/graph/ir.js';
import { bytesPerElement, sizeOf, type Tensor } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import type { Pass, Steps } from '../rule.js';

/** A result larger than what it replaces would make the file larger; below this size nobody minds. Bytes. */
const freeBytes = 4096;
const random = /^(Random|Multinomial|Bernoulli|Dropout)/;
/** Of a constant it is what tells the runtime that a product can be one of integers. */
const keptForRuntime: readonly string[] = ['DequantizeLinear'];
const newest = 13;

/** @param opsets of the model, which say what its operators mean */
export function foldConstants(opsets: ReadonlyMap<string, number>, irVersion: number, steps: Steps): Pass {
  return {
    name: 'fold-constants',
    async run(editor) {
      const removed: string[] = [];
      if (!steps.left) return { rewrites: [], refusals: [] };
      // Results feed the next round.
      for (let found = foldable(editor); found.length > 0; found = foldable(editor)) {
        const results = await computed(editor, found, opsets, irVersion);
        const worth = found.filter((node) => {
          const made = given(node).map((output) => results.get(output));
          const bytes = made.reduce((sum, result) => sum + (result?.data.byteLength ?? 0), 0);
          return made.every((result) => result !== undefined) && isWorth(editor, node, bytes);
        });
        for (const node of worth) {
          editor.remove(node);
          for (const output of given(node)) {
            const result = results.get(output);
            if (result !== undefined) editor.setInitializer(output, result);
          }
          removed.push(node.name);
        }
        if (worth.length === 0) break;
      }
      editor.prune();
      if (removed.length === 0) return { rewrites: [], refusals: [] };
      return {
        rewrites: [{ rule: 'fold-constants', step: steps.next(), removed, added: [] }],
        refusals: [],
      };
    },
  };
}

function given({ outputs }: Node): readonly string[] {
  return outputs.filter((output) => output !== '');
}

function foldable(editor: GraphEditor): Node[] {
  return editor.nodes().filter((node) => {
    const outputs = given(node);
    return (
      node.domain === '' &&
      node.inputs.length > 0 &&
      !random.test(node.opType) &&
      !keptForRuntime.includes(node.opType) &&
      !outputs.some((output) => editor.outputs.includes(output)) &&
      !Object.values(node.attributes).some(({ kind }) => kind === 'graph') &&
      node.inputs.every((input) => input === '' || editor.constant(input) !== null) &&
      isWorth(
        editor,
        node,
        outputs.reduce((bytes, output) => bytes + bytesOf(editor, output), 0),
      )
    );
  });
}

function isWorth(editor: GraphEditor, node: Node, bytes: number): boolean {
  return bytes <= Math.max(freeBytes, freed(editor, node));
}

/** 0 where the shape is not known. */
function bytesOf(editor: GraphEditor, value: string): number {
  const type = editor.typeOf(value);
  const shape = type?.shape?.map((size) => (typeof size === 'number' ? size : 0)) ?? [0];
  return type === undefined ? 0 : sizeOf(shape) * bytesPerElement[type.dtype];
}

/** Bytes of constants that nothing else reads. */
function freed(editor: GraphEditor, node: Node): number {
  return node.inputs
    .filter((input) => input !== '' && editor.onlyReader(input) !== null)
    .reduce((bytes, input) => bytes + (editor.constant(input)?.data.byteLength ?? 0), 0);
}

/** By the names of outputs; those that the runtime refuses are absent. */
async function computed(
  editor: GraphEditor,
  nodes: readonly Node[],
  opsets: ReadonlyMap<string, number>,
  irVersion: number,
): Promise<Map<string, Tensor>> {
  const names = [...new Set(nodes.flatMap(({ inputs }) => inputs))].filter((name) => name !== '');
  const graph: Graph = {
    name: 'constants',
    inputs: [],
    outputs: nodes.flatMap(given),
    nodes,
    initializers: new Map(
      names.flatMap((name) => {
        const tensor = editor.constant(name);
        return tensor === null ? [] : [[name, tensor] as const];
      }),
    ),
    types: new Map(),
  };
  try {
    const bytes = encodeModel({ graph, opsets, irVersion: Math.min(irVersion, newest) });
    const session = await openSession(bytes, { optimization: 'disabled', denormals: true });
    const results = await session.run({}).finally(() => session.close());
    return new Map(Object.entries(results));
  } catch {
    // One node that cannot be computed must not keep the others from being.
    const [first] = nodes;
    if (nodes.length === 1 || first === undefined) return new Map();
    const half = Math.ceil(nodes.length / 2);
    return new Map([
      ...(await computed(editor, nodes.slice(0, half), opsets, irVersion)),
      ...(await computed(editor, nodes.slice(half), opsets, irVersion)),
    ]);
  }
}
