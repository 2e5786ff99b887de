/** `retort train student`: a student from labelled texts. */
import { Option, type Command } from 'commander';
import { segmenterNames } from '../core/text/segmenter.js';
import type { LossName } from '../training/losses.js';
import { losses } from '../training/losses.js';
import { optimizers, type OptimizerName } from '../training/optimizers/optimizers.js';
import { trainStudent, type StudentEvent, type StudentSettings } from '../training/train-student.js';
import { decimal, integer } from './options.js';

interface Options extends Omit<StudentSettings, 'learningRate' | 'optimizer' | 'loss' | 'intraOpThreads'> {
  readonly data: string;
  readonly out: string;
  readonly optimizer: OptimizerName;
  readonly loss: LossName;
  readonly learningRate?: number;
  readonly threads: number;
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly resume?: true;
  readonly strict?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  const train = program.command('train').description('train a network on labelled texts');
  const largest = 2 ** 31 - 1;
  train
    .command('student')
    .summary('train the Bi-LSTM on labelled texts')
    .description(
      'Trains the student on the train split, evaluates it on dev and keeps the best parameters. The run folder ' +
        'holds checkpoints, so a run that was stopped or killed goes on with --resume and ends in the same parameters.',
    )
    .requiredOption(
      '--data <file>',
      'a .zip or folder with train and dev, as `retort data chnsenticorp` fetches it',
    )
    .requiredOption('--out <folder>', 'the run folder: checkpoints, log, what export needs')
    .option('--text-column <name>', 'the column that holds the text (default: text_a, text, review ...)')
    .option('--label-column <name>', 'the column that holds the label (default: label, labels, sentiment)')
    .option('--epochs <n>', 'passes over train', integer(1, 1000), 8)
    .option('--batch-size <n>', 'rows in a step', integer(1, 4096), 64)
    .addOption(choice('--optimizer <name>', 'how gradients become steps', Object.keys(optimizers), 'adam'))
    .option('--learning-rate <rate>', "the optimiser's (default: its own usual one)", decimal(0, 100))
    .addOption(
      choice('--schedule <name>', 'the learning rate over the run', ['linear', 'constant'], 'linear'),
    )
    .addOption(choice('--loss <name>', 'what is minimised', Object.keys(losses), 'cross-entropy'))
    .option('--dropout <rate>', 'share of values dropped', decimal(0, 0.95), 0.3)
    .option('--clip-norm <norm>', "largest joint norm of a step's gradients", decimal(0, 1e9), 5)
    .option(
      '--evaluate-every <steps>',
      'steps between evaluations, each with a checkpoint',
      integer(1, largest),
      75,
    )
    .addOption(choice('--segmenter <name>', 'what cuts texts into words', segmenterNames, segmenterNames[0]))
    .option('--max-words <n>', 'words of a text that are read', integer(1, 10_000), 128)
    .option('--min-count <n>', 'words that train holds less often become [UNK]', integer(1, largest), 2)
    .option('--embedding <n>', 'width of a word vector', integer(1, 65_536), 300)
    .option('--hidden <n>', 'hidden state of one direction', integer(1, 65_536), 300)
    .option('--inner <n>', 'width of the tanh layer', integer(1, 65_536), 300)
    .option('--seed <n>', 'of everything random', integer(0, largest), 1)
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .option('--resume', 'go on from the last checkpoint of --out')
    .option('--strict', 'fail at the first row that does not fit')
    .option('--json', 'print one JSON object an event')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort train student --data ChnSentiCorp.zip --out runs/student
  retort train student --data ChnSentiCorp.zip --out runs/student --resume
  retort train student --data ChnSentiCorp.zip --out runs/seed --optimizer adadelta --batch-size 32 --epochs 6
`;

function choice(flags: string, description: string, choices: readonly string[], standard: string): Option {
  return new Option(flags, description).choices(choices).default(standard);
}

async function run(
  { data, out, textColumn, labelColumn, threads, resume, strict, json, learningRate, ...rest }: Options,
  command: Command,
): Promise<void> {
  const settings: StudentSettings = {
    ...rest,
    learningRate: learningRate ?? optimizers[rest.optimizer].learningRate,
    intraOpThreads: threads,
  };
  const abort = new AbortController();
  const stop = () => {
    abort.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const print = json === true ? printJson : printer();
  const result = await trainStudent({
    data,
    folder: out,
    settings,
    columns: { textColumn, labelColumn },
    strict: strict === true,
    resume: resume === true,
    command: commandLine(command),
    onEvent: print,
    signal: abort.signal,
  });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (!result.finished) {
    process.stderr.write(`Stopped; the checkpoint is in ${out}. The same command with --resume goes on.\n`);
    process.exitCode = 1;
  } else if (json !== true) {
    process.stdout.write(`Done. Make a bundle of the best parameters with: retort export ${out}\n`);
  }
}

/** The options that were given, without where files lie. */
function commandLine(command: Command): string {
  const given = command.options.flatMap((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli' || ['out', 'resume', 'json'].includes(name)) return [];
    const value: unknown = command.getOptionValue(name);
    const shown = name === 'data' ? String(value).split(/[\\/]/).at(-1) : String(value);
    return [value === true ? (option.long ?? '') : `${option.long ?? ''} ${shown ?? ''}`];
  });
  return ['retort train student', ...given].join(' ');
}

function printJson(event: StudentEvent): void {
  if (event.kind !== 'step') process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Lines for people; on a terminal the running step is written over itself. */
function printer(): (event: StudentEvent) => void {
  const terminal = process.stderr.isTTY;
  const started = performance.now();
  let words = 0;
  let steps = 0;
  const line = (text: string) => process.stdout.write(`${terminal ? '\r\u001b[2K' : ''}${text}\n`);
  return (event) => {
    switch (event.kind) {
      case 'data':
        line(
          `${event.split}: ${String(event.rows)} rows${event.rejected.length > 0 ? `, ${String(event.rejected.length)} left out` : ''}`,
        );
        for (const { line: number, reason } of event.rejected.slice(0, 5))
          line(`  line ${String(number)}: ${reason}`);
        break;
      case 'vocabulary':
        line(`vocabulary: ${String(event.words)} words, cut by ${event.segmenter}`);
        break;
      case 'step': {
        words += event.words;
        steps += 1;
        if (!terminal) break;
        const seconds = (performance.now() - started) / 1000;
        const remaining = ((event.steps - event.step) * seconds) / steps;
        process.stderr.write(
          `\r\u001b[2Kepoch ${String(event.epoch)}  step ${String(event.step)}/${String(event.steps)}  loss ${event.loss.toFixed(3)}  ` +
            `${(words / seconds).toFixed(0)} words/s  ${remaining.toFixed(0)} s left`,
        );
        break;
      }
      case 'evaluation': {
        const percent = (accuracy: number) => `${(100 * accuracy).toFixed(2)} %`;
        const seconds = (performance.now() - started) / 1000;
        line(
          `step ${String(event.step)}  epoch ${event.epoch.toFixed(2)}  loss ${event.trainLoss.toFixed(4)}  dev ${percent(event.all.accuracy)}  ` +
            `not in train ${percent(event.kept.accuracy)}  ${(words / seconds).toFixed(0)} words/s  ${seconds.toFixed(0)} s${event.best ? '  best' : ''}`,
        );
        break;
      }
    }
  };
}
