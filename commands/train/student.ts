/** `retort train student`: a student from labelled texts. */
import { type Command, Option } from 'commander';
import { type SegmenterName, segmenterNames } from '../../core/text/segmenter.js';
import type { UnknownWords } from '../../core/text/word-tokenizer.js';
import { trainStudent } from '../../training/train-student.js';
import { collect, decimal, integer } from '../options.js';
import { applyRecipe, type RecipeName, recipeNames } from './recipes.js';
import { addTrainOptions, choice, largest, runTrain, type TrainOptions } from './run.js';

interface Options extends TrainOptions {
  readonly segmenter: SegmenterName;
  readonly labels?: readonly string[];
  readonly recipe?: RecipeName;
  readonly unknownWords: UnknownWords;
  readonly wordDropout: number;
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
    .summary('train the Bi-LSTM on labelled texts')
    .description(
      'Trains the student on the train split, evaluates it on dev and keeps the best parameters. The run folder ' +
        'holds checkpoints, so a run that was stopped or killed goes on with --resume and ends in the same parameters.',
    );
  addTrainOptions(student, {
    epochs: 8,
    batchSize: 64,
    optimizer: 'adam',
    warmup: 0,
    dropout: 0.3,
    clipNorm: 5,
    evaluateEvery: 75,
  })
    .addOption(choice('--segmenter <name>', 'what cuts texts into words', segmenterNames, segmenterNames[0]))
    .option('--max-words <n>', 'words of a text that are read', integer(1, 10_000), 128)
    .option('--min-count <n>', 'words that train holds less often become [UNK]', integer(1, largest), 2)
    .addOption(
      choice(
        '--unknown-words <how>',
        'what a word is that the vocabulary lacks: [UNK], or its characters',
        ['unk', 'characters'],
        'unk',
      ),
    )
    .option('--word-dropout <share>', 'of words that a step replaces by [UNK]', decimal(0, 0.95), 0)
    .addOption(
      choice(
        '--word-vectors <how>',
        'what the embedding starts from: random numbers, or vectors from where words stand together in the texts',
        ['random', 'ppmi'],
        'random',
      ),
    )
    .option(
      '--labels <file>',
      'learn from the logits of a file that `retort label` wrote; with --loss mse unless it is given (repeatable)',
      collect,
    )
    .option(
      '--temperature <t>',
      "divides a teacher's logits where the loss compares probabilities",
      decimal(0.01, 1000),
      1,
    )
    .addOption(
      new Option('--recipe <name>', 'a published recipe, for options that are not given').choices(
        recipeNames,
      ),
    )
    .option('--embedding <n>', 'width of a word vector', integer(1, 65_536), 300)
    .option('--hidden <n>', 'hidden state of one direction', integer(1, 65_536), 300)
    .option('--inner <n>', 'width of the tanh layer', integer(1, 65_536), 300)
    .addHelpText('after', examples)
    .action(async (options: Options, command: Command) => {
      const { labels = [], segmenter, maxWords, minCount, unknownWords, wordDropout } = options;
      const { temperature, wordVectors, embedding, hidden, inner } = options;
      if (labels.length > 0 && command.getOptionValueSource('loss') === 'default')
        command.setOptionValueWithSource('loss', 'mse', 'recipe');
      applyRecipe(command, options.recipe);
      const words = { segmenter, maxWords, minCount, unknownWords, wordDropout, wordVectors };
      await runTrain(
        command.opts<Options>(),
        command,
        { ...words, temperature, embedding, hidden, inner },
        (given) => trainStudent({ ...given, labels }),
      );
    });
}

const examples = `
Examples:
  retort train student --data ChnSentiCorp.zip --out runs/student
  retort train student --data ChnSentiCorp.zip --out runs/student --resume
  retort train student --data ChnSentiCorp.zip --labels labels.arrow --out runs/distilled
  retort train student --data ChnSentiCorp.zip --labels copies.arrow --recipe seed --out runs/seed
`;
