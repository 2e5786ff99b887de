/** What is put in to be labelled; kept while the reader looks at other panels. */
import { computed, signal } from '@preact/signals';
import { reviewsOf } from './batch.js';

/** What was dropped: not shown in the field, where megabytes would stall it. */
interface Dropped {
  readonly name: string;
  readonly reviews: readonly string[];
}

export const typed = signal('');
export const dropped = signal<Dropped | null>(null);
/** Whether the last file was no text. */
export const isUnreadable = signal(false);

export const reviews = computed(() => dropped.value?.reviews ?? reviewsOf(typed.value));

/** The model that is to label; the default where it is not served. */
export const chosenModel = signal('');

export function drop(name: string, content: string): void {
  dropped.value = { name, reviews: reviewsOf(content) };
}

export async function dropFile(file: File): Promise<void> {
  isUnreadable.value = false;
  try {
    drop(file.name, new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()));
  } catch {
    isUnreadable.value = true;
  }
}

export function clearInput(): void {
  typed.value = '';
  dropped.value = null;
  isUnreadable.value = false;
}
