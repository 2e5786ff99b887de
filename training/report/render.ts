/** The accuracy report as Markdown. */
import { type Machine, machineLine } from '../../core/machine.js';
import { wilsonInterval } from '../../core/statistics.js';
import type { Experiment } from './experiments.js';
import { estimateOf, type Estimate, type Result } from './results.js';

export interface TeacherRow {
  readonly title: string;
  readonly scores: Result['scores'];
}

export interface Report {
  /** The teachers one by one, then their mean, which labelled. */
  readonly teachers: readonly TeacherRow[];
  readonly experiments: readonly Experiment[];
  readonly results: readonly Result[];
  readonly machine: Machine;
  readonly command: string;
}

/** Published figures, each with the teacher that it was distilled from. */
const published = [
  ['the seed, 2020', 'ERNIE 1.0, 95.55', '92.00', '93.33'],
  ['PaddleNLP distill_lstm', 'bert-wwm-ext, 95.50', '92.00', '93.42'],
  ['PaddlePaddle/ERNIE demo/distill', 'ERNIE, 95.4', '91.2', '93.9'],
] as const;

export function renderReport({ teachers, experiments, results, machine, command }: Report): string {
  const splits = [...new Set(teachers.flatMap(({ scores }) => scores.map(({ data }) => data)))];
  const ran = experiments.flatMap((experiment) => {
    const found = results.filter((result) => result.experiment === experiment.name);
    return found.length === 0 ? [] : [{ experiment, found }];
  });
  const rows = (kind: Experiment['kind']) =>
    ran
      .filter(({ experiment }) => experiment.kind === kind)
      .map(({ experiment, found }) => row(experiment, found, splits));
  const columns = [
    ...splits,
    'agrees with the teacher',
    'seeds',
    'parameters',
    'bundle',
    'words/s',
    'training',
  ];
  const hours = results.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
  return [
    '# Accuracy',
    '',
    `Written by \`${command}\`. Students: the mean over seeds with its 95 % interval (Student's t). Teachers: one model, ` +
      'with the 95 % Wilson interval of its rows. The best parameters of each run are those of its best evaluation on ' +
      'dev, so that dev is a little kinder than unseen text. Agreement is counted on dev.',
    '',
    table(['', ...columns], [...teachers.map((teacher) => teacherRow(teacher, splits)), ...rows('main')]),
    '',
    ...gap(teachers, ran),
    '## Published',
    '',
    'Other teachers, so these stand beside ours and not under them.',
    '',
    table(['', 'teacher', 'student alone', 'distilled'], published),
    '',
    '## One technique at a time',
    '',
    'On the texts of the train split alone, so that a row costs minutes; each row keeps what the rows above it added, ' +
      'but for the losses, the ways to make copies and the average, which are alternatives.',
    '',
    table(['', ...columns], rows('step')),
    '',
    `Training took ${hours.toFixed(1)} hours in all, on ${machineLine(machine)}.`,
    '',
  ].join('\n');
}

function row(experiment: Experiment, found: readonly Result[], splits: readonly string[]): string[] {
  const [first] = found;
  const of = (pick: (result: Result) => number) => estimateOf(found.map(pick));
  const share = ({ rows, correct }: { rows: number; correct: number }) => (rows === 0 ? 0 : correct / rows);
  return [
    experiment.title,
    ...splits.map((split) =>
      percent(
        of(({ scores }) => share(scores.find(({ data }) => data === split) ?? { rows: 0, correct: 0 })),
      ),
    ),
    first?.agreement === null || first === undefined
      ? '–'
      : percent(of(({ agreement }) => share(agreement ?? { rows: 0, correct: 0 }))),
    String(found.length),
    `${((first?.parameters ?? 0) / 1e6).toFixed(1)} M`,
    `${((first?.bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`,
    of(({ wordsPerSecond }) => wordsPerSecond).mean.toFixed(0),
    `${(of(({ seconds }) => seconds).mean / 60).toFixed(0)} min`,
  ];
}

function teacherRow({ title, scores }: TeacherRow, splits: readonly string[]): string[] {
  const cells = splits.map((split) => {
    const { rows, correct } = scores.find(({ data }) => data === split) ?? { rows: 0, correct: 0 };
    const [low, high] = wilsonInterval(correct, rows);
    return `${((100 * correct) / rows).toFixed(2)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
  });
  return [title, ...cells, '–', '–', '–', '–', '–', '–'];
}

/** (distilled - undistilled) / (teacher - undistilled), on each split. */
function gap(
  teachers: readonly TeacherRow[],
  ran: readonly { readonly experiment: Experiment; readonly found: readonly Result[] }[],
): string[] {
  const named = (name: string) => ran.find(({ experiment }) => experiment.name === name)?.found;
  const [alone, best, teacher] = [named('alone'), named('best'), teachers.at(-1)];
  if (alone === undefined || best === undefined || teacher === undefined) return [];
  const lines = teacher.scores.map(({ data, rows, correct }) => {
    const of = (results: readonly Result[]) =>
      estimateOf(
        results.map(({ scores }) => (scores.find((score) => score.data === data)?.correct ?? 0) / rows),
      ).mean;
    const [low, high] = [of(alone), of(best)];
    const points = `${(100 * (high - low)).toFixed(2)} points`;
    return `- ${data}: ${points} above the student alone, ${((100 * (high - low)) / (correct / rows - low)).toFixed(0)} % of the gap to the teacher closed.`;
  });
  return ['The best distilled student is', '', ...lines, ''];
}

function percent({ mean, reach }: Estimate): string {
  return `${(100 * mean).toFixed(2)}${reach === null ? '' : ` ± ${(100 * reach).toFixed(2)}`}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
