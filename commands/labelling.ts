/** What `retort label` and `retort distill` share: which texts, whose logits, and telling how far it is. */
import { interruptible } from './interruption.js';
import { type Command, InvalidArgumentError } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import type { ProviderName } from '../core/engines/providers.js';
import { loadSegmenter, type SegmenterName } from '../core/text/segmenter.js';
import { Predictor } from '../serving/predictor.js';
import { augmentations, type AugmentationSettings } from '../training/augment/augmentations.js';
import type { TrainRows } from '../training/data/evaluation-texts.js';
import {
  labelTexts,
  type LabelProgress,
  type LabelResult,
  type Teacher,
} from '../training/labels/label-texts.js';
import { readSources, type SourceEvent, withCopies } from '../training/labels/sources.js';
import { addAlsoOption, type ColumnOptions } from './labelled-data.js';
import { collect, decimal, integer } from './options.js';
import { bundleFolder } from './shipped.js';

/** As commander gives them. */
export interface LabellingOptions extends AugmentationSettings, ColumnOptions {
  /** `model` or `model=weight` each. */
  readonly teacher?: readonly string[];
  readonly data?: string;
  readonly also?: readonly string[];
  readonly texts?: readonly string[];
  readonly trainRows: TrainRows;
  readonly copies: number;
  readonly segmenter: SegmenterName;
  readonly seed: number;
  readonly threads: number;
  /** That computes the logits. */
  readonly provider: ProviderName;
  readonly strict?: true;
  readonly json?: true;
}

/** Where none is named. */
export const shippedTeacher = ['teacher'];

export function addTeacherOption(command: Command): Command {
  return command.option(
    '--teacher <model[=weight]>',
    'a shipped model or the folder of a bundle; repeatable, the weights are relative (default: teacher)',
    collectTeacher,
  );
}

/** Adds the options that say which teachers, which texts beside --data, and which copies. */
export function addLabellingOptions(command: Command): Command {
  addAlsoOption(addTeacherOption(command))
    .option('--texts <file>', 'more texts, whose labels are not read (repeatable)', collect)
    .option('--copies <n>', 'augmented copies of each text of the train split', integer(0, 1000), 0);
  for (const { name, rate, does } of augmentations)
    command.option(`--${name} <share>`, `of a copy: ${does}`, decimal(0, 1), rate);
  return command;
}

/** Checked here, so that a mistake is one of the command line, and kept as it was typed. */
function collectTeacher(value: string, before: readonly string[] = []): string[] {
  const { model, weight } = teacherOf(value);
  if (model === '' || !(weight > 0))
    throw new InvalidArgumentError('It must be a model, or model=weight with a positive weight.');
  return [...before, value];
}

/** Of `model` or `model=weight`. */
export function teacherOf(value: string): { readonly model: string; readonly weight: number } {
  const at = /=[\d.]+$/.exec(value)?.index ?? value.length;
  return { model: value.slice(0, at), weight: Number(value.slice(at + 1) || 1) };
}

/** @throws RetortError of the data, the teachers and the label file */
export async function runLabelling(options: LabellingOptions, out: string): Promise<LabelResult> {
  const {
    teacher = shippedTeacher,
    data,
    also = [],
    texts = [],
    trainRows,
    copies,
    segmenter,
    seed,
    threads,
    provider,
    strict,
    json,
  } = options;
  const { textColumn, labelColumn } = options;
  const print = json === true ? printJson : printer();
  const sources = await readSources({
    data: data ?? null,
    columns: { textColumn, labelColumn },
    trainRows,
    also,
    texts,
    strict: strict === true,
    onSource: print,
  });
  const rates = Object.fromEntries(augmentations.map(({ name }) => [name, options[name]]));
  const rows =
    copies === 0
      ? sources.rows
      : withCopies(sources.rows, await loadSegmenter(segmenter), { ...options, copies }, seed);
  const result = await interruptible(async (signal) => {
    const opened = [];
    for (const { model, weight } of teacher.map(teacherOf))
      opened.push(await openTeacher(model, weight, threads, provider));
    const labelled = await labelTexts({
      teachers: opened,
      rows,
      data: sources.data,
      augmentation: copies === 0 ? null : { copies, seed, segmenter, trainRows, ...rates },
      out,
      onProgress: (progress) => {
        print({ kind: 'progress', ...progress });
      },
      signal,
    });
    for (const { close } of opened) await close();
    return labelled;
  });
  print({ kind: 'labelled', ...result });
  if (!result.finished) {
    process.stderr.write('Stopped; the same command goes on from there.\n');
    process.exitCode = 1;
  }
  return result;
}

/** A bundle as a teacher, on the calling thread. @throws RetortError of the bundle */
export async function openTeacher(
  model: string,
  weight: number,
  threads: number,
  provider: ProviderName = 'cpu',
): Promise<Teacher & { readonly encode: (text: string) => number[]; readonly close: () => Promise<void> }> {
  const bundle = await openBundle(await bundleFolder(model));
  const { name, version } = bundle.manifest;
  const predictor = await Predictor.open(bundle, threads, { provider });
  return {
    name,
    version,
    sha256: bundle.manifestSha256,
    precision: predictor.precision,
    weight,
    maskText: predictor.tokenizer.maskText,
    label: async (texts) => (await predictor.run(texts.map((text) => ({ text })))).predictions,
    encode: (text) => predictor.tokenizer.encode(text),
    close: () => predictor.close(),
  };
}

type LabellingEvent =
  | SourceEvent
  | ({ readonly kind: 'progress' } & LabelProgress)
  | ({ readonly kind: 'labelled' } & LabelResult);

function printJson(event: LabellingEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Lines for people; on a terminal the running one is written over itself. */
function printer(): (event: LabellingEvent) => void {
  const terminal = process.stderr.isTTY;
  const started = performance.now();
  return (event) => {
    switch (event.kind) {
      case 'source': {
        const { name, rows, rejected, repeated, evaluation } = event;
        const left = [
          rejected > 0 ? `${String(rejected)} do not fit` : [],
          repeated > 0 ? `${String(repeated)} stand twice` : [],
          evaluation > 0 ? `${String(evaluation)} stand in dev or test` : [],
        ].flat();
        process.stdout.write(
          `${name}: ${String(rows)} texts${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}\n`,
        );
        break;
      }
      case 'progress': {
        const { done, rows, labelled, tokens } = event;
        const seconds = (performance.now() - started) / 1000;
        const rest = ((rows - done) * seconds) / labelled;
        const line =
          `${String(done)}/${String(rows)} texts  ${(labelled / seconds).toFixed(0)} texts/s  ` +
          `${(tokens / seconds).toFixed(0)} tokens/s  ${rest.toFixed(0)} s left`;
        process.stderr.write(terminal ? `\r\u001b[2K${line}` : `${line}\n`);
        break;
      }
      case 'labelled': {
        const { rows, kept, known, agreed } = event;
        const found = kept > 0 ? `, ${String(kept)} of them by an earlier run` : '';
        const agreement =
          known > 0
            ? `; the teachers agree with ${((100 * agreed) / known).toFixed(1)} % of known labels`
            : '';
        process.stdout.write(
          `${terminal ? '\r\u001b[2K' : ''}${String(rows)} texts labelled${found}${agreement}\n`,
        );
      }
    }
  };
}
