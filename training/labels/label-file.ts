/**
 * A file of labelled texts: an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html) of the columns
 * below, readable by any Arrow library. It grows batch by batch; one that was cut off keeps its whole batches.
 */
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import {
  Bool,
  Field,
  FixedSizeList,
  Float32,
  Int8,
  List,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { hasCode } from '../../core/has-code.js';
import { onDisk } from '../../core/on-disk.js';
import { reasonOf } from '../../core/reason-of.js';
import { trainRowChoices } from '../data/evaluation-texts.js';

export const labelHeaderSchema = z.strictObject({
  format: z.literal(2),
  /** Whose logits were averaged, by weight; the sha256 is that of the bundle's manifest, which names every file's. */
  teachers: z
    .array(
      z.strictObject({
        name: z.string(),
        version: z.string(),
        sha256: z.string(),
        /** Of the variant that ran. */
        precision: z.string().optional(),
        weight: z.number().positive(),
      }),
    )
    .min(1),
  data: z.array(z.strictObject({ name: z.string(), sha256: z.string(), rows: z.int(), terms: z.string() })),
  /** What the copies are made with; null where there are none. */
  augmentation: z
    .looseObject({ segmenter: z.string(), trainRows: z.enum(trainRowChoices).optional() })
    .nullable(),
});

export type LabelHeader = z.infer<typeof labelHeaderSchema>;

export interface LabelRow {
  /** As it stands in the data; of an augmented copy, its words side by side. */
  readonly text: string;
  /** Of an augmented copy: what the student reads, `[UNK]` where a word is masked. Null where it cuts the text itself. */
  readonly words: readonly string[] | null;
  /** Negative, positive. */
  readonly logits: readonly [number, number];
  /** What the data says, where that is to be known. */
  readonly label: 0 | 1 | null;
  /** Of the train split, itself or a copy; otherwise of further texts. */
  readonly ofTrain: boolean;
}

const text = new Utf8();
const words = new List(Field.new('word', new Utf8()));
const logits = new FixedSizeList(2, Field.new('logit', new Float32()));
const label = new Int8();
const ofTrain = new Bool();
const headerKey = 'retort';

function schemaOf(header: LabelHeader): Schema {
  return new Schema(
    [
      new Field('text', text),
      new Field('words', words, true),
      new Field('logits', logits),
      new Field('label', label, true),
      new Field('ofTrain', ofTrain),
    ],
    new Map([[headerKey, JSON.stringify(header)]]),
  );
}

/** The end of a stream: a continuation mark and the length 0. */
const endOfStream = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** Writes `<path>.part`, and renames it to its place when it is whole. */
export class LabelWriter {
  readonly #path: string;
  readonly #schema: Schema;
  readonly #handle: FileHandle;
  #begun = false;

  private constructor(path: string, header: LabelHeader, handle: FileHandle) {
    this.#path = path;
    this.#schema = schemaOf(header);
    this.#handle = handle;
  }

  /**
   * @param kept batches that stand first; the file before, which they may come from, is replaced once they are written
   * @throws RetortError file_unwritable
   */
  static async open(path: string, header: LabelHeader, kept: readonly LabelRow[][]): Promise<LabelWriter> {
    return onDisk(path, async () => {
      const writer = new LabelWriter(path, header, await open(`${path}.next`, 'w'));
      try {
        for (const rows of kept) await writer.append(rows);
        await rename(`${path}.next`, partOf(path));
      } catch (error) {
        await writer.close();
        throw error;
      }
      return writer;
    });
  }

  /** Writes one batch and sees it on the disk. @throws RetortError file_unwritable */
  async append(rows: readonly LabelRow[]): Promise<void> {
    const bytes = encodeBatch(this.#schema, rows);
    // The first message is the schema's: a mark, the length of what follows, no body.
    const schemaBytes = 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
    await onDisk(this.#path, async () => {
      await this.#handle.writeFile(bytes.subarray(this.#begun ? schemaBytes : 0, -endOfStream.length));
      await this.#handle.datasync();
    });
    this.#begun = true;
  }

  /** @throws RetortError file_unwritable */
  async finish(): Promise<void> {
    await onDisk(this.#path, async () => {
      try {
        await this.#handle.writeFile(endOfStream);
        await this.#handle.sync();
      } finally {
        await this.#handle.close();
      }
      await rename(partOf(this.#path), this.#path);
    });
  }

  /** Leaves what is written for a later run. */
  close(): Promise<void> {
    return this.#handle.close();
  }
}

export function partOf(path: string): string {
  return `${path}.part`;
}

function encodeBatch(schema: Schema, rows: readonly LabelRow[]): Uint8Array {
  const { batches } = new Table({
    text: vectorFromArray(
      rows.map((row) => row.text),
      text,
    ),
    words: vectorFromArray(
      rows.map((row) => row.words),
      words,
    ),
    logits: vectorFromArray(
      rows.map((row) => row.logits),
      logits,
    ),
    label: vectorFromArray(
      rows.map((row) => row.label),
      label,
    ),
    ofTrain: vectorFromArray(
      rows.map((row) => row.ofTrain),
      ofTrain,
    ),
  });
  const [batch] = batches;
  if (batch === undefined) throw new RangeError('a batch without rows');
  return RecordBatchStreamWriter.writeAll([new RecordBatch(schema, batch.data)]).toUint8Array(true);
}

export interface LabelFile {
  readonly header: LabelHeader;
  /** One after another, once. */
  readonly batches: AsyncIterable<LabelRow[]>;
  /** Before its rows are read to the end. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a label file; its rows come as they are read.
 * @throws RetortError labels_missing, labels_malformed (also while reading)
 */
export async function openLabelFile(path: string): Promise<LabelFile> {
  const malformed = (error: unknown) => {
    const reason = reasonOf(error);
    return fail('labels_malformed', { path, reason }, error);
  };
  const handle = await open(path).catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? fail('labels_missing', { path }, error) : malformed(error);
  });
  const stream = handle.createReadStream();
  const close = async () => {
    stream.destroy();
    await handle.close();
  };
  try {
    const reader = await RecordBatchReader.from(stream);
    await reader.open();
    const header = labelHeaderSchema.parse(JSON.parse(reader.schema.metadata.get(headerKey) ?? 'null'));
    return { header, batches: batchesOf(reader, malformed, close), close };
  } catch (error) {
    await close();
    throw malformed(error);
  }
}

/** What a label file says of itself. @throws RetortError labels_missing, labels_malformed */
export async function readLabelHeader(path: string): Promise<LabelHeader> {
  const { header, close } = await openLabelFile(path);
  await close();
  return header;
}

async function* batchesOf(
  reader: AsyncIterable<RecordBatch, undefined>,
  malformed: (error: unknown) => Error,
  close: () => Promise<void>,
): AsyncGenerator<LabelRow[]> {
  const batches = reader[Symbol.asyncIterator]();
  try {
    for (;;) {
      let rows: LabelRow[];
      try {
        const { value, done } = await batches.next();
        if (done === true) return;
        rows = rowsOf(value);
      } catch (error) {
        throw malformed(error);
      }
      if (rows.length > 0) yield rows;
    }
  } finally {
    await close();
  }
}

const rowSchema = z.object({
  text: z.string(),
  words: z.array(z.string()).nullable(),
  logits: z.tuple([z.number(), z.number()]),
  label: z.union([z.literal(0), z.literal(1)]).nullable(),
  ofTrain: z.boolean(),
});

function rowsOf(batch: RecordBatch): LabelRow[] {
  const columns = ['text', 'words', 'logits', 'label', 'ofTrain'].map(
    (name) => [name, batch.getChild(name)] as const,
  );
  return Array.from({ length: batch.numRows }, (_, row) =>
    rowSchema.parse(Object.fromEntries(columns.map(([name, column]) => [name, plain(column?.get(row))]))),
  );
}

function plain(value: unknown): unknown {
  const iterable = typeof value === 'object' && value !== null && Symbol.iterator in value;
  return iterable ? Array.from(value as Iterable<unknown>) : value;
}

/**
 * The whole batches of a file that may have been cut off; null where there is no file, or none of its header.
 * @throws RetortError labels_malformed
 */
export async function wholeBatches(
  path: string,
): Promise<{ header: LabelHeader; batches: LabelRow[][] } | null> {
  const file = await openLabelFile(path).catch(async (error: unknown) => {
    if (hasCode(error, 'labels_missing') || (await endsInHeader(path))) return null;
    throw error;
  });
  if (file === null) return null;
  const batches: LabelRow[][] = [];
  try {
    for await (const rows of file.batches) batches.push(rows);
  } catch {
    // What follows the last whole batch is done again.
  }
  return { header: file.header, batches };
}

/** Whether a stream was cut off within its first message, the schema's, which has no body: a mark and a length before it. */
async function endsInHeader(path: string): Promise<boolean> {
  const start = await readFile(path).catch(() => null);
  if (start === null) return false;
  const mark = endOfStream.subarray(0, 4);
  if (!mark.subarray(0, start.length).every((byte, index) => byte === start[index])) return false;
  return start.length < 8 || start.length < 8 + start.readInt32LE(4);
}
