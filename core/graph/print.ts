/** A graph as a program that people read: one line a node, with the types of what it gives. */
import { printShape } from './inference/rule.js';
import type { Attribute, Graph, Node, ValueType } from './ir.js';
import type { Tensor } from '../tensor.js';

/** Tensors of up to so many elements are written out. */
const shownElements = 8;

/**
 *     logits: float32[batch_size, 2] = Add(dense, output.bias)
 *
 * Initializers and inputs come first, outputs last; a node's subgraphs stand indented below it.
 */
export function printProgram(graph: Graph): string {
  return `${lines(graph).join('\n')}\n`;
}

function lines(graph: Graph): string[] {
  const typed = (name: string) => `${name}: ${typeText(graph.types.get(name))}`;
  return [
    `graph ${graph.name}(${graph.inputs.map(typed).join(', ')})`,
    ...Array.from(graph.initializers, ([name, value]) => `  ${name}: ${tensorText(value)}`),
    ...graph.nodes.flatMap((node) => nodeLines(node, graph)),
    `  return ${graph.outputs.map(typed).join(', ')}`,
  ];
}

function nodeLines(node: Node, graph: Graph): string[] {
  const outputs = node.outputs.map((name) =>
    name === '' ? '_' : `${name}: ${typeText(graph.types.get(name))}`,
  );
  const operator = node.domain === '' ? node.opType : `${node.domain}:${node.opType}`;
  const inputs = node.inputs.map((name) => (name === '' ? '_' : name));
  const entries = Object.entries(node.attributes);
  const attributes = entries.map(([name, attribute]) => `${name}=${attributeText(attribute)}`);
  const settings = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`;
  const bodies = entries.flatMap(([, attribute]) =>
    attribute.kind === 'graph' ? lines(attribute.value).map((line) => `    ${line}`) : [],
  );
  return [`  ${outputs.join(', ')} = ${operator}(${inputs.join(', ')})${settings}`, ...bodies];
}

function typeText(type: ValueType | undefined): string {
  return type === undefined ? '?' : `${type.dtype}${printShape(type.shape)}`;
}

function tensorText({ dtype, shape, data }: Tensor): string {
  const values = data.length <= shownElements ? ` = [${Array.from(data, String).join(', ')}]` : '';
  return `${dtype}${printShape(shape)}${values}`;
}

function attributeText(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'int':
    case 'float':
      return String(attribute.value);
    case 'string':
      return JSON.stringify(attribute.value);
    case 'ints':
    case 'floats':
      return `[${attribute.value.join(', ')}]`;
    case 'strings':
      return JSON.stringify(attribute.value);
    case 'tensor':
      return tensorText(attribute.value);
    case 'graph':
      return attribute.value.name;
    case 'opaque':
      return '…';
  }
}
