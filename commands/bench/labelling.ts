/** `retort bench labelling`: what `label` costs beside the teacher's bare session. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { openBundle } from '../../core/bundle/read.js';
import { openSession } from '../../core/engines/session.js';
import { describeMachine, machineLine } from '../../core/machine.js';
import { pairedRatio, median } from '../../core/statistics.js';
import { batchInputs, sortedBatches } from '../../training/batching.js';
import { readSources } from '../../training/labels/sources.js';
import { labelTexts } from '../../training/labels/label-texts.js';
import { openTeacher } from '../labelling.js';
import { integer } from '../options.js';
import { bundleFolder } from '../shipped.js';

interface Options {
  readonly teacher: string;
  readonly texts: string;
  readonly rows: number;
  readonly rounds: number;
  readonly threads: number;
  readonly json?: true;
}

/** Rows of one run of the bare session. */
const batchSize = 32;

export function register(bench: Command): void {
  bench
    .command('labelling')
    .summary("tokens/s of `label` beside the teacher's bare session")
    .description(
      'Labels the first texts of a file, and runs the bare session over the same ids, cut and sorted beforehand; the two ' +
        'take turns.',
    )
    .requiredOption('--texts <file>', 'a .tsv, .csv or .jsonl')
    .option('--teacher <model>', 'a shipped model, or the folder of a bundle', 'teacher')
    .option('--rows <n>', 'texts that are labelled', integer(1, 1_000_000), 1000)
    .option('--rounds <n>', 'of each', integer(1, 1000), 3)
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', '\nExamples:\n  retort bench labelling --texts reviews.jsonl.gz\n')
    .action(run);
}

async function run({ teacher: model, texts, rows: limit, rounds, threads, json }: Options): Promise<void> {
  const sources = await readSources({
    data: null,
    columns: {},
    trainRows: 'all',
    also: [],
    texts: [texts],
    strict: false,
    onSource: () => undefined,
  });
  const rows = sources.rows.slice(0, limit);
  const teacher = await openTeacher(model, 1, threads);
  const bare = await bareSession(
    model,
    threads,
    rows.map(({ text }) => teacher.encode(text)),
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'retort-bench-'));
  const seconds = { label: [] as number[], bare: [] as number[] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const out = path.join(folder, `${String(round)}.arrow`);
      const labelled = await timed(() =>
        labelTexts({
          teachers: [teacher],
          rows,
          data: sources.data,
          augmentation: null,
          out,
          onProgress: () => undefined,
        }),
      );
      const ran = await timed(bare.run);
      if (round === 0) continue; // warms both
      seconds.label.push(labelled);
      seconds.bare.push(ran);
    }
  } finally {
    await teacher.close();
    await bare.close();
    await rm(folder, { recursive: true });
  }
  const { estimate, interval } = pairedRatio(seconds.bare, seconds.label, { seed: 1 });
  const perSecond = (times: readonly number[]) => bare.tokens / median(times);
  const report = {
    tokensPerSecond: { label: perSecond(seconds.label), bare: perSecond(seconds.bare) },
    share: { estimate, interval },
    rows: rows.length,
    tokens: bare.tokens,
    rounds,
    threads,
    machine: describeMachine(),
  };
  if (json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  process.stdout.write(
    [
      `label         ${report.tokensPerSecond.label.toFixed(0)} tokens/s`,
      `bare session  ${report.tokensPerSecond.bare.toFixed(0)} tokens/s`,
      `share         ${percent(estimate)} [${percent(interval[0])}, ${percent(interval[1])}]`,
      `conditions    ${model}, ${String(rows.length)} texts of ${String(bare.tokens)} tokens, ${String(threads)} threads, ` +
        `${String(rounds)} rounds in turn after one to warm up; median, 95 % bootstrap interval of the ratio. The bare ` +
        `session gets ids sorted by length in batches of ${String(batchSize)} and writes nothing`,
      `machine       ${machineLine(report.machine)}`,
      '',
    ].join('\n'),
  );
}

async function bareSession(model: string, intraOpThreads: number, ids: readonly (readonly number[])[]) {
  const bundle = await openBundle(await bundleFolder(model));
  const file = bundle.manifest.variants[0]?.file ?? '';
  const session = await openSession(bundle.path(file), { intraOpThreads });
  const examples = ids.map((row) => ({ ids: row, targets: [], label: 0 as const }));
  const batches = sortedBatches(examples, batchSize).map((places) =>
    batchInputs(places.flatMap((place) => examples[place] ?? [])),
  );
  return {
    tokens: ids.reduce((sum, { length }) => sum + length, 0),
    run: async () => {
      for (const batch of batches) await session.run(batch);
    },
    close: () => session.close(),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
