/** `retort distill`: from teachers and texts to a student's bundle. Each stage is a command of its own too. */
import path from 'node:path';
import type { Command } from 'commander';
import { placeOfBundle } from '../core/bundle/write.js';
import { exists } from '../core/exists.js';
import { makeFolder } from '../core/make-folder.js';
import { exportRun } from '../export/run-to-bundle.js';
import { runFiles } from '../models/run-folder.js';
import { precisionHelp, precisions, printReport } from './export.js';
import { devSplits } from './labelled-data.js';
import {
  addLabellingOptions,
  type LabellingOptions,
  openTeacher,
  runLabelling,
  shippedTeacher,
  teacherOf,
} from './labelling.js';
import { addTrainRowsOption } from './train/run.js';
import {
  addStudentOptions,
  applyRecipe,
  distilling,
  runStudent,
  type StudentOptions,
} from './train/student.js';

type Options = LabellingOptions &
  StudentOptions & {
    readonly repository: string;
    readonly name: string;
    readonly modelVersion: string;
    readonly precision: ReturnType<typeof precisions>;
    readonly force?: true;
  };

const labelFile = 'labels.arrow';

export function register(program: Command): void {
  const distill = program
    .command('distill')
    .summary('from teachers and texts to a student: label, train, export, calibrate')
    .description(
      'Labels the texts with the teachers, trains the student on their logits, exports the best parameters, measures ' +
        'them on dev and calibrates the score there. The same command goes on after a stop, and repeats no stage that is done.',
    );
  addTrainRowsOption(addLabellingOptions(addStudentOptions(distill)), 'unseen')
    .requiredOption('--repository <folder>', 'where the bundle goes')
    .option('--name <name>', "the model's name", 'student')
    .option('--model-version <version>', "the bundle's version", '1')
    .option('--precision <list>', precisionHelp, precisions, ['fp32'])
    .option('--force', 'replace a version that is there')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort distill --data ChnSentiCorp.zip --texts reviews.jsonl.gz --out runs/distilled --repository runs/repository
  retort distill --teacher teacher --teacher runs/repository/linear/1=2 --data ChnSentiCorp.zip --out runs/distilled --repository runs/repository
  retort distill --recipe seed --data ChnSentiCorp.zip --out runs/seed --repository runs/repository --name seed
`;

async function run({ recipe }: Options, command: Command): Promise<void> {
  applyRecipe(command, recipe);
  const options = command.opts<Options>();
  const { data, out, repository, name, modelVersion, precision, force, json } = options;
  const replace = force === true;
  await placeOfBundle(repository, { name, version: modelVersion }, { replace });
  await makeFolder(out);
  const labels = path.join(out, labelFile);
  const { finished } = await runLabelling(options, labels);
  if (!finished) return;
  distilling(command);
  if (!(await runStudent(command, [labels], await exists(path.join(out, runFiles.last))))) return;
  // A shadow's agreement is held against that with the first of the teachers.
  const [first = ''] = options.teacher ?? shippedTeacher;
  const teacher = await openTeacher(teacherOf(first).model, 1, options.threads);
  const report = await exportRun({
    run: out,
    teacher,
    repository,
    name,
    version: modelVersion,
    precisions: precision,
    splits: await devSplits(data, options),
    notes: null,
    replace,
    now: new Date(),
  }).finally(() => teacher.close());
  printReport(report, json === true);
}
