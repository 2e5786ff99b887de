/** `retort train student`: a student from labelled texts. */
import { type Command, Option } from 'commander';
import { type SegmenterName, segmenterNames } from '../../core/text/segmenter.js';
import type { UnknownWords } from '../../core/text/word-tokenizer.js';
import { studentDefaults, trainStudent } from '../../training/train-student.js';
import { collect, decimal, integer } from '../options.js';
import { type RecipeName, recipeNames, recipes } from '../../training/recipes.js';
import {
  addTrainOptions,
  addTrainRowsOption,
  choice,
  largest,
  printNext,
  runTrain,
  type TrainOptions,
} from './run.js';

/** As commander gives them. */
export interface StudentOptions extends TrainOptions {
  readonly segmenter: SegmenterName;
  readonly recipe?: RecipeName;
  readonly unknownWords: UnknownWords;
  readonly wordDropout: number;
  readonly labelShare: number;
  readonly trainPasses: number;
  readonly temperature: number;
  readonly wordVectors: 'random' | 'ppmi';
  readonly maxWords: number;
  readonly minCount: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly inner: number;
}

export function registerStudent(train: Command): void {
  const student = train
    .command('student')
    .summary('train the Bi-LSTM on labelled texts, or on the logits of teachers')
    .description(
      'Trains the student on the train split, evaluates it on dev and keeps the best parameters. The run folder ' +
        'holds checkpoints, so a run that was stopped or killed goes on with --resume and ends in the same parameters.',
    );
  addTrainRowsOption(addStudentOptions(student), 'all')
    .option(
      '--labels <file>',
      'learn from the logits of a file that `retort label` wrote; with --loss mse unless it is given (repeatable)',
      collect,
    )
    .addHelpText('after', examples)
    .action(async ({ labels = [], ...options }: StudentOptions & { labels?: string[] }, command: Command) => {
      if (labels.length > 0) distilling(command);
      const finished = await runStudent(command, labels, options.resume === true);
      if (finished && options.json !== true) printNext(options.out, 'student');
    });
}

/** Where logits are learnt from: the squared error, unless another loss is given. */
export function distilling(command: Command): void {
  if (command.getOptionValueSource('loss') === 'default')
    command.setOptionValueWithSource('loss', 'mse', 'recipe');
}

export function addStudentOptions(command: Command): Command {
  return addTrainOptions(command, studentDefaults)
    .addOption(
      choice('--segmenter <name>', 'what cuts texts into words', segmenterNames, studentDefaults.segmenter),
    )
    .option('--max-words <n>', 'words of a text that are read', integer(1, 10_000), studentDefaults.maxWords)
    .option(
      '--min-count <n>',
      'words that train holds less often become [UNK]',
      integer(1, largest),
      studentDefaults.minCount,
    )
    .addOption(
      choice(
        '--unknown-words <how>',
        'what a word is that the vocabulary lacks: [UNK], or its characters',
        ['unk', 'characters'],
        studentDefaults.unknownWords,
      ),
    )
    .option(
      '--word-dropout <share>',
      'of words that a step replaces by [UNK]',
      decimal(0, 0.95),
      studentDefaults.wordDropout,
    )
    .addOption(
      choice(
        '--word-vectors <how>',
        'what the embedding starts from: random numbers, or vectors from where words stand together in the texts',
        ['random', 'ppmi'],
        studentDefaults.wordVectors,
      ),
    )
    .option(
      '--label-share <share>',
      "of the known label in what is learnt from a row, beside the teachers' logits",
      decimal(0, 1),
      studentDefaults.labelShare,
    )
    .option(
      '--train-passes <n>',
      'how often an epoch reads rows of train that teachers labelled, where it reads further texts once',
      integer(1, 1000),
      studentDefaults.trainPasses,
    )
    .option(
      '--temperature <t>',
      'divides the logits of teachers and student where the loss compares probabilities',
      decimal(0.01, 1000),
      studentDefaults.temperature,
    )
    .addOption(
      new Option(
        '--recipe <name>',
        'of the best student, or the published one that it is held against, for options that are not given',
      ).choices(recipeNames),
    )
    .option('--embedding <n>', 'width of a word vector', integer(1, 65_536), studentDefaults.embedding)
    .option('--hidden <n>', 'hidden state of one direction', integer(1, 65_536), studentDefaults.hidden)
    .option('--inner <n>', 'width of the tanh layer', integer(1, 65_536), studentDefaults.inner);
}

/** Sets a recipe's values on the command, but for options that were given, and for those that it has not. */
export function applyRecipe(command: Command, name: RecipeName | undefined): void {
  if (name === undefined) return;
  const { settings, ...others } = recipes[name];
  for (const [option, value] of Object.entries({ ...settings, ...others })) {
    const known = command.options.some((one) => one.attributeName() === option);
    if (known && command.getOptionValueSource(option) !== 'cli')
      command.setOptionValueWithSource(option, value, 'recipe');
  }
}

/** Gives whether it came to its end. */
export async function runStudent(
  command: Command,
  labels: readonly string[],
  resume: boolean,
): Promise<boolean> {
  applyRecipe(command, command.opts<StudentOptions>().recipe);
  const options = command.opts<StudentOptions>();
  const {
    segmenter,
    maxWords,
    minCount,
    unknownWords,
    wordDropout,
    wordVectors,
    labelShare,
    trainPasses,
    temperature,
  } = options;
  const { embedding, hidden, inner } = options;
  const words = { segmenter, maxWords, minCount, unknownWords, wordDropout, wordVectors };
  return runTrain(
    { ...options, resume },
    command,
    { ...words, labelShare, trainPasses, temperature, embedding, hidden, inner },
    (given) => trainStudent({ ...given, labels }),
  );
}

const examples = `
Examples:
  retort train student --data ChnSentiCorp.zip --out runs/student
  retort train student --data ChnSentiCorp.zip --out runs/student --resume
  retort train student --data ChnSentiCorp.zip --labels labels.arrow --out runs/distilled
  retort train student --data ChnSentiCorp.zip --labels copies.arrow --recipe seed --out runs/seed
`;
