/** What `retort inspect` prints of an ONNX file. */
import Table from 'cli-table3';
import { bytesText, countText } from '../../core/report/units.js';
import type { Term } from '../../export/inspect/formula.js';
import { inspectModel, type ModelReport, type Port } from '../../export/inspect/inspect-model.js';
import type { Sizes } from '../../export/inspect/symbols.js';

/** @throws RetortError as inspectModel */
export async function printModel(file: string, shapes: readonly Sizes[], json: boolean): Promise<void> {
  const report = await inspectModel(file, shapes);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${lines(report).join('\n')}\n`);
}

function lines(report: ModelReport): string[] {
  const { files, irVersion, opsets, producer, functions, parameters } = report;
  const domains = Object.entries(opsets).map(([domain, version]) => `${domain} ${String(version)}`);
  return [
    ...files.map(
      ({ path, bytes }, place) => `${path} (${place === 0 ? '' : 'external data, '}${bytesText(bytes)})`,
    ),
    `IR version ${String(irVersion)}; opsets: ${domains.join(', ')}; producer: ${producer === '' ? 'not said' : producer}`,
    ...Object.entries(report.metadata).map(([key, value]) => `${key}: ${value}`),
    '',
    'Inputs',
    ...report.inputs.map(portLine),
    'Outputs',
    ...report.outputs.map(portLine),
    '',
    `${String(report.nodes)} nodes${functions === 0 ? '' : `, ${String(functions)} functions of the model's own`}`,
    operatorTable(report),
    '',
    `${countText(parameters.elements)} parameters in ${String(parameters.tensors)} tensors, ${bytesText(parameters.bytes)}; the largest:`,
    largestTable(report),
    '',
    profileTable(report),
    ...formulaLines(report),
    ...uncountedLines(report),
  ];
}

function portLine({ name, type }: Port): string {
  if (type === null) return `  ${name}`;
  const shape = type.shape === null ? '[...]' : `[${type.shape.map((one) => one ?? '?').join(', ')}]`;
  return `  ${name}  ${type.dtype} ${shape}`;
}

function operatorTable({ operators, profiles }: ModelReport): string {
  const last = profiles.at(-1);
  const table = plainTable(
    ['operator', 'nodes', 'FLOPs', 'share', 'bytes moved'],
    ['left', 'right', 'right', 'right', 'right'],
  );
  for (const [operator, nodes] of Object.entries(operators)) {
    const cost = last?.operators.find((one) => one.operator === operator);
    const share = (100 * (cost?.flops ?? 0)) / Math.max(1, last?.flops ?? 0);
    table.push([
      operator,
      nodes,
      countText(cost?.flops ?? 0),
      `${share.toFixed(1)} %`,
      bytesText(cost?.bytes ?? 0),
    ]);
  }
  return `${table.toString()}\n(FLOPs and bytes at ${sizesText(last?.sizes ?? {})})`;
}

function largestTable({ largest }: ModelReport): string {
  const table = plainTable(['tensor', 'type', 'bytes'], ['left', 'left', 'right']);
  for (const { name, dataType, shape, bytes } of largest)
    table.push([name, `${dataType} [${shape.join(', ')}]`, bytesText(bytes)]);
  return table.toString();
}

function profileTable({ profiles }: ModelReport): string {
  const table = plainTable(
    ['sizes', 'FLOPs', 'bytes moved', 'activations, at most', 'at the node'],
    ['left', 'right', 'right', 'right', 'left'],
  );
  for (const { sizes, flops, bytes, activations } of profiles)
    table.push([
      sizesText(sizes),
      countText(flops),
      bytesText(bytes),
      bytesText(activations.bytes),
      activations.node,
    ]);
  return table.toString();
}

function formulaLines({ formulas }: ModelReport): string[] {
  return [
    ...(formulas.flops === null ? [] : [`FLOPs = ${formulas.flops.map(term).join(' + ') || '0'}`]),
    ...(formulas.bytes === null ? [] : [`bytes moved = ${formulas.bytes.map(term).join(' + ') || '0'}`]),
  ];
}

function uncountedLines({ profiles }: ModelReport): string[] {
  const operators = [...new Set(profiles.flatMap(({ uncounted }) => uncounted))];
  return operators.length === 0
    ? []
    : [`Not counted, since their shapes or what they do is not known: ${operators.join(', ')}`];
}

function term({ coefficient, powers }: Term): string {
  const factors = Object.entries(powers).flatMap(([symbol, power]) =>
    power === 0 ? [] : [power === 1 ? symbol : `${symbol}^${String(power)}`],
  );
  return [String(coefficient), ...factors].join(' ');
}

function sizesText(sizes: Sizes): string {
  return (
    Object.entries(sizes)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(', ') || 'fixed shapes'
  );
}

function plainTable(head: string[], colAligns: ('left' | 'right')[]): InstanceType<typeof Table> {
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
