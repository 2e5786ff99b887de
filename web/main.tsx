import { render } from 'preact';
import { App } from './shell/app.js';
import { followDisplay } from './shell/display.js';
import { followServer } from './shell/server-state.js';

followDisplay();
followServer();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
