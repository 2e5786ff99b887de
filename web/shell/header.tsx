import { text } from '../i18n/index.js';
import { chooseLanguage, chooseTheme, language, type Theme, theme } from './display.js';
import { linkTo, panel, panelNames } from './route.js';
import { models, server } from './server-state.js';

export function Header() {
  const words = text.value;
  return (
    <header class="header">
      <div class="header-row">
        <a class="brand" href={linkTo('try')}>
          <img src="/retort.svg" width="28" height="28" alt="" />
          <span>Retort</span>
        </a>
        <nav aria-label={words.panelsLabel} class="tabs">
          {panelNames.map((name) => (
            <a key={name} href={linkTo(name)} {...(panel.value === name ? { 'aria-current': 'page' } : {})}>
              {words.panels[name]}
            </a>
          ))}
        </nav>
        <div class="header-end">
          <Status />
          <ThemeButton />
          <button
            type="button"
            class="button button-plain"
            lang={language.value === 'zh' ? 'en' : 'zh-CN'}
            onClick={() => chooseLanguage(language.value === 'zh' ? 'en' : 'zh')}
          >
            {words.language}
          </button>
        </div>
      </div>
    </header>
  );
}

function Status() {
  const { kind } = server.value;
  const names = models.value.map(({ manifest }) => manifest.name).join(', ');
  return (
    <span class={`status status-${kind}`} title={names}>
      {text.value.server[kind]}
    </span>
  );
}

const nextTheme: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const themeSigns: Record<Theme, string> = {
  auto: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM8 3v10A5 5 0 0 1 8 3Z',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM7.300 1h1.400v2.200H7.300Zm0 11.800h1.400V15H7.300ZM1 7.300h2.200v1.400H1Zm11.800 0H15v1.400h-2.200ZM2.600 3.600l1-1 1.500 1.500-1 1Zm8.300 8.300 1-1 1.500 1.500-1 1Zm1-6.800-1-1 1.500-1.500 1 1ZM3.600 13.400l-1-1 1.500-1.500 1 1Z',
  dark: 'M6.200 2.200a6 6 0 1 0 7.600 7.600A5.200 5.200 0 0 1 6.200 2.200Z',
};

function ThemeButton() {
  const words = text.value.theme;
  return (
    <button
      type="button"
      class="button button-plain button-icon"
      aria-label={`${words.label}: ${words[theme.value]}`}
      title={`${words.label}: ${words[theme.value]}`}
      onClick={() => chooseTheme(nextTheme[theme.value])}
    >
      <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
        <path fill="currentColor" fill-rule="evenodd" d={themeSigns[theme.value]} />
      </svg>
    </button>
  );
}
