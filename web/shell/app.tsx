import { text } from '../i18n/index.js';
import { TryPanel } from '../panels/try/try-panel.js';
import { Banner } from './banner.js';
import { Header } from './header.js';
import { KeyDialog } from './key-dialog.js';
import { lazyPanel } from './lazy-panel.js';
import { panel, type PanelName } from './route.js';

/** The first comes with the page, the others when they are opened. */
const panels = {
  try: TryPanel,
  browser: lazyPanel(async () => (await import('../panels/browser/browser-panel.js')).BrowserPanel),
  compare: lazyPanel(async () => (await import('../panels/compare/compare-panel.js')).ComparePanel),
  models: lazyPanel(async () => (await import('../panels/models/models-panel.js')).ModelsPanel),
  load: lazyPanel(async () => (await import('../panels/load/load-panel.js')).LoadPanel),
} satisfies Record<PanelName, () => unknown>;

export function App() {
  const Panel = panels[panel.value];
  return (
    <>
      <a class="skip" href="#main" onClick={skipToContent}>
        {text.value.skip}
      </a>
      <Header />
      <Banner />
      <KeyDialog />
      <main id="main" tabIndex={-1}>
        <Panel />
      </main>
    </>
  );
}

/** The hash says which panel is shown, so the link moves the focus alone. */
function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
