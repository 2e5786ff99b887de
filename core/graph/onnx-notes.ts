/** What a file says of a model, a graph or a node beside what it computes, to and from the format's messages. */
import type { GraphProto, ModelProto, NodeProto, StringStringEntryProto } from 'onnx-buf';
import type { ModelNotes, Notes } from './ir.js';

/** Absent where nothing is said. */
export function notesOf({ docString, metadataProps }: GraphProto | NodeProto): { readonly notes?: Notes } {
  const notes: Notes = {
    ...(docString === '' ? {} : { doc: docString }),
    ...(metadataProps.length === 0 ? {} : { metadata: entriesOf(metadataProps) }),
  };
  return Object.keys(notes).length === 0 ? {} : { notes };
}

/** Fields that are not said stay away: the format tells an empty one from none. */
export function notesFields({ doc, metadata }: Notes = {}) {
  return {
    ...(doc === undefined ? {} : { docString: doc }),
    ...(metadata === undefined ? {} : { metadataProps: entriesFields(metadata) }),
  };
}

export function modelNotesOf({ producerVersion, modelVersion, domain, docString }: ModelProto): {
  readonly notes?: ModelNotes;
} {
  const notes: ModelNotes = {
    ...(producerVersion === '' ? {} : { producerVersion }),
    ...(modelVersion === 0n ? {} : { modelVersion }),
    ...(domain === '' ? {} : { domain }),
    ...(docString === '' ? {} : { doc: docString }),
  };
  return Object.keys(notes).length === 0 ? {} : { notes };
}

export function modelNotesFields({ doc, ...others }: ModelNotes = {}) {
  return { ...others, ...(doc === undefined ? {} : { docString: doc }) };
}

export function entriesOf(entries: readonly StringStringEntryProto[]): Map<string, string> {
  return new Map(entries.map(({ key, value }) => [key, value]));
}

export function entriesFields(entries: ReadonlyMap<string, string>) {
  return Array.from(entries, ([key, value]) => ({ key, value }));
}
