/** `retort report accuracy`: every experiment with every seed, run by run, and the table of what they found. */
import { studentDefaults } from '../../training/train-student.js';
import { exists } from '../../core/exists.js';
import { interruptible } from '../interruption.js';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { ProviderName } from '../../core/engines/providers.js';
import { openBundle } from '../../core/bundle/read.js';
import { makeFolder } from '../../core/make-folder.js';
import { writeWhole } from '../../core/write-whole.js';
import { Predictor } from '../../serving/predictor.js';
import type { EvaluationSplit, LabelledExample } from '../../training/data/labelled.js';
import { augmentations } from '../../training/augment/augmentations.js';
import { type Experiment, experiments, type LabelSet } from '../../training/report/experiments.js';
import { renderReport, type TeacherRow } from '../../training/report/render.js';
import type { Result } from '../../training/report/results.js';
import { mergeResults, readResults } from '../../training/report/results-file.js';
import { addColumnOptions, type ColumnOptions, devSplits } from '../labelled-data.js';
import {
  addTeacherOption,
  type LabellingOptions,
  runLabelling,
  shippedTeacher,
  teacherOf,
} from '../labelling.js';
import { collect, commaSeparated, integer } from '../options.js';
import { score, scoreLine, scoresOf } from '../scoring.js';
import { bundleFolder } from '../shipped.js';
import { commandLine, providerOption } from '../train/run.js';
import { resultFile, runExperiment } from './run-experiment.js';

interface Options extends ColumnOptions {
  readonly teacher?: readonly string[];
  readonly data: string;
  readonly also?: readonly string[];
  readonly texts?: readonly string[];
  readonly evaluate?: readonly string[];
  readonly out: string;
  readonly write: string;
  readonly results?: string;
  readonly only?: readonly string[];
  readonly seeds: number;
  readonly firstSeed: number;
  readonly finished?: true;
  readonly stepSeeds: number;
  readonly threads: number;
  readonly provider: ProviderName;
}

export function register(report: Command): void {
  const accuracy = report
    .command('accuracy')
    .summary('train students in every way that is known, with several seeds, and tabulate them')
    .description(
      'Trains each experiment of the list with each seed, evaluates the bundle that comes of it, and writes a Markdown ' +
        'table with intervals beside the published figures. Hours of work: stopped, the same command goes on, run by run.',
    );
  addTeacherOption(accuracy)
    .requiredOption('--data <file>', 'a .zip or folder with train and dev')
    .option('--also <file>', 'more labelled texts, for the teachers to label too (repeatable)', collect)
    .option('--texts <file>', 'more texts for the teachers to label (repeatable)', collect)
    .option(
      '--evaluate <folder>',
      'a folder whose dev split every model is measured on too, named after it (repeatable)',
      collect,
    )
    .requiredOption('--out <folder>', 'where labels, runs and bundles go')
    .option('--write <file>', 'where the table goes', 'docs/accuracy.md')
    .option('--results <file>', 'results of runs, of other folders and machines too: read, and written anew')
    .option('--seeds <n>', 'runs of each experiment, with the seeds 1 to n', integer(1, 100), 3)
    .option('--first-seed <n>', 'instead of 1, so that several processes share the runs', integer(1, 100), 1)
    .option('--finished', 'train nothing: tabulate the runs that are done')
    .option('--step-seeds <n>', 'the same for the rows of one technique each', integer(0, 100), 1)
    .addOption(
      new Option(
        '--only <names>',
        `some experiments: ${experiments.map(({ name }) => name).join(', ')}`,
      ).argParser(commaSeparated),
    )
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .addOption(providerOption("what computes teachers' logits and students' gradients"))
    .addHelpText('after', examples)
    .action(run);
  addColumnOptions(accuracy);
}

const examples = `
Examples:
  retort report accuracy --data ChnSentiCorp.zip --texts reviews.jsonl.gz --out runs/report
  retort report accuracy --data ChnSentiCorp.zip --out runs/report --only alone,seed --seeds 1
  retort report accuracy --data ChnSentiCorp.zip --texts reviews.jsonl.gz --out runs/report --finished
  retort report accuracy --data ChnSentiCorp.zip --out runs/report --results docs/accuracy.json
`;

