/** `retort train student`: a student from labelled texts. */
import type { Command } from 'commander';
import { type SegmenterName, segmenterNames } from '../../core/text/segmenter.js';
import { trainStudent } from '../../training/train-student.js';
import { integer } from '../options.js';
import { addTrainOptions, choice, largest, runTrain, type TrainOptions } from './run.js';

interface Options extends TrainOptions {
  readonly segmenter: SegmenterName;
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
    .option('--embedding <n>', 'width of a word vector', integer(1, 65_536), 300)
    .option('--hidden <n>', 'hidden state of one direction', integer(1, 65_536), 300)
    .option('--inner <n>', 'width of the tanh layer', integer(1, 65_536), 300)
    .addHelpText('after', examples)
    .action(async (options: Options, command: Command) => {
      const { segmenter, maxWords, minCount, embedding, hidden, inner } = options;
      const extra = { segmenter, maxWords, minCount, embedding, hidden, inner };
      await runTrain(options, command, extra, trainStudent);
    });
}

const examples = `
Examples:
  retort train student --data ChnSentiCorp.zip --out runs/student
  retort train student --data ChnSentiCorp.zip --out runs/student --resume
  retort train student --data ChnSentiCorp.zip --out runs/seed --optimizer adadelta --batch-size 32 --epochs 6
`;
