/** The accuracy report as Markdown. */
import { wilsonInterval } from '../../core/statistics.js';
import type { Experiment } from './experiments.js';
import { estimateOf, type Estimate, type Result } from './results.js';

export interface TeacherRow {
  readonly title: string;
  /** The linear model, which a network must beat to have earned its cost. */
  readonly yardstick: boolean;
  readonly scores: Result['scores'];
}

export interface Report {
  /** The teachers one by one, then their mean, which labelled. */
  readonly teachers: readonly TeacherRow[];
  readonly experiments: readonly Experiment[];
  readonly results: readonly Result[];
  readonly command: string;
}

/** Published figures, each with the teacher that it was distilled from. */
const published = [
  ['the seed, 2020', 'ERNIE 1.0, 95.55', '92.00', '93.33'],
  ['PaddleNLP distill_lstm', 'bert-wwm-ext, 95.50', '92.00', '93.42'],
  ['PaddlePaddle/ERNIE demo/distill', 'ERNIE, 95.4', '91.2', '93.9'],
] as const;

export function renderReport({ teachers, experiments, results, command }: Report): string {
  const splits = [...new Set(teachers.flatMap(({ scores }) => scores.map(({ data }) => data)))];
  const ran = experiments.flatMap((experiment) => {
    const found = results.filter((result) => result.experiment === experiment.name);
    return found.length === 0 ? [] : [{ experiment, found }];
  });
  const rows = (kind: Experiment['kind']) =>
    ran
      .filter(({ experiment }) => experiment.kind === kind)
      .map(({ experiment, found }) => row(experiment, found, splits));
  const steps = rows('step');
  const columns = [
    ...splits,
    'agrees with the teacher',
    'seeds',
    'parameters',
    'bundle',
    'words/s',
    'training',
  ];
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const hours = results.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
  return [
    '# Accuracy',
    '',
    `Written by \`${command}\`. Students: the mean over seeds with its 95 % interval (Student's t). Teachers: one model, ` +
      'with the 95 % Wilson interval of its rows. The best parameters of each run are those of its best evaluation on ' +
      'dev, so that dev is a little kinder than unseen text. Agreement is counted on dev.',
    '',
    'Train is taken as it is given, as published results take it, and some of its rows stand in dev too; so dev is also ' +
      'counted without these. "Without rows of dev and test" is a student that learnt from none of them, labels or ' +
      'logits; its teachers did.',
    '',
    table(['', ...columns], [...teachers.map((teacher) => teacherRow(teacher, splits)), ...rows('main')]),
    '',
    ...gains(teachers, ran),
    '## Published',
    '',
    'Other teachers, so these stand beside ours and not under them.',
    '',
    table(['', 'teacher', 'student alone', 'distilled'], published),
    '',
    ...(steps.length === 0
      ? []
      : [
          '## One technique at a time',
          '',
          'On the texts of the train split alone and for half the epochs, so that a row costs minutes; each row keeps what ' +
            'the rows above it added, but for the first three, which differ in what is learnt from, and the ways to make ' +
            'copies, which are alternatives to the average and to what is adversarial; with two copies a text there are half ' +
            'the epochs again.',
          '',
          table(['', ...columns], steps),
          '',
        ]),
    `Training took ${hours.toFixed(1)} hours in all, on ${machines.join('; ')}.`,
    '',
  ].join('\n');
}

function row(experiment: Experiment, found: readonly Result[], splits: readonly string[]): string[] {
  const [first] = found;
  const of = (pick: (result: Result) => number) => estimateOf(found.map(pick));
  const agreeing = found.flatMap(({ agreement }) => (agreement === null ? [] : shareOf(agreement)));
  return [
    experiment.title,
    ...splits.map((split) => cell(sharesOn(found, split), found.length)),
    cell(agreeing, found.length),
    String(found.length),
    `${((first?.parameters ?? 0) / 1e6).toFixed(1)} M`,
    `${((first?.bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`,
    of(({ wordsPerSecond }) => wordsPerSecond).mean.toFixed(0),
    `${(of(({ seconds }) => seconds).mean / 60).toFixed(0)} min`,
  ];
}

/** Of the seeds that were measured, which are counted where they are not all. */
function cell(shares: readonly number[], seeds: number): string {
  if (shares.length === 0) return '–';
  return `${percent(estimateOf(shares))}${shares.length < seeds ? ` (of ${String(shares.length)})` : ''}`;
}

