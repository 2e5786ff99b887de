/**
 * Inspects a model of 5 GB, its weights in the file, and one with 5 GB of external data: files without blocks on disk.
 * Fails where the memory or the time that takes grows with the file.
 *
 *     npm run test:large-model
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataLocation as DataLocation } from 'onnx-buf';

const rows = 1_250_000;
const width = 1000;
const dataBytes = 4 * rows * width;
const mostMiB = 400;
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'retort-large-'));
try {
  await check(await inFile(path.join(folder, 'inside.onnx')));
  await check(await beside(path.join(folder, 'outside.onnx')));
} finally {
  await rm(folder, { recursive: true });
}

function type(elemType: number, sizes: readonly (number | string)[]) {
  const dim = sizes.map((size) => ({
    value:
      typeof size === 'number'
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: size } as const),
  }));
  return { value: { case: 'tensorType', value: { elemType, shape: { dim } } } as const };
}

function model(external: boolean): Uint8Array {
  const entries = [
    { key: 'location', value: 'weights.bin' },
    { key: 'length', value: String(dataBytes) },
  ];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 9n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'large',
        input: [{ name: 'ids', type: type(7, ['batch_size', 'sequence_length']) }],
        output: [{ name: 'rows', type: type(1, ['batch_size', 'sequence_length', width]) }],
        node: [{ opType: 'Gather', input: ['table', 'ids'], output: ['rows'] }],
        initializer: external
          ? [
              {
                name: 'table',
                dataType: 1,
                dims: [BigInt(rows), BigInt(width)],
                dataLocation: DataLocation.EXTERNAL,
                externalData: entries,
              },
            ]
          : [],
      },
    }),
  );
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/** The fields are written by hand, with a hole where the weights would be: the message is the graph's, merged. */
async function inFile(file: string): Promise<string> {
  const tensorHead = [
    8,
    ...varint(rows),
    8,
    ...varint(width),
    16,
    1,
    0x42,
    5,
    ...Buffer.from('table'),
    0x4a,
    ...varint(dataBytes),
  ];
  const tensorBytes = tensorHead.length + dataBytes;
  const initializer = [0x2a, ...varint(tensorBytes), ...tensorHead];
  const graph = [0x3a, ...varint(initializer.length + dataBytes), ...initializer];
  const head = Buffer.concat([model(false), Uint8Array.from(graph)]);
  const handle = await open(file, 'w');
  await handle.write(head);
  await handle.truncate(head.length + dataBytes);
  await handle.close();
  return file;
}

async function beside(file: string): Promise<string> {
  await writeFile(file, model(true));
  const handle = await open(path.join(path.dirname(file), 'weights.bin'), 'w');
  await handle.truncate(dataBytes);
  await handle.close();
  return file;
}

async function check(file: string): Promise<void> {
  const started = performance.now();
  // The child says its own peak once it has done.
  const peak = "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))";
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(peak)}`,
    cli,
    'inspect',
    file,
    '--json',
  ]);
  const report: unknown = JSON.parse(stdout);
  const peakMiB = Number(/(\d+)$/.exec(stderr)?.[1]) / 1024;
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `${path.basename(file)}: ${seconds.toFixed(1)} s, at most ${peakMiB.toFixed(0)} MiB\n`,
  );
  if (!JSON.stringify(report).includes(`"bytes":${String(dataBytes)}`) || !(peakMiB < mostMiB)) {
    process.stdout.write(`FAILED: more than ${String(mostMiB)} MiB, or the weights were not found\n`);
    process.exitCode = 1;
  }
}
