import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type Manifest, manifestSchema } from '../../core/bundle/manifest.js';
import { modelCard } from '../../export/model-card.js';

/** From dist/test/export/ to the bundles that ship. */
const shipped = (name: string) =>
  fileURLToPath(new URL(`../../../models/repository/${name}/1/`, import.meta.url));
const manifestOf = async (name: string): Promise<Manifest> =>
  manifestSchema.parse(JSON.parse(await readFile(`${shipped(name)}manifest.json`, 'utf8')));

test('names what cuts the words, and says that neither checkpoint nor teacher was used', async () => {
  const manifest = await manifestOf('student');
  const card = modelCard({ ...manifest, lineage: { ...manifest.lineage, base: null, teacher: null } }, null);
  expect(card).toMatch(/bilstm over words cut by node-rs-jieba 2/);
  expect(card).toContain('Trained on the labels alone');
  expect(card).not.toMatch(/undefined|null/);
});

test('names the teachers that a student learnt from', async () => {
  const card = modelCard(await manifestOf('student'), null);
  expect(card).toMatch(/Teacher: teacher 1 \(manifest [0-9a-f]{12}\), weight 1 \+ linear 1/);
  expect(card).not.toContain('Trained on the labels alone');
});

test('the command that makes it anew names the texts on which a calibrated form is measured', async () => {
  const manifest = await manifestOf('student');
  expect(modelCard(manifest, null)).toContain(
    '--precision fp16-stored,int8-calibrated --weights int7 --data ChnSentiCorp.zip\n',
  );
  const [stored] = manifest.variants;
  expect(modelCard({ ...manifest, variants: [stored!] }, null)).toContain('--precision fp16-stored\n');
});

test('the command that makes it anew names the form that runs fastest on a CPU', async () => {
  const manifest = await manifestOf('student');
  const variants = manifest.variants.map((variant) => ({ ...variant, latency: true as const }));
  expect(modelCard({ ...manifest, variants }, null)).toContain(
    '--precision fp16-stored,int8-calibrated --weights int7 --latency --data ChnSentiCorp.zip\n',
  );
});

test('a form that a manifest does not name is that in which weights are stored', async () => {
  const manifest = await manifestOf('teacher');
  const variants = manifest.variants.map(({ precision, file, opset, irVersion }) => ({
    precision,
    file,
    opset,
    irVersion,
  }));
  expect(modelCard({ ...manifest, variants }, null)).toContain('--precision int8-stored\n');
});

test('a split without rows has no accuracy', async () => {
  const manifest = await manifestOf('student');
  const nothing = { data: 'dev', rows: 0, correct: 0, accuracy: 0, interval: [0, 1] as [number, number] };
  expect(modelCard({ ...manifest, accuracy: [nothing] }, null)).toContain('| dev | 0 | 0 | – | – |\n');
});

test('a run of the accuracy report is exported from its own folder', async () => {
  const manifest = await manifestOf('student');
  const command =
    'retort report accuracy --data ChnSentiCorp.zip --also reviews.jsonl --only best --first-seed 1 --seeds 1';
  const card = modelCard({ ...manifest, lineage: { ...manifest.lineage, command } }, null);
  expect(card).toContain(
    `    ${command} --out runs/student\n    retort export runs/student/best-1 --name student `,
  );
});

test('names the checkpoint that was fine-tuned, and opens with the notes', async () => {
  const card = modelCard(await manifestOf('teacher'), 'Not *that* model.\n');
  expect(card).toMatch(/^# teacher 1\n\nNot \*that\* model\.\n\nA classifier/);
  expect(card).toMatch(/Fine-tuned from multilingual-e5-small-zh \(sha256 of its weights `[0-9a-f]{64}`\)/);
  expect(card).toContain('and from the checkpoint named under it');
  expect(card).not.toMatch(/undefined/);
});

test("the shipped teacher's card says what it is and is not", async () => {
  const card = await readFile(`${shipped('teacher')}MODEL_CARD.md`, 'utf8');
  expect(card).toContain('multilingual-e5-small and not ERNIE');
  expect(card).toContain('retort train teacher --checkpoint ernie-3.0-base-zh');
});

test('what was made elsewhere says from what, and nothing of how it was trained', async () => {
  const { lineage, ...manifest } = await manifestOf('teacher');
  const base = { name: 'sentiment.onnx', sha256: 'a'.repeat(64) };
  const card = modelCard({ ...manifest, lineage: { ...lineage, seed: null, base, teacher: null } }, null);
  expect(card).toContain(`Made from sentiment.onnx (sha256 \`${base.sha256}\`)`);
  expect(card).not.toMatch(/Fine-tuned|Trained on|Dev chose/);
});