function teacherRow({ title, scores }: TeacherRow, splits: readonly string[]): string[] {
  const cells = splits.map((split) => {
    const { rows, correct } = scores.find(({ data }) => data === split) ?? { rows: 0, correct: 0 };
    if (rows === 0) return '–';
    const [low, high] = wilsonInterval(correct, rows);
    return `${((100 * correct) / rows).toFixed(2)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
  });
  return [title, ...cells, '–', '–', '–', '–', '–', '–'];
}

interface Row {
  readonly experiment: Experiment;
  readonly found: readonly Result[];
}

/** A distilled student and the one that it is set against, by the names of their experiments. */
const pairs = [
  { distilled: 'best', alone: 'alone' },
  { distilled: 'adversarial', alone: 'alone' },
  { distilled: 'final', alone: 'alone' },
  { distilled: 'best-unseen', alone: 'alone-unseen' },
] as const;

/** What distillation gains, (distilled - alone) / (teacher - alone), and how far above the yardstick it stands. */
function gains(teachers: readonly TeacherRow[], ran: readonly Row[]): string[] {
  const named = (name: string) => ran.find(({ experiment }) => experiment.name === name);
  const teacher = teachers.at(-1);
  const yardstick = teachers.find((one) => one.yardstick);
  return pairs.flatMap((pair) => {
    const [distilled, alone] = [named(pair.distilled), named(pair.alone)];
    if (distilled === undefined || alone === undefined || teacher === undefined) return [];
    const lines = teacher.scores.flatMap(({ data, correct, rows }) => {
      const [after, before] = [sharesOn(distilled.found, data), sharesOn(alone.found, data)];
      if (rows === 0 || after.length === 0 || before.length === 0) return [];
      const { gain, from } = gainOf(distilled.found, alone.found, data);
      const closed = (100 * gain.mean) / (correct / rows - from);
      return [
        `- ${data}: ${percent(gain)} points above the student alone, ${closed.toFixed(0)} % of the gap to the ` +
          `teacher closed${aboveYardstick(estimateOf(after).mean, yardstick, data)}.`,
      ];
    });
    return [`Of the ${distilled.experiment.title}, against the ${alone.experiment.title}:`, '', ...lines, ''];
  });
}

interface Gain {
  readonly gain: Estimate;
  /** The mean of what stood alone, over the same seeds. */
  readonly from: number;
}

/** Over the seeds that both were measured with, or else of the means. Of each, at least one. */
function gainOf(distilled: readonly Result[], alone: readonly Result[], data: string): Gain {
  const both = distilled.flatMap((result) => {
    const others = alone.filter(({ seed }) => seed === result.seed);
    return sharesOn([result], data).flatMap((after) =>
      sharesOn(others, data).map((before) => ({ after, before })),
    );
  });
  const compared =
    both.length > 0
      ? both
      : [
          {
            after: estimateOf(sharesOn(distilled, data)).mean,
            before: estimateOf(sharesOn(alone, data)).mean,
          },
        ];
  return {
    gain: estimateOf(compared.map(({ after, before }) => after - before)),
    from: estimateOf(compared.map(({ before }) => before)).mean,
  };
}

/** Points below which a network has hardly earned its cost. */
const smallGain = 0.5;

function aboveYardstick(share: number, yardstick: TeacherRow | undefined, data: string): string {
  const score = yardstick?.scores.find((one) => one.data === data);
  if (score === undefined || score.rows === 0) return '';
  const points = 100 * (share - score.correct / score.rows);
  if (points < 0) return `; **${(-points).toFixed(2)} points below the linear yardstick**`;
  const small = points < smallGain ? ' (less than half a point: the linear model does nearly as well)' : '';
  return `; ${points.toFixed(2)} points above the linear yardstick${small}`;
}

/** Of each result that was measured on the data. */
function sharesOn(found: readonly Result[], data: string): number[] {
  return found.flatMap(({ scores }) => scores.filter((one) => one.data === data).flatMap(shareOf));
}

/** None where nothing was counted. */
function shareOf({ rows, correct }: Result['scores'][number]): number[] {
  return rows === 0 ? [] : [correct / rows];
}

function percent({ mean, reach }: Estimate): string {
  return `${(100 * mean).toFixed(2)}${reach === null ? '' : ` ± ${(100 * reach).toFixed(2)}`}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
