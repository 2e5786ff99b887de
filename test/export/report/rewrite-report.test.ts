/** The report of a rewriting: what it counts, what it measures, and a page that asks for nothing. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { decodeModel } from '../../../core/graph/onnx.js';
import { convertModel } from '../../../export/opset/convert.js';
import { paint } from '../../../export/report/colors.js';
import { drawingOf } from '../../../export/report/layout.js';
import {
  measureRewriting,
  type RewriteReport,
  type Rewriting,
} from '../../../export/report/rewrite-report.js';
import { writeRewriteReport } from '../../../export/report/write.js';
import { smallEncoder } from '../../fixtures/small-models.js';

let root: string;
let report: RewriteReport;
let rewriting: Rewriting;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-report-'));
  // The normalisations opened up: what a rule that opens them would have done.
  const before = decodeModel(smallEncoder());
  const after = convertModel(before, 16, { contrib: false });
  const [had, has] = [before, after].map(({ graph }) => graph.nodes.map(({ name }) => name));
  const removed = had!.filter((name) => !has!.includes(name));
  const added = has!.filter((name) => !had!.includes(name));
  rewriting = {
    title: 'a <b>test</b>',
    before,
    after,
    rewrites: [{ rule: 'open-normalization', step: 1, removed, added }],
    validation: { difference: 1e-7, tolerance: 1e-4, cases: ['one row'] },
  };
  report = await measureRewriting(rewriting, {
    threads: 1,
    budgetMs: 1,
    now: () => performance.now(),
    createdAt: new Date(0),
    inputs: {},
  });
});
afterAll(() => rm(root, { recursive: true }));

test('operators, sizes and memory are those of both graphs', () => {
  const count = (operator: string) => report.operators.find((one) => one.operator === operator);
  expect(count('LayerNormalization')).toEqual({ operator: 'LayerNormalization', before: 3, after: 0 });
  expect(count('ReduceMean')).toEqual({ operator: 'ReduceMean', before: 0, after: 6 });
  expect([report.before.opset, report.after.opset]).toEqual([17, 16]);
  expect(report.before.nodes).toBe(rewriting.before.graph.nodes.length);
  expect(report.after.profiles[2]!.activations.bytes).toBeGreaterThan(0);
  expect(report.after.profiles[2]!.flops).toBeGreaterThan(8 * report.before.profiles[0]!.activations.bytes);
});

test('times are measured on the rows that the graph has positions for', () => {
  // Its table of positions has 8 rows: none of the shapes that are tried fits.
  expect(report.latency).toEqual({ threads: 1, cases: [] });
});

describe('as files', () => {
  test('a folder gets both; a name with an ending is that of both', async () => {
    await writeRewriteReport(path.join(root, 'folder'), report, rewriting);
    await writeRewriteReport(path.join(root, 'other', 'one.html'), report, rewriting);
    expect(await readdir(path.join(root, 'folder'))).toEqual(['report.html', 'report.json']);
    expect(await readdir(path.join(root, 'other'))).toEqual(['one.html', 'one.json']);
    expect(JSON.parse(await readFile(path.join(root, 'folder', 'report.json'), 'utf8'))).toEqual(report);
  });

  test('the page draws every node once, in the colour of its rule, and asks for nothing', async () => {
    const page = await readFile(await writeRewriteReport(path.join(root, 'page'), report, rewriting), 'utf8');
    const { before, after } = rewriting;
    const ports = before.graph.inputs.length + before.graph.outputs.length;
    const drawn = before.graph.nodes.length + after.graph.nodes.length + 2 * ports;
    expect(page.match(/<rect /g)).toHaveLength(drawn);
    expect(page.match(/class="painted"/g)).toHaveLength(
      report.rewrites[0]!.removed.length + report.rewrites[0]!.added.length,
    );
    expect(page).toContain('made by open-normalization');
    expect(page).toContain('a &#60;b&#62;test&#60;/b&#62;');
    expect(page).not.toMatch(/\b(src|href)=|url\(|@import|https?:\/\//);
    const [, script = ''] = /<script>([^]*)<\/script>/.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`);
  });

  test('a place that cannot be written is named', async () => {
    await writeRewriteReport(path.join(root, 'taken'), report, rewriting);
    await expect(
      writeRewriteReport(path.join(root, 'taken', 'report.json', 'below'), report, rewriting),
    ).rejects.toMatchObject({ code: 'file_unwritable' });
  });
});

test('a node that one rule makes and another takes out was never in the graph before', () => {
  const { rules, removed, added } = paint([
    { rule: 'a', step: 1, removed: ['x'], added: ['y'] },
    { rule: 'b', step: 2, removed: ['y', 'z'], added: ['w'] },
    { rule: 'a', step: 3, removed: [], added: [] },
  ]);
  expect(rules).toEqual(['a', 'b']);
  expect(Object.fromEntries(removed)).toEqual({ x: 'a', z: 'b' });
  expect(Object.fromEntries(added)).toEqual({ w: 'b' });
});

/** One node after another; ids below 5. */
function chain(choices: readonly number[]) {
  const builder = new GraphBuilder('long');
  let value = builder.input('x', 'float32', ['batch_size']);
  for (const choice of choices)
    value = builder.node(['Relu', 'Neg', 'Tanh', 'Erf', 'Sigmoid'][choice]!, [value])[0]!;
  builder.output('y', value);
  return builder.build();
}

test('of a graph that is too large to draw, layers that repeat are drawn once', () => {
  const layer = Array.from({ length: 50 }, (_, place) => (place * place + (place % 3)) % 5);
  const { boxes, edges, repeated, left } = drawingOf(
    chain([0, ...Array.from({ length: 30 }, () => layer).flat(), 1, 1]),
  );
  expect([repeated, left]).toEqual([29 * 50, 0]);
  // 53 nodes, the box for the others, the input and the output, one below the other.
  expect(boxes).toHaveLength(56);
  expect(edges).toHaveLength(55);
  expect(boxes.map(({ label }) => label)).toContain('these 50 nodes 29 times more');
});

test('of one that does not repeat itself the first nodes are drawn, and the rest counted', () => {
  const random = (place: number) => Math.abs(Math.sin(place + 1) * 1e4) % 1;
  const choices = Array.from({ length: 1300 }, (_, place) => Math.floor(5 * random(place)));
  const { boxes, repeated, left } = drawingOf(chain(choices));
  expect([repeated, left]).toEqual([0, 100]);
  // 1200 nodes and the input; the output is that of a node that is not drawn.
  expect(boxes).toHaveLength(1201);
});
