/** Language and colours: the reader's choice, kept and shared between tabs; else what the browser asks for. */
import { effect, signal } from '@preact/signals';
import { stored, storeValue } from './storage.js';

export type Language = 'en' | 'zh';
export type Theme = 'auto' | 'light' | 'dark';

const languageKey = 'retort.language';
const themeKey = 'retort.theme';

export const language = signal<Language>(readLanguage(stored(languageKey)));
export const theme = signal<Theme>(readTheme(stored(themeKey)));

export function chooseLanguage(value: Language): void {
  language.value = value;
  storeValue(languageKey, value);
}

export function chooseTheme(value: Theme): void {
  theme.value = value;
  storeValue(themeKey, value);
}

export function followDisplay(): void {
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
  addEventListener('storage', ({ key, newValue }) => {
    if (key === languageKey) language.value = readLanguage(newValue);
    if (key === themeKey) theme.value = readTheme(newValue);
  });
}

function readLanguage(text: string | null): Language {
  if (text === 'en' || text === 'zh') return text;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function readTheme(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'auto';
}
