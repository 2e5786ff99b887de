/** What the page says, in the reader's language. */
import { computed } from '@preact/signals';
import { language } from '../shell/display.js';
import { en } from './en.js';
import { zh } from './zh.js';

const catalogues = { en, zh };

export const text = computed(() => catalogues[language.value]);

/** For numbers and dates. */
export const locale = computed(() => (language.value === 'zh' ? 'zh-CN' : 'en-GB'));
