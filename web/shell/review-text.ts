/** The review that the reader has in hand; panels share it. */
import { signal } from '@preact/signals';
import { query } from './route.js';
import { server } from './server-state.js';

/** Clear ones, a mixed one and two with a turn. */
export const examples: readonly string[] = [
  '房间很干净，服务也好。',
  '等了一个小时才办好入住，房间里全是烟味。',
  '位置不错，就是隔音太差，一晚没睡好。',
  '本来以为会失望，结果屏幕和键盘都超出预期。',
  '这本书开头拖沓，读到后面却舍不得放下。',
];

/** Begins with an example, so that a first look shows an answer. */
export const review = signal(query.peek().get('text') ?? examples[0] ?? '');

/** Longest review that the server reads; null while it is not known. */
export function characterLimit(): number | null {
  const state = server.value;
  return state.kind === 'ready' || state.kind === 'loading' ? state.limits.textCharacters : null;
}

export function isReadable(text: string): boolean {
  return text.trim() !== '' && text.length <= (characterLimit() ?? 0);
}