async function run(options: Options, command: Command): Promise<void> {
  const { data, also, texts, evaluate = [], out, only, seeds, firstSeed, stepSeeds, threads } = options;
  const unknown = only?.find((name) => !experiments.some((experiment) => experiment.name === name));
  if (unknown !== undefined) command.error(`error: there is no experiment ${unknown}`);
  const chosen = experiments.filter(
    ({ name, labels }) =>
      (only?.includes(name) ?? true) && (labels?.texts !== 'all' || (also ?? texts) !== undefined),
  );
  await makeFolder(out);
  const columns = { textColumn: options.textColumn, labelColumn: options.labelColumn };
  const sets = [await devSplits(data, columns)];
  for (const folder of evaluate) sets.push(await named(folder));
  const teachers = await measureTeachers(options, sets);
  const kept = options.results === undefined ? [] : await readResults(options.results);
  let results: Result[] = kept;
  const write = async () => {
    const shown = { teachers: teachers.rows, experiments, results };
    await writeWhole(options.write, renderReport({ ...shown, command: commandLine(command) }));
    if (options.results !== undefined)
      await writeWhole(options.results, `${JSON.stringify(results, null, 2)}\n`);
  };
  if (kept.length > 0) await write();
  const labels = new Map<string, boolean>();
  /** Labels once what several experiments share. */
  const labelled = async (set: LabelSet): Promise<boolean> => {
    const file = labelFile(out, set);
    const finished = labels.get(file) ?? (await label(options, set, file));
    labels.set(file, finished);
    return finished;
  };
  const finished = await interruptible(async (signal) => {
    for (let seed = firstSeed; seed <= Math.max(seeds, stepSeeds); seed += 1) {
      for (const experiment of chosen) {
        if (seed > (experiment.kind === 'step' ? stepSeeds : seeds)) continue;
        const folder = path.join(out, `${experiment.name}-${String(seed)}`);
        const isHere = await exists(path.join(folder, resultFile));
        const isKept = kept.some((one) => one.experiment === experiment.name && one.seed === seed);
        if (!isHere && (isKept || options.finished === true)) continue;
        const set = experiment.labels;
        const toLabel = set !== null && options.finished !== true;
        if ((toLabel && !(await labelled(set))) || signal.aborted) return false;
        const result = await runExperiment({
          experiment,
          seed,
          data,
          columns,
          labels: set === null ? [] : [labelFile(out, set)],
          folder,
          repository: path.join(out, 'repository'),
          threads,
          provider: options.provider,
          sets,
          teacherLogits: teachers.logits,
          command: commandOf(command, experiment, seed),
          signal,
        });
        if (result === null) return false;
        results = mergeResults(results, [result]);
        process.stdout.write(`${line(experiment, result)}\n`);
        await write();
      }
    }
    return true;
  });
  if (finished) process.stdout.write(`${options.write} is written.\n`);
  else {
    process.stderr.write('Stopped; the same command goes on from there.\n');
    process.exitCode = 1;
  }
}

/** The dev split of a folder, under the folder's name. */
async function named(folder: string): Promise<EvaluationSplit[]> {
  const [whole, ...rest] = await devSplits(folder, {});
  const name = path.basename(path.resolve(folder));
  // Without repetitions: the second split, where there is one.
  const examples = rest[0]?.examples ?? whole?.examples ?? [];
  return [{ name, examples }];
}

function line({ title }: Experiment, { seed, scores }: Result): string {
  return `${title}, seed ${String(seed)}: ${scores.map(scoreLine).join('; ')}`;
}

/** What was typed, with the options that choose this run alone in place of those that chose several. */
function commandOf(command: Command, { name, kind }: Experiment, seed: number): string {
  const seeds = kind === 'step' ? '--step-seeds' : '--seeds';
  const others = [
    'only',
    'seeds',
    'firstSeed',
    'stepSeeds',
    'finished',
    'write',
    'results',
    'threads',
    'provider',
  ];
  return `${commandLine(command, others)} --only ${name} --first-seed ${String(seed)} ${seeds} ${String(seed)}`;
}

interface MeasuredTeachers {
  readonly rows: readonly TeacherRow[];
  /** Their mean by weight, of each example of the first set. */
  readonly logits: ReadonlyMap<LabelledExample, readonly number[]>;
}

async function measureTeachers(
  { teacher: typed = shippedTeacher, threads, provider }: Options,
  sets: readonly (readonly EvaluationSplit[])[],
): Promise<MeasuredTeachers> {
  const teacher = typed.map(teacherOf);
  const rows: TeacherRow[] = [];
  const sums = new Map<LabelledExample, readonly number[]>();
  const total = teacher.reduce((sum, { weight }) => sum + weight, 0);
  for (const { model, weight } of teacher) {
    const bundle = await openBundle(await bundleFolder(model));
    const predictor = await Predictor.open(bundle, threads, { provider });
    const scores = [];
    for (const splits of sets) {
      const scoring = await score(predictor, splits);
      scores.push(...scoring.scores);
      for (const [example, logits] of scoring.logits) {
        const before = sums.get(example);
        sums.set(
          example,
          logits.map((logit, place) => (before?.[place] ?? 0) + (weight / total) * logit),
        );
      }
    }
    await predictor.close();
    const yardstick = bundle.manifest.network.kind === 'linear';
    rows.push({ title: `teacher: ${bundle.manifest.name}`, yardstick, scores });
  }
  if (teacher.length > 1) {
    const weights = teacher.map(({ weight }) => String(weight)).join(' : ');
    rows.push({
      title: `teacher: their mean, ${weights}`,
      yardstick: false,
      scores: sets.flatMap((splits) => scoresOf(splits, sums)),
    });
  }
  return { rows, logits: sums };
}

function labelFile(out: string, { texts, copies, rates }: LabelSet): string {
  const applied = augmentations.filter(({ name }) => copies > 0 && rates[name] > 0);
  const parts = applied.map(({ name }) => `${name}-${String(rates[name])}`);
  return path.join(out, `labels-${[texts, ...(copies === 0 ? [] : [copies, ...parts])].join('-')}.arrow`);
}

/** Gives whether it came to its end. */
async function label(
  { teacher, data, also = [], texts = [], threads, provider, textColumn, labelColumn }: Options,
  set: LabelSet,
  file: string,
): Promise<boolean> {
  const labelling: LabellingOptions = {
    ...(teacher === undefined ? {} : { teacher }),
    data,
    textColumn,
    labelColumn,
    also: set.texts === 'all' ? also : [],
    texts: set.texts === 'all' ? texts : [],
    trainRows: 'all',
    copies: set.copies,
    ...set.rates,
    segmenter: studentDefaults.segmenter,
    seed: 1,
    threads,
    provider,
  };
  return (await runLabelling(labelling, file)).finished;
}
